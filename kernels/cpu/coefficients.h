// Tiles of quantised wavelet coefficients to rANS words and raw bits, and back.
//
// A tile is a list of segments, one per subband and plane, coarse to fine. Each is coded from what stands in the maps: for
// every coefficient already coded the magnitude that contexts see (u8), zeros around. What a map holds, encoder and decoder
// know alike. The sparse profile looks at other segments only, so that all contexts of a segment are known before its first
// symbol; the dense one also at the neighbours to the west and north.
namespace pk::PK_LEVEL {

#if PK_AVX2 && !defined(__clang__)
typedef short short16 __attribute__((vector_size(32)));
typedef char char32 __attribute__((vector_size(32)));
#endif

// ---- what the neighbours let expect

// to[j] = the 3x3 neighbourhood of map[j] with weights 1 2 1, 2 4 2, 1 2 1
PK_INLINE void smooth_row(const u8* map, i64 stride, i64 cols, u16* column, u16* to) {
    const u8 *above = map - stride - 1, *here = map - 1, *below = map + stride - 1;
    for (i64 j = 0; j < cols + 2; ++j) column[j] = (u16)(above[j] + 2 * here[j] + below[j]);
    for (i64 j = 0; j < cols; ++j) to[j] = (u16)(column[j] + 2 * column[j + 1] + column[j + 2]);
}

PK_INLINE void add_source(const u8* map, i64 stride, i64 cols, i32 weight, i32 smooth_weight, i32* expected) {
    u16 column[WIDEST + 2], smooth[WIDEST];
    if (!(weight | smooth_weight)) return;
    smooth_row(map, stride, cols, column, smooth);
    for (i64 j = 0; j < cols; ++j) expected[j] += weight * map[j] + smooth_weight * smooth[j];
}

PK_INLINE void add_shifted(const u8* map, i64 cols, i32 weight, i32* expected) {
    for (i64 j = 0; j < cols; ++j) expected[j] += weight * map[j];
}

// Expected magnitudes of row r of a segment from other segments and, in the dense profile, from the rows above.
PK_INLINE void expect_row(const Tile& tile, const Segment& segment, const u8* maps, i64 r, i32* expected) {
    const i32* w = tile.weights + segment.table * WEIGHTS;
    const i64 cols = segment.cols;
    for (i64 j = 0; j < cols; ++j) expected[j] = w[BIAS];
    const i64 others[4] = {segment.sibling, segment.second_sibling, segment.luma, segment.chroma};
    for (int k = 0; k < 4; ++k)
        if (others[k] >= 0) {
            const Segment& other = tile.segments[others[k]];
            add_source(maps + other.map + r * other.stride, other.stride, cols, w[SIBLING + 2 * k], w[SIBLING + 2 * k + 1],
                       expected);
        }
    if (segment.parent >= 0) {
        const Segment& parent = tile.segments[segment.parent];
        i32 coarse[WIDEST / 2 + 1];
        const i64 half = (cols + 1) / 2;
        for (i64 j = 0; j < half; ++j) coarse[j] = 0;
        add_source(maps + parent.map + (r >> 1) * parent.stride, parent.stride, half, w[PARENT], w[PARENT + 1], coarse);
        for (i64 j = 0; j < cols / 2; ++j) {
            expected[2 * j] += coarse[j];
            expected[2 * j + 1] += coarse[j];
        }
        if (cols & 1) expected[cols - 1] += coarse[half - 1];
    }
    if (tile.dense) {
        const u8* above = maps + segment.map + (r - 1) * segment.stride;
        add_shifted(above, cols, w[NORTH], expected);
        add_shifted(above - 1, cols, w[NORTHWEST], expected);
        add_shifted(above + 1, cols, w[NORTHEAST], expected);
        add_shifted(above - segment.stride, cols, w[NORTH_NORTH], expected);
    }
}

// ---- quantising

PK_INLINE void quantise_row(const float* x, i64 cols, float step, float rounding, i32* magnitude, u8* negative) {
    const float scale = 1.0f / step;
    for (i64 j = 0; j < cols; ++j) {
        const float size = (x[j] < 0 ? -x[j] : x[j]) * scale + rounding;
        magnitude[j] = (i32)(size < (float)(MOST_MAGNITUDE - 1) ? size : (float)(MOST_MAGNITUDE - 1));
    }
    for (i64 j = 0; j < cols; ++j) negative[j] = x[j] < 0;
}

PK_INLINE void quantise_row(const i32* x, i64 cols, float, float, i32* magnitude, u8* negative) {
    for (i64 j = 0; j < cols; ++j) magnitude[j] = x[j] < 0 ? -x[j] : x[j];
    for (i64 j = 0; j < cols; ++j) negative[j] = x[j] < 0;
}

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

// Ones that cost more bits than they are worth become zeros: those below a threshold that depends on their context.
PK_INLINE void thin_row(const float* x, i64 cols, float step, const float* thresholds, const i32* expected, u8* map) {
    const float scale = 1.0f / step;
    float least[WIDEST];
    u8 worth[WIDEST];
    for (i64 j = 0; j < cols; ++j) least[j] = thresholds[context_of(expected[j])];
    for (i64 j = 0; j < cols; ++j) worth[j] = (x[j] < 0 ? -x[j] : x[j]) * scale >= least[j];
    for (i64 j = 0; j < cols; ++j) map[j] = map[j] == 1 ? worth[j] : map[j];
}

PK_INLINE void thin_row(const i32*, i64, float, const float*, const i32*, u8*) {}

// ---- encoding

// The magnitudes of one row as tokens and raw bits; true if any is not zero.
PK_INLINE bool write_row(const Segment& segment, i32* magnitude, const u8* negative, u8* tokens, u8* map, BitWriter& signs,
                         BitWriter& raw) {
    const i64 cols = segment.cols;
    const i32 shift = (i32)segment.shift;
    if (shift) {
        for (i64 j = 0; j < cols; ++j) raw.put(magnitude[j] & ((1 << shift) - 1), shift);
        for (i64 j = 0; j < cols; ++j)
            if (magnitude[j]) signs.put(negative[j], 1);
        for (i64 j = 0; j < cols; ++j) magnitude[j] >>= shift;
    }
    i32 most = 0;
    for (i64 j = 0; j < cols; ++j) most = magnitude[j] > most ? magnitude[j] : most;
    for (i64 j = 0; j < cols; ++j) tokens[j] = (u8)token_of(magnitude[j]);
    for (i64 j = 0; j < cols; ++j) map[j] = (u8)seen(tokens[j]);
    if (!shift && most)
        for (i64 j = 0; j < cols; ++j) signs.put_if(negative[j], magnitude[j] != 0);
    if (most >= LITERALS)
        for (i64 j = 0; j < cols; ++j) {
            const i32 m = magnitude[j];
            if (m >= ESCAPE_BASE)
                raw.put_exp_golomb(m - ESCAPE_BASE);
            else if (m >= LITERALS)
                raw.put(m & ((1 << raw_bits(tokens[j])) - 1), raw_bits(tokens[j]));
        }
    return most != 0 || shift != 0;
}

PK_INLINE void subtract_predictions(const Segment& segment, i32* values) {
    for (i64 r = segment.rows - 1; r >= 0; --r)
        for (i64 j = segment.cols - 1; j >= 0; --j) {
            i32* here = values + r * segment.cols + j;
            const i32 west = j ? here[-1] : r ? here[-segment.cols] : 0;
            const i32 north = r ? here[-segment.cols] : west;
            const i32 northwest = r && j ? here[-segment.cols - 1] : north;
            *here -= median_prediction(west, north, northwest);
        }
}

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

// Leaves in a segment's map what is to be coded.
template <class T>
PK_INLINE void thin_segment(const Tile& tile, const Segment& segment, const T* at, float step, u8* maps) {
    i32 magnitude[WIDEST], expected[WIDEST];
    u8 negative[WIDEST];
    const i64 cols = segment.cols;
    const i32* w = tile.weights + segment.table * WEIGHTS;
    for (i64 r = 0; r < segment.rows; ++r) {
        u8* map = maps + segment.map + r * segment.stride;
        quantise_row(at + r * tile.plane_stride, cols, step, tile.rounding, magnitude, negative);
        for (i64 j = 0; j < cols; ++j) map[j] = (u8)seen(token_of(magnitude[j]));
        expect_row(tile, segment, maps, r, expected);
        if (tile.dense) {
            add_shifted(map - 1, cols, w[WEST], expected);
            add_shifted(map - 2, cols, w[WEST_WEST], expected);
        }
        thin_row(at + r * tile.plane_stride, cols, step, tile.thresholds + segment.table * CONTEXTS, expected, map);
    }
}

template <class T>
void describe_tile(const Tile& tile, const T* planes, u8* maps, i32* coarsest, u8* tokens, u8* contexts, BitWriter& signs,
                   BitWriter& raw, u8* coded) {
    i32 magnitude[WIDEST], expected[WIDEST];
    u8 negative[WIDEST];
    for (i64 s = 0; s < tile.count; ++s) {
        const Segment& segment = tile.segments[s];
        const i64 cols = segment.cols;
        const T* at = planes + segment.plane * tile.plane_size + segment.row * tile.plane_stride + segment.col;
        bool any = false;
        if (segment.predicted) {
            for (i64 r = 0; r < segment.rows; ++r) {
                quantise_row(at + r * tile.plane_stride, cols, tile.steps[s], tile.rounding, magnitude, negative);
                for (i64 j = 0; j < cols; ++j) coarsest[r * cols + j] = negative[j] ? -magnitude[j] : magnitude[j];
            }
            subtract_predictions(segment, coarsest);
        }
        const bool thinned = tile.thresholds && !segment.predicted;
        if (thinned) thin_segment(tile, segment, at, tile.steps[s], maps);
        for (i64 r = 0; r < segment.rows; ++r) {
            u8* map = maps + segment.map + r * segment.stride;
            if (segment.predicted)
                quantise_row(coarsest + r * cols, cols, 1, 0, magnitude, negative);
            else
                quantise_row(at + r * tile.plane_stride, cols, tile.steps[s], tile.rounding, magnitude, negative);
            if (thinned)
                for (i64 j = 0; j < cols; ++j) magnitude[j] = map[j] ? magnitude[j] : 0;
            any |= write_row(segment, magnitude, negative, tokens + r * cols, maps + segment.map + r * segment.stride, signs,
                             raw);
        }
        coded[s] = any;
        if (!any) continue;
        const i32* w = tile.weights + segment.table * WEIGHTS;
        for (i64 r = 0; r < segment.rows; ++r) {
            expect_row(tile, segment, maps, r, expected);
            if (tile.dense) {
                const u8* here = maps + segment.map + r * segment.stride;
                add_shifted(here - 1, cols, w[WEST], expected);
                add_shifted(here - 2, cols, w[WEST_WEST], expected);
            }
            for (i64 j = 0; j < cols; ++j) contexts[r * cols + j] = (u8)context_of(expected[j]);
        }
        tokens += segment.rows * cols;
        contexts += segment.rows * cols;
    }
    signs.finish();
    raw.finish();
}

// Writes words backwards from `end`; returns where they begin. Lane i mod `lanes` has symbol i of each segment.
template <int lanes>
u16* put_symbols(const Tile& tile, const u8* coded, const u8* tokens, const u8* contexts, i64 symbols, const Frequency* table,
                 u16* end, u32* states) {
    u32 x[lanes];
    for (int lane = 0; lane < lanes; ++lane) x[lane] = LAST_STATE;
    auto one = [&](const Frequency* of, i64 i, int lane) {
        const Frequency& f = of[contexts[i] * MAGNITUDE_TOKENS + tokens[i]];
        const bool full = is_full(x[lane], f.frequency);
        end[-1] = (u16)x[lane];
        end -= full;
        x[lane] = put(full ? x[lane] >> 16 : x[lane], f.frequency, f.start, f.reciprocal);
    };
    tokens += symbols;
    contexts += symbols;
    for (i64 s = tile.count - 1; s >= 0; --s) {
        if (!coded[s]) continue;
        const Segment& segment = tile.segments[s];
        const Frequency* of = table + segment.table * (CONTEXTS * MAGNITUDE_TOKENS);
        const i64 length = segment.rows * segment.cols;
        tokens -= length;
        contexts -= length;
        i64 i = length;
        for (; i % lanes; --i) one(of, i - 1, (int)((i - 1) % lanes));
        for (; i; i -= lanes)
            for (int lane = lanes - 1; lane >= 0; --lane) one(of, i - lanes + lane, lane);
    }
    for (int lane = 0; lane < lanes; ++lane) states[lane] = x[lane];
    return end;
}

// ---- decoding

// How many of the 32 starts of a table are at most r, less one: the token whose interval holds r.
PK_INLINE i32 find_token(const u16* starts, u32 r) {
#if PK_AVX2 && !defined(__clang__)
    // 3x over the loop below: 16 starts at a time
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
