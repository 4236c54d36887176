#include "cpu/level.h"
#include "maths/bspline.h"
#include "maths/random.h"

namespace pk {

constexpr int MOST_REACH = 1024;  // of an offset; _offset_law.py holds to it

struct Lattice {
    const float* values;
    i64 rows, cols;
};

// Where some outputs of a row lie in a level: first taps, thresholds of the taps' law, weights; these `apart`.
struct Columns {
    const i32* first;
    const i16* taps;
    const float* weights;
    i64 count, apart;

    PK_INLINE Columns part(i64 from, i64 n) const { return {first + from, taps + from, weights + from, n, apart}; }
};

// Offsets of -reach .. reach: by thresholds for 15 random bits, as weights kappa; `certain` is the weight 1.
struct Law {
    int reach;
    const i16* thresholds;
    const float *kappa, *certain;
};

// A pyramid, details first and the base last, and where the outputs lie in each level, as `locate` writes it.
struct Scene {
    const i64* table;  // per level: address, rows, cols
    int levels;        // of details
    const i32* row_first;
    const i16* row_taps;
    const float* row_weights;
    i64 rows;
    const i32* col_first;
    const i16* col_taps;
    const float* col_weights;
    i64 cols;

    PK_INLINE Lattice lattice(int l) const { return {(const float*)table[3 * l], table[3 * l + 1], table[3 * l + 2]}; }
    PK_INLINE Columns columns(int l) const {
        return {col_first + l * cols, col_taps + 3 * l * cols, col_weights + 4 * l * cols, cols, cols};
    }
    PK_INLINE i64 first_row(int l, i64 row) const { return row_first[l * rows + row]; }
    PK_INLINE void weights_of_row(int l, i64 row, float* weights) const {
        for (int j = 0; j < 4; ++j) weights[j] = row_weights[(4 * l + j) * rows + row];
    }
};

// Which samples, what shares they have in the result, and the cells that name draws: of rows, and of columns stepped.
struct Samples {
    u64 seed, first, count;
    const float* shares;
    float noise_share;
    const i64* rows;
    const u32* columns;
    const i64* noise_rows;
    const u32* noise_columns;
};

}  // namespace pk

#define PK_LOOPS "cpu/render.h"
#include "cpu/compile_levels.h"

namespace pk {

// Where positions lie in every level: first stored tap, law and weights of the four.
void locate(const double* positions, i64 count, int levels, i32* first, i16* taps, float* weights) {
    for (int l = 0; l <= levels; ++l)
        for (i64 i = 0; i < count; ++i) {
            const double x = positions[i] / (double)(1LL << l);
            const i32 whole = (i32)x;  // positions are not negative
            const Weights w = cubic_weights(x - whole);
            const TapLaw law = tap_law(w);
            first[l * count + i] = whole;  // the coefficient whole - 1, stored from -1 on
            i16* tap = taps + 3 * l * count + i;
            tap[0] = (i16)law.a, tap[count] = (i16)law.b, tap[2 * count] = (i16)law.c;
            float* weight = weights + 4 * l * count + i;
            weight[0] = (float)w.w0, weight[count] = (float)w.w1, weight[2 * count] = (float)w.w2, weight[3 * count] = (float)w.w3;
        }
}

#define PK_SCENE                                                                                                            \
    const i64 *table, int levels, const i32 *row_first, const i16 *row_taps, const float *row_weights, i64 rows,            \
        const i32 *col_first, const i16 *col_taps, const float *col_weights, i64 cols, int channels, const float *gains,    \
        const i16 *thresholds, const float *kappa, int reach
#define PK_THE_SCENE \
    {table, levels, row_first, row_taps, row_weights, rows, col_first, col_taps, col_weights, cols}
constexpr float CERTAIN = 1;

template <class T>
void stochastic_range(PK_SCENE, float noise_share, u64 seed, u64 first_sample, u64 count, const i64* row_cells,
                      const u32* col_cells, const i64* noise_rows, const u32* noise_cols, float* scratch, T* out, i64 begin,
                      i64 end) {
    const Scene scene PK_THE_SCENE;
    const Samples samples{seed, first_sample, count, gains, noise_share, row_cells, col_cells, noise_rows, noise_cols};
    const Law law{reach, thresholds, kappa, &CERTAIN};
    PK_AT_LEVEL(stochastic_rows, scene, samples, law, channels, scratch, out, begin, end);
}

template <class T>
void expected_range(PK_SCENE, float* scratch, T* out, i64 begin, i64 end) {
    const Scene scene PK_THE_SCENE;
    const Law law{reach, thresholds, kappa, &CERTAIN};
    PK_AT_LEVEL(expected_rows, scene, gains, law, channels, scratch, out, begin, end);
}

void variance_range(PK_SCENE, float noise, float* scratch, float* out, i64 begin, i64 end) {
    const Scene scene PK_THE_SCENE;
    const Law law{reach, thresholds, kappa, &CERTAIN};
    PK_AT_LEVEL(variance_rows, scene, gains, noise, law, channels, scratch, out, begin, end);
}

#define PK_PIXEL(T)                                                                                                          \
    template void stochastic_range<T>(PK_SCENE, float, u64, u64, u64, const i64*, const u32*, const i64*, const u32*,       \
                                      float*, T*, i64, i64);                                                                 \
    template void expected_range<T>(PK_SCENE, float*, T*, i64, i64);
PK_PIXEL(u8)
PK_PIXEL(u16)
PK_PIXEL(float)

}  // namespace pk
