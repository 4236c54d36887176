// The GPU loops of Gaussian and Laplacian pyramids: one thread per sample written, any launch shape.
//
// A thread takes the sums over rows first and those over columns second, as kernels/cpu/pyramid.h does, so that floats have
// its bits; what neighbouring threads share comes from the cache. Arrays are (batch, rows, cols, channels).
#include "maths/pyramid.h"

namespace pk {

struct Shape {
    i64 batch, rows, cols, channels;
    PK_INLINE i64 low_rows() const { return (rows + 1) / 2; }
    PK_INLINE i64 low_cols() const { return (cols + 1) / 2; }
};

// Sample i of the smaller level.
template <class T>
PK_INLINE T reduced_sample(const Shape& shape, const T* x, i64 i) {
    using Sum = typename Pyramid<T>::Sum;
    const i64 channel = i % shape.channels, pixel = i / shape.channels;
    const i64 col = pixel % shape.low_cols(), row = pixel / shape.low_cols() % shape.low_rows();
    const i64 image = pixel / shape.low_cols() / shape.low_rows();
    x += image * shape.rows * shape.cols * shape.channels + channel;
    const auto line = [&](int j) { return x + reflected(2 * row + j, shape.rows) * shape.cols * shape.channels; };
    const T *a = line(-2), *b = line(-1), *c = line(0), *d = line(1), *e = line(2);
    const auto sum = [&](int j) {
        const i64 at = reflected(2 * col + j, shape.cols) * shape.channels;
        return reduced((Sum)a[at], (Sum)b[at], (Sum)c[at], (Sum)d[at], (Sum)e[at]);
    };
    return Pyramid<T>::of_reduced(reduced(sum(-2), sum(-1), sum(0), sum(1), sum(2)));
}

// Sample i of what EXPAND makes of the smaller level.
template <class T>
PK_INLINE T expanded_sample(const Shape& shape, const T* low, i64 i) {
    using Sum = typename Pyramid<T>::Sum;
    const i64 channel = i % shape.channels, pixel = i / shape.channels;
    const i64 col = pixel % shape.cols, row = pixel / shape.cols % shape.rows, image = pixel / shape.cols / shape.rows;
    low += image * shape.low_rows() * shape.low_cols() * shape.channels + channel;
    const auto line = [&](i64 k) { return low + expandable(k, shape.low_rows()) * shape.low_cols() * shape.channels; };
    const T *before = line(row / 2 - 1), *here = line(row / 2), *after = line(row / 2 + 1);
    const auto sum = [&](i64 k) {
        const i64 at = expandable(k, shape.low_cols()) * shape.channels;
        return row % 2 ? expanded((Sum)here[at], (Sum)after[at]) : expanded((Sum)before[at], (Sum)here[at], (Sum)after[at]);
    };
    const i64 k = col / 2;
    return Pyramid<T>::of_expanded(col % 2 ? expanded(sum(k), sum(k + 1)) : expanded(sum(k - 1), sum(k), sum(k + 1)));
}

}  // namespace pk

#define PK_EACH(count)                                                                                                   \
    for (pk::i64 i = blockIdx.x * (pk::i64)blockDim.x + threadIdx.x; i < (count); i += (pk::i64)gridDim.x * blockDim.x)
#define PK_PIXEL(dtype, T)                                                                                               \
    extern "C" __global__ void __launch_bounds__(256) reduce_##dtype(                                                    \
        const T* __restrict__ x, T* __restrict__ low, pk::i64 batch, pk::i64 rows, pk::i64 cols, pk::i64 channels) {     \
        const pk::Shape shape{batch, rows, cols, channels};                                                              \
        PK_EACH(batch * shape.low_rows() * shape.low_cols() * channels) low[i] = pk::reduced_sample(shape, x, i);        \
    }                                                                                                                    \
    extern "C" __global__ void __launch_bounds__(256) subtract_##dtype(                                                  \
        const T* __restrict__ x, const T* __restrict__ low, pk::Pyramid<T>::Residual* __restrict__ residual,             \
        pk::i64 batch, pk::i64 rows, pk::i64 cols, pk::i64 channels) {                                                   \
        const pk::Shape shape{batch, rows, cols, channels};                                                              \
        PK_EACH(batch * rows * cols * channels)                                                                          \
        residual[i] = pk::Pyramid<T>::residual(x[i], pk::expanded_sample(shape, low, i));                                \
    }                                                                                                                    \
    extern "C" __global__ void __launch_bounds__(256) add_##dtype(                                                       \
        const T* __restrict__ low, const pk::Pyramid<T>::Residual* __restrict__ residual, T* __restrict__ x,             \
        pk::i64 batch, pk::i64 rows, pk::i64 cols, pk::i64 channels) {                                                   \
        const pk::Shape shape{batch, rows, cols, channels};                                                              \
        PK_EACH(batch * rows * cols * channels)                                                                          \
        x[i] = pk::Pyramid<T>::sample(pk::expanded_sample(shape, low, i), residual[i]);                                  \
    }

PK_PIXEL(uint8, pk::u8)
PK_PIXEL(uint16, pk::u16)
PK_PIXEL(float32, float)
