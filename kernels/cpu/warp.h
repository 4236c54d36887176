// The fused backward warp: positions of a block of output pixels, then their samples; no coordinate array.
//
// A block is BLOCK pixels of one output row, always cut at multiples of BLOCK, so that the result depends on
// neither threads nor ranges. Its positions are made at nodes (maths/path.h) and kept on the stack.
#include "cpu/sampling.h"

namespace pk::PK_LEVEL {

// The lens at pixels x0, x0 + step, ... of one row.
inline void lens_at(const Warp& warp, const Chromatic* chromatic, i64 row, i64 x0, i64 step, int count,
                    double* __restrict xs, double* __restrict ys) {
    if (warp.callback) {
        for (int i = 0; i < count; ++i) xs[i] = ys[i] = not_a_number();  // what is left if the function gives up
        warp.callback((double)row, (double)x0, (double)step, count, xs, ys);
    } else {
        with_model(*warp.lens, [&](auto model, auto solves) {
            for (int i = 0; i < count; ++i)
                photo_position<decltype(model), decltype(solves)::value>(*warp.lens, (double)x0 + (double)i * (double)step,
                                                                         (double)row, xs[i], ys[i]);
        });
    }
    if (chromatic)
        for (int i = 0; i < count; ++i) disperse(*chromatic, xs[i], ys[i]);
}

// The residual's displacement of n pixels of one row.
inline void residual_at(const Residual& residual, i64 row, i64 out_rows, i64 out_cols, i64 x0, int n,
                        float* __restrict dx, float* __restrict dy) {
    i64 top, left;
    float down, along;
    cell_of(row, out_rows, residual.rows, top, down);
    const float* upper = residual.at + top * residual.cols * 2;
    const float* lower = top + 1 < residual.rows ? upper + residual.cols * 2 : upper;
    for (int i = 0; i < n;) {
        cell_of(x0 + i, out_cols, residual.cols, left, along);
        const i64 spans = residual.cols - 1, last = out_cols > 1 ? out_cols - 1 : 1;
        const i64 right = left < spans ? left + 1 : left;
        const float ax = lerp(upper[2 * left], lower[2 * left], down), bx = lerp(upper[2 * right], lower[2 * right], down);
        const float ay = lerp(upper[2 * left + 1], lower[2 * left + 1], down);
        const float by = lerp(upper[2 * right + 1], lower[2 * right + 1], down);
        i64 end = n;  // pixels of this cell: the next cell starts at the first x with x spans >= (left + 1) last
        if (spans > 0 && left + 1 < spans) end = ((left + 1) * last + spans - 1) / spans - x0;
        if (end > n) end = n;
        const i64 first = (x0 + i) * spans - left * last;
        const int count = (int)(end - i);
        float* __restrict tx = dx + i;
        float* __restrict ty = dy + i;
        for (int k = 0; k < count; ++k) {
            const float weight = spans > 0 ? (float)(first + k * spans) / (float)last : 0;
            tx[k] = lerp(ax, bx, weight);
            ty[k] = lerp(ay, by, weight);
        }
        i = (int)end;
    }
}

// The segments of a block as structure of arrays, then eight pixels of a segment at a time.
template <bool refined>
inline void along_path(const double* __restrict nodes, int n, const float* __restrict extra, i32* __restrict whole,
                       float* __restrict fraction) {
    constexpr int most = BLOCK / STEP;
    alignas(64) i32 base[most], slope[most];
    alignas(64) float k0[most], k1[most], k2[most], k3[most];
    const int segments = (n + STEP - 1) / STEP;
    for (int s = 0; s < segments; ++s) {
        const Segment path = segment(nodes[s], nodes[s + 1], nodes[s + 2], nodes[s + 3]);
        base[s] = path.base;
        slope[s] = path.slope;
        k0[s] = path.k0;
        k1[s] = path.k1;
        k2[s] = path.k2;
        k3[s] = path.k3;
    }
    const int8 i = {0, 1, 2, 3, 4, 5, 6, 7};
    const float8 t = __builtin_convertvector(i, float8) * (1.0f / STEP);
    for (int s = 0; s < segments; ++s) {
        float8 away = k0[s] + t * (k1[s] + t * (k2[s] + t * k3[s]));
        float8 moved{};
        if (refined) {
            load(extra + s * STEP, moved);
            const float8 sum = away + moved, above = sum >= -MOST_EXTRA ? sum : float8{} - MOST_EXTRA;
            away = above < MOST_EXTRA ? above : float8{} + MOST_EXTRA;
        }
        int8 low = __builtin_convertvector(away, int8);
        low += __builtin_convertvector(low, float8) > away;  // a comparison that holds is -1
        const float8 f = away - __builtin_convertvector(low, float8), rest = f < MOST ? f : float8{} + MOST;
        int8 at = (base[s] + slope[s] * i) + low;
        if (refined) at = moved - moved == 0.0f ? at : int8{} + NOWHERE;
        __builtin_memcpy(whole + s * STEP, &at, sizeof at);
        __builtin_memcpy(fraction + s * STEP, &rest, sizeof rest);
    }
}

inline bool all_smooth(const double* nodes) {
    i64 rough = 0;
    for (int i = 0; i + 4 < NODES; ++i)
        rough += smooth(nodes[i], nodes[i + 1], nodes[i + 2], nodes[i + 3], nodes[i + 4]) ? 0 : 1;
    return rough == 0;
}

// `split` of n coordinates, one step at a time: GCC does not vectorise them together. 2x, grid_sample, EPYC, 2026-11.
inline void split_all(double* __restrict at, const float* __restrict extra, int n, i32* __restrict whole,
                      float* __restrict fraction) {
    if (extra)
        for (int i = 0; i < n; ++i) at[i] += extra[i];
    for (int i = 0; i < n; ++i) floor_of(at[i], whole[i], fraction[i]);
    for (int i = 0; i < n; ++i) fraction[i] = below_one(fraction[i]);
    for (int i = 0; i < n; ++i) whole[i] = or_nowhere(at[i], whole[i]);
}

// Positions of n pixels of an output row from x0 on.
inline void locate(const Warp& warp, const Chromatic* chromatic, i64 row, i64 x0, int n, Block& block) {
    alignas(64) double xs[BLOCK], ys[BLOCK];
    alignas(64) float dx[BLOCK], dy[BLOCK];
    const bool refined = warp.residual.rows > 0;
    if (refined) residual_at(warp.residual, row, warp.out_rows, warp.out_cols, x0, n, dx, dy);
    if (!warp.callback) {
        lens_at(warp, chromatic, row, x0 - STEP, STEP, NODES, xs, ys);
        if (all_smooth(xs) && all_smooth(ys)) {
            const auto follow_path = refined ? along_path<true> : along_path<false>;
            follow_path(xs, n, dx, block.x, block.fx);
            follow_path(ys, n, dy, block.y, block.fy);
            return;
        }
    }
    lens_at(warp, chromatic, row, x0, 1, n, xs, ys);
    split_all(xs, refined ? dx : nullptr, n, block.x, block.fx);
    split_all(ys, refined ? dy : nullptr, n, block.y, block.fy);
}

// Positions of n pixels of a grid in [-1, 1], corners on the centres of the corner pixels.
template <class Real>
inline void locate(const Real* __restrict grid, i64 rows, i64 cols, int n, Block& block) {
    const double half_x = 0.5 * (double)(cols - 1), half_y = 0.5 * (double)(rows - 1);
    alignas(64) double xs[BLOCK], ys[BLOCK];
    for (int i = 0; i < n; ++i) {
        xs[i] = (grid[2 * i] + 1.0) * half_x;
        ys[i] = (grid[2 * i + 1] + 1.0) * half_y;
    }
    split_all(xs, nullptr, n, block.x, block.fx);
    split_all(ys, nullptr, n, block.y, block.fy);
}

// Rows begin..end of the output, counted through all images of the batch.
template <class T>
inline void warp_rows(const Warp& warp, const T* image, T* __restrict out, i64 begin, i64 end) {
    Block block;
    for (i64 line = begin; line < end; ++line) {
        const T* from = image + (line / warp.out_rows) * warp.rows * warp.cols * warp.channels;
        const i64 row = line % warp.out_rows;
        for (i64 x0 = 0; x0 < warp.out_cols; x0 += BLOCK) {
            const int n = (int)(warp.out_cols - x0 < BLOCK ? warp.out_cols - x0 : BLOCK);
            T* to = out + (line * warp.out_cols + x0) * warp.channels;
            if (!warp.chromatic) {
                locate(warp, nullptr, row, x0, n, block);
                sample_any(warp, from, block, n, to);
                continue;
            }
            T colour[BLOCK * 4];  // chromatic images are RGB or RGBA
            for (i64 c = 0; c < warp.channels; ++c) {
                locate(warp, warp.chromatic + c, row, x0, n, block);
                sample_any(warp, from, block, n, colour);
                for (int i = 0; i < n; ++i) to[i * warp.channels + c] = colour[i * warp.channels + c];
            }
        }
    }
}

// Rows of a grid of its own for each image.
template <class T, class Real>
inline void grid_rows(const Warp& warp, const T* image, const Real* grid, T* __restrict out, i64 begin, i64 end) {
    Block block;
    for (i64 line = begin; line < end; ++line) {
        const T* from = image + (line / warp.out_rows) * warp.rows * warp.cols * warp.channels;
        for (i64 x0 = 0; x0 < warp.out_cols; x0 += BLOCK) {
            const int n = (int)(warp.out_cols - x0 < BLOCK ? warp.out_cols - x0 : BLOCK);
            locate(grid + (line * warp.out_cols + x0) * 2, warp.rows, warp.cols, n, block);
            sample_any(warp, from, block, n, out + (line * warp.out_cols + x0) * warp.channels);
        }
    }
}

// The positions themselves, (rows, cols, 2).
inline void position_rows(const Warp& warp, double* __restrict out, i64 begin, i64 end) {
    Block block;
    for (i64 row = begin; row < end; ++row)
        for (i64 x0 = 0; x0 < warp.out_cols; x0 += BLOCK) {
            const int n = (int)(warp.out_cols - x0 < BLOCK ? warp.out_cols - x0 : BLOCK);
            double* to = out + (row * warp.out_cols + x0) * 2;
            locate(warp, nullptr, row, x0, n, block);
            for (int i = 0; i < n; ++i) {
                const bool somewhere = block.x[i] != NOWHERE && block.y[i] != NOWHERE;
                to[2 * i] = somewhere ? block.x[i] + (double)block.fx[i] : not_a_number();
                to[2 * i + 1] = somewhere ? block.y[i] + (double)block.fy[i] : not_a_number();
            }
        }
}

}  // namespace pk::PK_LEVEL
