#include "cpu/level.h"
#include "maths/bspline.h"
#include "maths/outlines.h"
#include "maths/patterns.h"
#include "maths/sample_grid.h"
#include "maths/shapes.h"
#include "maths/turns.h"

#define PK_LOOPS "cpu/pattern_loops.h"
#include "cpu/compile_levels.h"

namespace pk {

void uniform_numbers(u64 seed, u64 stream, i64 row, i64 count, double* out) {
    const RowKey key = row_key(seed, 0, stream, row);
    for (i64 i = 0; i < count; ++i) out[i] = 2.3283064365386963e-10 * (double)word((u32)i * STEP_OF_COLUMNS, key);  // 2^-32
}

void directions(const double* turns, i64 count, double* cosines, double* sines) {
    for (i64 i = 0; i < count; ++i) {
        const Direction d = direction(turns[i]);
        cosines[i] = d.cosine, sines[i] = d.sine;
    }
}

// Where places (start + i) step of a line lie on a spline's coefficients: the first of four, and their weights.
void spline_places(double start, double step, i64 count, i32* first, float* weights) {
    for (i64 i = 0; i < count; ++i) {
        const double x = (start + (double)i) * step;  // at least 1
        const i32 whole = (i32)x;
        const Weights w = cubic_weights(x - whole);
        first[i] = whole - 1;
        weights[i] = (float)w.w0, weights[count + i] = (float)w.w1, weights[2 * count + i] = (float)w.w2;
        weights[3 * count + i] = (float)w.w3;
    }
}

PatternNumbers numbers_of(const float* n, u64 seed, double pitch) {
    return {n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], n[10], (float)pitch, row_key(seed, 0, 2, 0), row_key(seed, 0, 3, 0)};
}

// Kinds as bindings/patterns.pyx names them.
void pattern_range(int kind, const float* numbers, u64 seed, double left, double top, double pitch, i64 cols, float* out, i64 begin,
                   i64 end) {
    const PatternNumbers p = numbers_of(numbers, seed, pitch);
    const SampleGrid at{left, top, pitch, cols};
    if (kind == 0) PK_AT_LEVEL(shade_rows<VenetianBlind>, p, at, out, begin, end);
    if (kind == 1) PK_AT_LEVEL(shade_rows<Window>, p, at, out, begin, end);
    if (kind == 2) PK_AT_LEVEL(shade_rows<Curtain>, p, at, out, begin, end);
    if (kind == 3) PK_AT_LEVEL(shade_rows<Fence>, p, at, out, begin, end);
    if (kind == 4) PK_AT_LEVEL(voronoi_rows, p, at, out, begin, end);
    if (kind == 5) PK_AT_LEVEL(shade_rows<Lattice>, p, at, out, begin, end);
    if (kind == 6) PK_AT_LEVEL(shade_rows<Screen>, p, at, out, begin, end);
}

void noise_shade_range(const float* noise, i64 rows, i64 cols, double threshold, double width, float* out, i64 begin, i64 end) {
    PK_AT_LEVEL(noise_shade_rows, noise, rows, cols, (float)threshold, (float)width, out, begin, end);
}

void shapes_range(const float* shapes, i64 count, double left, double top, double pitch, i64 cols, float* out,
                  i64 begin, i64 end) {
    const SampleGrid at{left, top, pitch, cols};
    PK_AT_LEVEL(shapes_rows, shapes, count, at, out, begin, end);
}

void outline_range(const float* outline, i64 height, i64 width, const double* to, int taps, double left, double top, double pitch,
                   i64 cols, float* out, i64 begin, i64 end) {
    const SampleGrid at{left, top, pitch, cols};
    const Outline from{outline, height, width, to[0], to[1], to[2], to[3], to[4], to[5], taps};
    PK_AT_LEVEL(outline_rows, from, at, out, begin, end);
}

void soften_rows_range(const float* x, i64 cols, const float* taps, i64 reach, float* out, i64 begin, i64 end) {
    PK_AT_LEVEL(soften_rows, x, cols, taps, reach, out, begin, end);
}

void soften_columns_range(const float* x, i64 cols, const float* taps, i64 reach, float* out, i64 begin, i64 end) {
    PK_AT_LEVEL(soften_columns, x, cols, taps, reach, out, begin, end);
}

void surface_range(const float* coefficients, i64 cols, const i32* row_first, const float* row_weights, i64 rows, const i32* col_first,
                   const float* col_weights, i64 width, float* out, i64 begin, i64 end) {
    PK_AT_LEVEL(surface_rows, coefficients, cols, row_first, row_weights, rows, col_first, col_weights, width, out, begin, end);
}

}  // namespace pk
