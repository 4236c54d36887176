// Words and raw bits to tiles. Whatever the streams hold, nothing is read beyond them, and what does not fit is told.
namespace pk::PK_LEVEL {

#if PK_AVX2 && !defined(__clang__)
typedef short short16 __attribute__((vector_size(32)));
typedef char char32 __attribute__((vector_size(32)));
#endif

PK_INLINE float restored(i32 magnitude, bool negative, float step, float offset, float) {
    const float size = ((float)magnitude + offset) * step;
    return magnitude == 0 ? 0.0f : negative ? -size : size;
}

PK_INLINE i32 restored(i32 magnitude, bool negative, float, float, i32) {
    return negative ? (i32)(0u - (u32)magnitude) : magnitude;
}

// The same for a value with its sign, which in a hostile stream is any integer, the least one included.
PK_INLINE float restored(i32 value, float step, float offset, float) {
    const float size = ((value < 0 ? -(float)value : (float)value) + offset) * step;
    return value == 0 ? 0.0f : value < 0 ? -size : size;
}

PK_INLINE i32 restored(i32 value, float, float, i32) { return value; }

PK_INLINE void add_predictions(const Segment& segment, i32* values) {
    for (i64 r = 0; r < segment.rows; ++r)
        for (i64 j = 0; j < segment.cols; ++j) {
            i32* here = values + r * segment.cols + j;
            const i32 west = j ? here[-1] : r ? here[-segment.cols] : 0;
            const i32 north = r ? here[-segment.cols] : west;
            const i32 northwest = r && j ? here[-segment.cols - 1] : north;
            *here = (i32)((u32)*here + (u32)median_prediction(west, north, northwest));
        }
}


// How many of the 32 starts of a table are at most r, less one: the token whose interval holds r.
PK_INLINE i32 find_token(const u16* starts, u32 r) {
#if PK_AVX2 && !defined(__clang__)
    // 16 starts at a time. Dense decoding of a photo: 67 MB/s at base, which has the loop below, 100 at v3; EPYC, 2026-11
    const short16 value = (short16{} + (short)r);
    short16 low, high;
    __builtin_memcpy(&low, starts, 32);
    __builtin_memcpy(&high, starts + 16, 32);
    const char32 beyond = __builtin_ia32_packsswb256((short16)(low > value), (short16)(high > value));
    return 31 - __builtin_popcount((u32)__builtin_ia32_pmovmskb256(beyond));
#else
    i32 token = -1;
    for (int k = 0; k < MAGNITUDE_TOKENS; ++k) token += starts[k] <= r;
    return token;
#endif
}

PK_INLINE i32 take(const u16* table, u32& x, const u16*& words) {
    const u32 r = x & (TABLE_SUM - 1);
    const i32 token = find_token(table, r);
    x = (u32)table[MAGNITUDE_TOKENS + token] * (x >> TABLE_BITS) + r - table[token];
    const bool empty = x < LAST_STATE;
    x = empty ? x << 16 | *words : x;
    words += empty;
    return token;
}

// Tokens of a segment whose contexts are known; false if the words run out.
template <int lanes>
PK_INLINE bool take_known(const u16* table, const u8* contexts, i64 length, u8* tokens, u32* x, const u16*& words,
                          const u16* end) {
    i64 i = 0;
    for (; i + lanes <= length && end - words >= lanes; i += lanes)
        for (int lane = 0; lane < lanes; ++lane)
            tokens[i + lane] = (u8)take(table + contexts[i + lane] * (2 * MAGNITUDE_TOKENS), x[lane], words);
    for (; i < length; ++i) {
        tokens[i] = (u8)take(table + contexts[i] * (2 * MAGNITUDE_TOKENS), x[i % lanes], words);
        if (words > end) return false;
    }
    return true;
}

// Tokens of one row whose contexts depend on the ones before.
template <int lanes>
PK_INLINE bool take_row(const u16* table, const i32* expected, i32 west_weight, i32 west_west_weight, i64 first, i64 cols,
                        u8* tokens, u8* map, u32* x, const u16*& words, const u16* end) {
    u8 seen_of[MAGNITUDE_TOKENS];
    for (int token = 0; token < MAGNITUDE_TOKENS; ++token) seen_of[token] = (u8)seen(token);
    i32 west = 0, west_west = 0;
    static_assert(lanes == 2, "the two states change places");
    u32 next = x[first & 1], other = x[1 - (first & 1)];
    const u16* at = words;
    for (i64 j = 0; j < cols; ++j) {
        const i32 context = context_of_one(expected[j] + west_weight * west + west_west_weight * west_west);
        const i32 token = take(table + context * (2 * MAGNITUDE_TOKENS), next, at);
        at = at > end ? end + 1 : at;
        tokens[j] = (u8)token;
        west_west = west;
        west = seen_of[token];
        map[j] = (u8)west;
        const u32 turn = next;
        next = other;
        other = turn;
    }
    x[(first + cols) & 1] = next;
    x[1 - ((first + cols) & 1)] = other;
    words = at;
    return at <= end;
}

// Tokens of one row and their raw bits to magnitudes and signs.
PK_INLINE void read_row(const Segment& segment, const u8* tokens, i32* magnitude, u8* negative, BitReader& signs,
                        BitReader& raw) {
    const i64 cols = segment.cols;
    const i32 shift = (i32)segment.shift;
    i32 low[WIDEST];
    if (shift)
        for (i64 j = 0; j < cols; ++j) low[j] = (i32)raw.get(shift);
    u8 most = 0;
    for (i64 j = 0; j < cols; ++j) most = tokens[j] > most ? tokens[j] : most;
    for (i64 j = 0; j < cols; ++j) magnitude[j] = base_of(tokens[j]);
    if (most >= LITERALS)
        for (i64 j = 0; j < cols; ++j) {
            if (tokens[j] == MAGNITUDE_TOKENS - 1)
                magnitude[j] = ESCAPE_BASE + raw.get_exp_golomb();
            else if (tokens[j] >= LITERALS)
                magnitude[j] += (i32)raw.get(raw_bits(tokens[j]));
        }
    if (shift) {
        for (i64 j = 0; j < cols; ++j) magnitude[j] = (i32)(((u32)magnitude[j] << shift | (u32)low[j]) & (MOST_MAGNITUDE - 1));
        for (i64 j = 0; j < cols; ++j) negative[j] = magnitude[j] ? (u8)signs.get(1) : 0;
    } else if (most)
        for (i64 j = 0; j < cols; ++j) negative[j] = signs.get_if(tokens[j] != 0);
    else
        for (i64 j = 0; j < cols; ++j) negative[j] = 0;
}

// Returns 0, or which of the streams does not fit: 1 words, 2 signs, 3 raw bits, 4 states.
template <int lanes, class T>
int restore_tile(const Tile& tile, const u8* coded, T* planes, u8* maps, i32* coarsest, u8* tokens, u8* contexts, u32* x,
                 const u16* words, const u16* end, BitReader& signs, BitReader& raw, const u16* tables, bool all) {
    i32 magnitude[WIDEST], expected[WIDEST];
    u8 negative[WIDEST];
    for (i64 s = 0; s < tile.count; ++s) {
        const Segment& segment = tile.segments[s];
        const i64 cols = segment.cols;
        T* at = planes + segment.plane * tile.plane_size + segment.row * tile.plane_stride + segment.col;
        u8* map = maps + segment.map;
        if (!coded[s]) {
            for (i64 r = 0; r < segment.rows; ++r)
                for (i64 j = 0; j < cols; ++j) at[r * tile.plane_stride + j] = 0;
            continue;
        }
        const u16* table = tables + segment.table * (CONTEXTS * 2 * MAGNITUDE_TOKENS);
        const i32* w = tile.weights + segment.table * WEIGHTS;
        for (i64 r = 0; r < segment.rows; ++r) {
            expect_row(tile, segment, maps, r, expected);
            if (lanes == 2) {
                if (!take_row<2>(table, expected, w[WEST], w[WEST_WEST], r * cols, cols, tokens + r * cols,
                                   map + r * segment.stride, x, words, end))
                    return 1;
            } else
                for (i64 j = 0; j < cols; ++j) contexts[r * cols + j] = (u8)context_of(expected[j]);
        }
        if (lanes != 2 && !take_known<lanes>(table, contexts, segment.rows * cols, tokens, x, words, end)) return 1;
        for (i64 r = 0; r < segment.rows; ++r) {
            const u8* row = tokens + r * cols;
            if (lanes != 2)
                for (i64 j = 0; j < cols; ++j) map[r * segment.stride + j] = (u8)seen(row[j]);
            read_row(segment, row, magnitude, negative, signs, raw);
            if (segment.predicted)
                for (i64 j = 0; j < cols; ++j) coarsest[r * cols + j] = negative[j] ? -magnitude[j] : magnitude[j];
            else
                for (i64 j = 0; j < cols; ++j)
                    at[r * tile.plane_stride + j] = restored(magnitude[j], negative[j], tile.steps[s], tile.rounding, T{});
        }
        if (segment.predicted) {
            add_predictions(segment, coarsest);
            for (i64 r = 0; r < segment.rows; ++r)
                for (i64 j = 0; j < cols; ++j) {
                    at[r * tile.plane_stride + j] = restored(coarsest[r * cols + j], tile.steps[s], tile.rounding, T{});
                }
        }
    }
    if (signs.overrun()) return 2;
    if (raw.overrun()) return 3;
    if (!all) return 0;
    if (words != end) return 1;
    if (!signs.finished()) return 2;
    if (!raw.finished()) return 3;
    for (int lane = 0; lane < lanes; ++lane)
        if (x[lane] != LAST_STATE) return 4;
    return 0;
}

}  // namespace pk::PK_LEVEL
