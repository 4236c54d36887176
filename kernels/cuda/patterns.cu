// Shadow patterns on GPUs: one thread per sample; every sum and every coat of paint in the CPU's order.
#include "maths/outlines.h"
#include "maths/patterns.h"
#include "maths/sample_grid.h"
#include "maths/shapes.h"

namespace pk {

struct Pixels {
    float* out;
    i64 rows, cols;
};

template <class Kind>
PK_INLINE float sample(const PatternNumbers& p, float u, float v) {
    return Kind::shade(p, u, v);
}
template <>
PK_INLINE float sample<Voronoi>(const PatternNumbers& p, float u, float v) {
    const float x = (u - p.x) / p.size, y = (v - p.y) / p.size;
    const i32 col = floor_of(x), row = floor_of(y);
    return Voronoi::shade(p, Voronoi::around(p, col, row), x - (float)col, y - (float)row);
}

PK_INLINE float noise_sample(const float* noise, i64 rows, i64 cols, float threshold, float width, i64 row, i64 col) {
    const i64 up = row > 0 ? row - 1 : row, down = row + 1 < rows ? row + 1 : row;
    const i64 left = col > 0 ? col - 1 : col, right = col + 1 < cols ? col + 1 : col;
    const float across = (right - left > 1 ? 0.5f : 1) * (noise[row * cols + right] - noise[row * cols + left]);
    const float along = (down - up > 1 ? 0.5f : 1) * (noise[down * cols + col] - noise[up * cols + col]);
    return shade_of_noise(noise[row * cols + col], across, along, threshold, width);
}

PK_INLINE float shapes_sample(const float* shapes, i64 count, float scale, float u, float v) {
    float value = 0;
    PK_ROLLED
    for (i64 k = 0; k < count; ++k) {
        const float* n = shapes + k * SHAPE;
        value = painted(value, n[0] == 0 ? coverage_of(stroke_of(n), u, v, scale) : coverage_of(leaf_of(n), u, v, scale), n[1]);
    }
    return value;
}

PK_INLINE float filtered(const float* centre, i64 apart, const float* taps, i64 count) {
    float sum = taps[0] * centre[0];
    PK_ROLLED
    for (i64 k = 1; k < count; ++k) sum += taps[k] * (centre[-k * apart] + centre[k * apart]);
    return sum < 1 ? sum : 1;
}

PK_INLINE float surface_sample(const float* coefficients, i64 cols, i64 row, const float* r, i64 rows, i64 col, const float* w, i64 width) {
    float line[4];
    for (int i = 0; i < 4; ++i) {
        const float* a = coefficients + row * cols + col + i;
        line[i] = ((r[0] * a[0] + r[rows] * a[cols]) + r[2 * rows] * a[2 * cols]) + r[3 * rows] * a[3 * cols];
    }
    const float value = ((w[0] * line[0] + w[width] * line[1]) + w[2 * width] * line[2]) + w[3 * width] * line[3];
    return value < 1 ? value : 1;
}

}  // namespace pk

#define PK_ENTRY extern "C" __global__ void __launch_bounds__(128)
#define PK_OUT float *out, pk::i64 rows, pk::i64 cols
#define PK_EACH_SAMPLE                                                                                                      \
    for (pk::i64 i = blockIdx.x * (pk::i64)blockDim.x + threadIdx.x; i < rows * cols; i += (pk::i64)gridDim.x * blockDim.x)

#define PK_KIND(name, Kind)                                                                                                  \
    PK_ENTRY name(const float* n, pk::i64, pk::u64 seed, double left, double top, double pitch, PK_OUT) {                    \
        const pk::PatternNumbers p{n[0], n[1], n[2], n[3], n[4],  n[5],         n[6],                                         \
                                   n[7], n[8], n[9], n[10], (float)pitch, pk::row_key(seed, 0, 2, 0), pk::row_key(seed, 0, 3, 0)}; \
        const pk::SampleGrid at{left, top, pitch, cols};                                                                     \
        PK_EACH_SAMPLE out[i] = pk::sample<pk::Kind>(p, at.u(i % cols), at.v(i / cols));                                     \
    }
PK_KIND(venetian_blind, VenetianBlind)
PK_KIND(window, Window)
PK_KIND(curtain, Curtain)
PK_KIND(fence, Fence)
PK_KIND(voronoi, Voronoi)
PK_KIND(lattice, Lattice)
PK_KIND(screen, Screen)

PK_ENTRY noise_shade(const float* noise, pk::i64, pk::i64, double threshold, double width, PK_OUT) {
    PK_EACH_SAMPLE out[i] = pk::noise_sample(noise, rows, cols, (float)threshold, (float)width, i / cols, i % cols);
}

PK_ENTRY shapes(const float* shapes, pk::i64 count, pk::i64, double left, double top, double pitch, PK_OUT) {
    const pk::SampleGrid at{left, top, pitch, cols};
    PK_EACH_SAMPLE out[i] = pk::shapes_sample(shapes, count, 1 / (float)pitch, at.u(i % cols), at.v(i / cols));
}

PK_ENTRY outline(const float* values, pk::i64 height, pk::i64 width, const double* to, pk::i64, pk::u64 taps, double left, double top,
                 double pitch, PK_OUT) {
    const pk::SampleGrid at{left, top, pitch, cols};
    const pk::Outline from{values, height, width, to[0], to[1], to[2], to[3], to[4], to[5], (int)taps};
    PK_EACH_SAMPLE out[i] = pk::shade_of(from, at, i / cols, i % cols);
}

PK_ENTRY soften_rows(const float* x, pk::i64, pk::i64 from, const float* taps, pk::i64 count, PK_OUT) {
    PK_EACH_SAMPLE out[i] = pk::filtered(x + i / cols * from + count - 1 + i % cols, 1, taps, count);
}

PK_ENTRY soften_columns(const float* x, pk::i64, pk::i64, const float* taps, pk::i64 count, PK_OUT) {
    PK_EACH_SAMPLE out[i] = pk::filtered(x + (i / cols + count - 1) * cols + i % cols, cols, taps, count);
}

PK_ENTRY surface(const float* coefficients, pk::i64, pk::i64 width, const pk::i32* row_first, pk::i64, const float* row_weights, pk::i64,
                 pk::i64, const pk::i32* col_first, pk::i64, const float* col_weights, pk::i64, pk::i64, PK_OUT) {
    PK_EACH_SAMPLE {
        const pk::i64 row = i / cols, col = i % cols;
        out[i] = pk::surface_sample(coefficients, width, row_first[row], row_weights + row, rows, col_first[col], col_weights + col, cols);
    }
}
