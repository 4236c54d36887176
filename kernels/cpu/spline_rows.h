// A row of outputs from a level of coefficients: rows are combined first, then columns, then four taps per output.
//
// With an offset law kappa each coefficient stands for the mean of those around it: the rows' weights are the spline's
// convolved with kappa, and the combined line is correlated with kappa before the taps. Beyond the ends the first and
// the last coefficient repeat. Sums are added in the order of the coefficients, whatever the range of columns.
namespace pk::PK_LEVEL {

constexpr int PIECE = 512;  // floats of a line that are worked on at once
typedef float float4 __attribute__((vector_size(16)));

PK_INLINE i64 clamped(i64 k, i64 count) { return k < 0 ? 0 : k >= count ? count - 1 : k; }

// line[x] = sum_j weights[j] row_j[x] over rows first, first + 1, ..., for the floats begin <= x < end of a row.
template <bool squared>
void combine_rows(const Lattice& lattice, i64 channels, i64 first, const float* weights, int count, i64 begin, i64 end, float* line) {
    const i64 stride = lattice.cols * channels;
    for (i64 from = begin; from < end; from += PIECE) {
        const i64 n = end - from < PIECE ? end - from : PIECE;
        float* to = line + (from - begin);
        for (i64 x = 0; x < n; ++x) to[x] = 0;
        for (int j = 0; j < count; ++j) {
            const float* row = lattice.values + clamped(first + j, lattice.rows) * stride + from;
            const float weight = weights[j];
            for (i64 x = 0; x < n; ++x) to[x] += weight * (squared ? row[x] * row[x] : row[x]);
        }
    }
}

// to[x] = sum_d kappa[d] line[x + d channels], d = 0 .. 2 reach
PK_INLINE void correlate(const float* line, i64 channels, const float* kappa, int reach, i64 count, float* to) {
    for (i64 from = 0; from < count; from += PIECE) {
        const i64 n = count - from < PIECE ? count - from : PIECE;
        for (i64 x = 0; x < n; ++x) to[from + x] = 0;
        for (int d = 0; d <= 2 * reach; ++d) {
            const float* shifted = line + from + d * channels;
            const float weight = kappa[d];
            for (i64 x = 0; x < n; ++x) to[from + x] += weight * shifted[x];
        }
    }
}

// values[x] = the spline of the line's coefficients at output x; the line begins at the first one's first tap.
template <int channels>
void take_taps(const float* line, const Columns& at, i64 from, i64 n, float* values) {
    const i32 begin = at.first[0];
    const i32* first = at.first + from;
    const float *w0 = at.weights + from, *w1 = w0 + at.apart, *w2 = w1 + at.apart, *w3 = w2 + at.apart;
    for (i64 x = 0; x < n; ++x) {
        const float* tap = line + (i64)(first[x] - begin) * channels;
        if (channels == 1) {
            values[x] = w0[x] * tap[0] + w1[x] * tap[1] + w2[x] * tap[2] + w3[x] * tap[3];
        } else {  // a pixel's channels in one vector; what it holds beyond them is not stored
            float4 t0, t1, t2, t3;
            __builtin_memcpy(&t0, tap, sizeof t0);
            __builtin_memcpy(&t1, tap + channels, sizeof t1);
            __builtin_memcpy(&t2, tap + 2 * channels, sizeof t2);
            __builtin_memcpy(&t3, tap + 3 * channels, sizeof t3);
            const float4 sum = w0[x] * t0 + w1[x] * t1 + w2[x] * t2 + w3[x] * t3;
            __builtin_memcpy(values + x * channels, &sum, channels * sizeof(float));
        }
    }
}

// The coefficients that the outputs of a row take, rows combined and offsets averaged: in `scratch`.
template <int channels, bool squared>
const float* level_line(const Lattice& lattice, const Columns& at, i64 first_row, const float* row_weights, const Law& law, float* scratch) {
    const int reach = law.reach, count = 4 + 2 * reach;
    float weights[4 + 2 * MOST_REACH];
    for (int j = 0; j < count; ++j) weights[j] = 0;
    for (int tap = 0; tap < 4; ++tap)
        for (int d = 0; d <= 2 * reach; ++d) weights[tap + d] += row_weights[tap] * law.kappa[d];
    const i64 begin = at.first[0] - reach, end = at.first[at.count - 1] + 4 + reach;  // columns
    const i64 inside = clamped(begin, lattice.cols), inside_end = clamped(end - 1, lattice.cols) + 1;
    float* line = scratch;
    combine_rows<squared>(lattice, channels, first_row - reach, weights, count, inside * channels, inside_end * channels,
                          line + (inside - begin) * channels);
    for (i64 k = begin; k < inside; ++k)
        for (int c = 0; c < channels; ++c) line[(k - begin) * channels + c] = line[(inside - begin) * channels + c];
    for (i64 k = inside_end; k < end; ++k)
        for (int c = 0; c < channels; ++c) line[(k - begin) * channels + c] = line[(inside_end - 1 - begin) * channels + c];
    if (reach == 0) return line;
    float* smooth = line + (end - begin) * channels;
    correlate(line, channels, law.kappa, reach, (end - begin - 2 * reach) * channels, smooth);
    return smooth;
}

PK_INLINE void store(const float* values, i64 n, float* out) {
    for (i64 i = 0; i < n; ++i) out[i] = values[i];
}
template <class T>
PK_INLINE void store(const float* values, i64 n, T* out) {
    constexpr float most = sizeof(T) == 1 ? 255.0f : 65535.0f;
    for (i64 i = 0; i < n; ++i) {
        const float low = values[i] > 0 ? values[i] : 0, held = low < 1 ? low : 1;  // NaN becomes 0
        out[i] = (T)(i32)(held * most + 0.5f);
    }
}

}  // namespace pk::PK_LEVEL
