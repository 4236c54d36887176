// Dead-zone bins and their points over runs of one step; affine symbols over the rows of subbands.
namespace pk::PK_LEVEL {

// Elements begin..end, `run` of them to a step; whether one of them has no bin.
inline i32 quantize_range(const float* x, i32* out, const float* steps, i64 run, float half_zone, i64 begin, i64 end) {
    i32 refused = 0;
    for (i64 i = begin; i < end;) {
        const i64 which = i / run, stop = (which + 1) * run < end ? (which + 1) * run : end;
        const float* __restrict from = x + i;
        i32* __restrict to = out + i;
        const float step = steps[which];
        const i64 n = stop - i;
        for (i64 k = 0; k < n; ++k) to[k] = dead_zone_bin(from[k], step, half_zone, refused);
        i = stop;
    }
    return refused;
}

inline void dequantize_range(const i32* q, float* out, const float* steps, i64 run, float shift, i64 begin, i64 end) {
    for (i64 i = begin; i < end;) {
        const i64 which = i / run, stop = (which + 1) * run < end ? (which + 1) * run : end;
        const i32* __restrict from = q + i;
        float* __restrict to = out + i;
        const float step = steps[which];
        const i64 n = stop - i;
        for (i64 k = 0; k < n; ++k) to[k] = dead_zone_point(from[k], step, shift);
        i = stop;
    }
}

// The smallest and the largest value of lines begin..end; NaN for a line where one is not finite.
inline void extremes(const float* x, const Bands& bands, float* __restrict slots, i64 begin, i64 end) {
    i64 hint = 0;
    for (i64 line = begin; line < end; ++line) {
        const Line at = line_of(bands.at, bands.count, bands.parameters, bands.rows, bands.cols, line, hint);
        const float* __restrict from = x + at.start;
        constexpr int LANES = 32;
        alignas(64) float low[LANES], high[LANES], odd[LANES];
        for (int k = 0; k < LANES; ++k) {
            low[k] = high[k] = from[0];
            odd[k] = 0;
        }
        const i64 full = at.cols / LANES * LANES;
        for (i64 i = 0; i < full; i += LANES)
            for (int k = 0; k < LANES; ++k) {
                const float value = from[i + k];
                low[k] = value < low[k] ? value : low[k];
                high[k] = value > high[k] ? value : high[k];
                odd[k] += value - value;  // 0, or NaN for ever
            }
        for (i64 i = full; i < at.cols; ++i) {
            low[0] = from[i] < low[0] ? from[i] : low[0];
            high[0] = from[i] > high[0] ? from[i] : high[0];
            odd[0] += from[i] - from[i];
        }
        for (int k = 1; k < LANES; ++k) {
            low[0] = low[k] < low[0] ? low[k] : low[0];
            high[0] = high[k] > high[0] ? high[k] : high[0];
            odd[0] += odd[k];
        }
        slots[2 * line] = low[0] + odd[0];  // and -0 becomes 0, whichever of them came first
        slots[2 * line + 1] = high[0] + odd[0];
    }
}

inline void affine_symbols(const float* x, u8* out, const Bands& bands, const double* offsets, const double* inverses,
                           i64 begin, i64 end) {
    i64 hint = 0;
    for (i64 line = begin; line < end; ++line) {
        const Line at = line_of(bands.at, bands.count, bands.parameters, bands.rows, bands.cols, line, hint);
        const float* __restrict from = x + at.start;
        u8* __restrict to = out + at.start;
        const double offset = offsets[at.parameters], inverse = inverses[at.parameters];
        for (i64 i = 0; i < at.cols; ++i) to[i] = affine_symbol(from[i], offset, inverse);
    }
}

inline void affine_values(const u8* symbols, float* out, const Bands& bands, const double* offsets, const double* scales,
                          i64 begin, i64 end) {
    i64 hint = 0;
    for (i64 line = begin; line < end; ++line) {
        const Line at = line_of(bands.at, bands.count, bands.parameters, bands.rows, bands.cols, line, hint);
        const u8* __restrict from = symbols + at.start;
        float* __restrict to = out + at.start;
        const double offset = offsets[at.parameters], scale = scales[at.parameters];
        for (i64 i = 0; i < at.cols; ++i) to[i] = affine_value(from[i], offset, scale);
    }
}

}  // namespace pk::PK_LEVEL
