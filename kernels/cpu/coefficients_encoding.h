// Tiles to words and raw bits: quantise, find what is worth its bits, describe each coefficient as a token in a context,
// and put the tokens on the states, the last one first.
namespace pk::PK_LEVEL {

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

}  // namespace pk::PK_LEVEL
