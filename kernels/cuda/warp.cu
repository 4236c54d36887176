// The GPU loops of warp and grid_sample: a thread block per block of a row, cut as in kernels/cpu/warp.h, so that
// both follow the same paths; any number of thread blocks gives the same result.
#include "maths/lens.h"
#include "maths/path.h"

namespace pk {

struct Shape {
    i64 rows, cols, channels, batch, out_rows, out_cols;
};

template <class T>
__device__ void sample_all(const T* image, const Shape& shape, const Position& at, int interpolation, int border, T* to) {
    for (i64 c = 0; c < shape.channels; ++c)
        to[c] = sample(Plane<T>{image + c, (i32)shape.rows, (i32)shape.cols, shape.channels}, at, interpolation, border);
}

PK_CALL void lens_at(const Lens& lens, const Chromatic* chromatic, i64 row, i64 col, double& x, double& y) {
    with_model(lens, [&](auto model, auto solves) {
        photo_position<decltype(model), decltype(solves)::value>(lens, (double)col, (double)row, x, y);
    });
    if (chromatic) disperse(*chromatic, x, y);
}

// Where this thread's pixel samples; called by all threads of the block together.
PK_CALL Position locate(const Lens& lens, const Chromatic* chromatic, const Residual& residual, const Shape& shape,
                                  i64 row, i64 x0) {
    __shared__ double xs[NODES], ys[NODES];
    const int i = threadIdx.x, n = (int)(shape.out_cols - x0 < BLOCK ? shape.out_cols - x0 : BLOCK);
    __syncthreads();  // the block before may still read its nodes
    if (i < NODES) lens_at(lens, chromatic, row, x0 + (i64)(i - 1) * STEP, xs[i], ys[i]);
    __syncthreads();
    bool ok = true;
    if (i + 4 < NODES) ok = smooth(xs[i], xs[i + 1], xs[i + 2], xs[i + 3], xs[i + 4]) &&
                            smooth(ys[i], ys[i + 1], ys[i + 2], ys[i + 3], ys[i + 4]);
    const bool cubic = __syncthreads_and(ok);
    Position at{};
    if (i >= n) return at;
    float dx = 0, dy = 0;
    if (residual.rows > 0) displacement(residual, row, shape.out_rows, x0 + i, shape.out_cols, dx, dy);
    if (cubic) {
        const int s = i / STEP, k = i % STEP;
        follow(segment(xs[s], xs[s + 1], xs[s + 2], xs[s + 3]), k, dx, at.x, at.fx);
        follow(segment(ys[s], ys[s + 1], ys[s + 2], ys[s + 3]), k, dy, at.y, at.fy);
    } else {
        double x, y;
        lens_at(lens, chromatic, row, x0 + i, x, y);
        split(x + dx, at.x, at.fx);
        split(y + dy, at.y, at.fy);
    }
    return at;
}

template <class T>
__device__ void warp(const T* image, T* out, const Shape& shape, const Lens& lens, const Chromatic* chromatic,
                     const Residual& residual, int interpolation, int border) {
    const i64 across = (shape.out_cols + BLOCK - 1) / BLOCK, blocks = shape.batch * shape.out_rows * across;
    for (i64 block = blockIdx.x; block < blocks; block += gridDim.x) {
        const i64 line = block / across, x0 = block % across * BLOCK, row = line % shape.out_rows;
        const bool inside = x0 + threadIdx.x < shape.out_cols;
        const T* from = image + line / shape.out_rows * shape.rows * shape.cols * shape.channels;
        T* to = out + (line * shape.out_cols + x0 + threadIdx.x) * shape.channels;
        if (!chromatic) {
            const Position at = locate(lens, nullptr, residual, shape, row, x0);
            if (inside) sample_all(from, shape, at, interpolation, border, to);
            continue;
        }
        for (i64 c = 0; c < shape.channels; ++c) {
            const Position at = locate(lens, chromatic + c, residual, shape, row, x0);
            const Plane<T> plane{from + c, (i32)shape.rows, (i32)shape.cols, shape.channels};
            if (inside) to[c] = sample(plane, at, interpolation, border);
        }
    }
}

template <class T, class Real>
__device__ void grid_sample(const T* image, T* out, const Shape& shape, const Real* grid, int interpolation, int border) {
    const double half_x = 0.5 * (double)(shape.cols - 1), half_y = 0.5 * (double)(shape.rows - 1);
    const i64 pixels = shape.batch * shape.out_rows * shape.out_cols;
    for (i64 i = blockIdx.x * (i64)blockDim.x + threadIdx.x; i < pixels; i += (i64)gridDim.x * blockDim.x) {
        const i64 which = i / (shape.out_rows * shape.out_cols);
        Position at;
        split((grid[2 * i] + 1.0) * half_x, at.x, at.fx);
        split((grid[2 * i + 1] + 1.0) * half_y, at.y, at.fy);
        sample_all(image + which * shape.rows * shape.cols * shape.channels, shape, at, interpolation, border,
                   out + i * shape.channels);
    }
}

}  // namespace pk

#define PK_SHAPES(T)                                                                                              \
    const T *__restrict__ image, pk::i64 rows, pk::i64 cols, pk::i64 channels, T *__restrict__ out, pk::i64 batch, \
        pk::i64 out_rows, pk::i64 out_cols
#define PK_SHAPE {rows, cols, channels, batch, out_rows, out_cols}

#define PK_WARP(name, T)                                                                                          \
    extern "C" __global__ void warp_##name(PK_SHAPES(T), const double* __restrict__ lens,                         \
                                           const double* __restrict__ chromatic, pk::i64 chromatic_count,         \
                                           const float* __restrict__ residual, pk::i64 residual_rows,             \
                                           pk::i64 residual_cols, int interpolation, int border) {                \
        pk::warp(image, out, PK_SHAPE, *reinterpret_cast<const pk::Lens*>(lens),                                  \
                 chromatic_count ? reinterpret_cast<const pk::Chromatic*>(chromatic) : nullptr,                   \
                 {residual, residual_rows, residual_cols}, interpolation, border);                                \
    }
#define PK_GRID_SAMPLE(real, Real, name, T)                                                                       \
    extern "C" __global__ void grid_sample_##real##_##name(PK_SHAPES(T), const Real* __restrict__ grid, pk::i64,   \
                                                           pk::i64, pk::i64, int interpolation, int border) {     \
        pk::grid_sample(image, out, PK_SHAPE, grid, interpolation, border);                                       \
    }
#define PK_PIXEL(name, T)                        \
    PK_WARP(name, T)                             \
    PK_GRID_SAMPLE(float32, float, name, T)      \
    PK_GRID_SAMPLE(float64, double, name, T)

PK_PIXEL(uint8, pk::u8)
PK_PIXEL(uint16, pk::u16)
PK_PIXEL(float32, float)
