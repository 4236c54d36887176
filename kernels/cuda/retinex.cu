// The GPU loops of the blur by cells and of Retinex: one thread per value written, any launch shape.
//
// A thread adds what kernels/cpu/{blur,cells_to_rows,retinex}.h add, in their order, so the bits are the CPU's.
#include "maths/blur.h"

namespace pk {

struct Band {  // rows, each with `taps` weights from column first[row] on
    const i32* first;
    const float* weights;
    i64 rows, taps;
};

template <class T>
PK_INLINE float loaded(const T* pixel, const Unmasked*, i64, float scale) {
    return (float)*pixel * scale;
}
template <class T, class M>
PK_INLINE float loaded(const T* pixel, const M* mask, i64 at, float scale) {
    return weighted((float)*pixel * scale, weight_of(mask[at]));
}
PK_INLINE float mask_weight(const Unmasked*, i64) { return 0; }
template <class M>
PK_INLINE float mask_weight(const M* mask, i64 at) {
    return weight_of(mask[at]);
}

// Value i of (channels, or with a mask one more; cols; rows of the band).
template <class T, class M>
PK_INLINE float collected(const T* image, const M* mask, i64 cols, i64 channels, float scale, const Band& down, i64 i) {
    const i64 row = i % down.rows, col = i / down.rows % cols, plane = i / down.rows / cols;
    float sum = 0;
    for (i64 tap = 0; tap < down.taps; ++tap) {
        const i64 at = (down.first[row] + tap) * cols + col;
        const float value = plane < channels ? loaded(image + at * channels + plane, mask, at, scale) : mask_weight(mask, at);
        sum += down.weights[row * down.taps + tap] * value;
    }
    return sum;
}

// Value (plane, x, row) of a band times planes (planes, columns, wide).
PK_INLINE float filtered(const float* planes, i64 columns, i64 wide, const Band& band, i64 plane, i64 x, i64 row) {
    const float* from = planes + (plane * columns + band.first[row]) * wide + x;
    float sum = 0;
    for (i64 tap = 0; tap < band.taps; ++tap) sum += band.weights[row * band.taps + tap] * from[tap * wide];
    return sum;
}

// How samples of a picture (rows, cols, channels) lie between cells, `across` of them to a row; without `at` cells are pixels.
struct Cells {
    i64 across, cols, channels;
    Band down;
    const i32* at;
    const float* taps;
};

// The sums in cells at sample i of the picture; `from` has `together` samples per cell: the channels, or 1 for all of them.
PK_INLINE float read_sample(const float* from, i64 together, const Cells& cells, i64 i) {
    if (!cells.at) return from[together == cells.channels ? i : i / cells.channels];
    const i64 line = cells.cols * cells.channels, row = i / line, sample = i % line, channel = sample % cells.channels;
    const i64 cell = cells.at[sample] / cells.channels;
    const float* weights = cells.down.weights + row * cells.down.taps;
    const i64 stride = cells.across * together;
    const auto sum = [&](i64 k) {
        if (k >= cells.across) return 0.0f;
        const float* top = from + cells.down.first[row] * stride + k * together + (together == 1 ? 0 : channel);
        if (cells.down.taps == 1) return weights[0] * top[0];
        if (cells.down.taps == 2) return weights[0] * top[0] + weights[1] * top[stride];
        return three(top[0], top[stride], top[2 * stride], weights[0], weights[1], weights[2]);
    };
    return three(sum(cell), sum(cell + 1), sum(cell + 2), cells.taps[sample], cells.taps[line + sample],
                 cells.taps[2 * line + sample]);
}

}  // namespace pk

#define PK_EACH(count)                                                                                                   \
    for (pk::i64 i = blockIdx.x * (pk::i64)blockDim.x + threadIdx.x; i < (count); i += (pk::i64)gridDim.x * blockDim.x)
#define PK_BAND const pk::i32 *__restrict__ first, const float *__restrict__ weights, pk::i64 rows, pk::i64 taps
#define PK_CELLS                                                                                                         \
    pk::i64 pixels, pk::i64 across, pk::i64 cols, pk::i64 channels, const pk::i32 *__restrict__ first,                   \
        const float *__restrict__ weights, pk::i64 taps, const pk::i32 *__restrict__ at, const float *__restrict__ shares

#define PK_MASK(name, T, M)                                                                                              \
    extern "C" __global__ void __launch_bounds__(256) collect_##name(                                                    \
        const T* __restrict__ image, const M* __restrict__ mask, pk::i64 cols, pk::i64 channels, float scale, PK_BAND,   \
        float* __restrict__ out) {                                                                                       \
        const pk::Band down{first, weights, rows, taps};                                                                 \
        PK_EACH((channels + 1) * cols * rows) out[i] = pk::collected(image, mask, cols, channels, scale, down, i);       \
    }
#define PK_PIXEL(name, T)                                                                                                \
    PK_MASK(name##_uint8, T, pk::u8)                                                                                     \
    PK_MASK(name##_float32, T, float)                                                                                    \
    extern "C" __global__ void __launch_bounds__(256) collect_##name(                                                    \
        const T* __restrict__ image, pk::i64 cols, pk::i64 channels, float scale, PK_BAND, float* __restrict__ out) {    \
        const pk::Band down{first, weights, rows, taps};                                                                 \
        const pk::Unmasked* mask = nullptr;                                                                              \
        PK_EACH(channels * cols * rows) out[i] = pk::collected(image, mask, cols, channels, scale, down, i);             \
    }                                                                                                                    \
    extern "C" __global__ void __launch_bounds__(256) read_##name(const float* __restrict__ values,                      \
                                                                  const float* __restrict__ sums, PK_CELLS,              \
                                                                  T* __restrict__ image) {                               \
        const pk::Cells cells{across, cols, channels, {first, weights, pixels, taps}, at, shares};                       \
        PK_EACH(pixels * cols * channels) {                                                                              \
            const float value = pk::read_sample(values, channels, cells, i);                                             \
            pk::put(sums ? pk::quotient(value, pk::read_sample(sums, 1, cells, i)) : value, image[i]);                   \
        }                                                                                                                \
    }

PK_PIXEL(uint8, pk::u8)
PK_PIXEL(uint16, pk::u16)
PK_PIXEL(float32, float)

extern "C" __global__ void __launch_bounds__(256) filter(const float* __restrict__ planes, pk::i64 count, pk::i64 columns,
                                                         pk::i64 wide, PK_BAND, float* __restrict__ out, pk::i64 plane_stride,
                                                         pk::i64 column_stride, pk::i64 row_stride) {
    const pk::Band band{first, weights, rows, taps};
    PK_EACH(count * wide * rows) {
        const pk::i64 row = i % rows, x = i / rows % wide, plane = i / rows / wide;
        out[plane * plane_stride + x * column_stride + row * row_stride] =
            pk::filtered(planes, columns, wide, band, plane, x, row);
    }
}
