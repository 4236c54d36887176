// The GPU loops of the blur by cells and of Retinex: one thread per value written, any launch shape.
//
// A thread adds what kernels/cpu/{blur,cells_to_rows,retinex}.h add, in their order, so the bits are the CPU's.
#include "maths/blur.h"
#include "maths/lab.h"
#include "maths/retinex.h"

namespace pk {

struct Band {  // rows, each with `taps` weights from column first[row] on
    const i32* first;
    const float* weights;
    i64 rows, taps;
};

struct Code {  // pixels times `scale`, held to 0..most where `most` is above 0
    float scale, most;
};
template <class T>
PK_INLINE float coded(T pixel, const Code& code) {
    const float value = (float)pixel * code.scale;
    return code.most > 0 ? held(value, code.most) : value;
}

// Of a mask's kinds: 0 none, 1 bytes, 2 floats.
struct Mask {
    const void* weights;
    i64 kind;
    PK_INLINE float operator[](i64 pixel) const {
        return kind == 0 ? 1.0f : kind == 1 ? weight_of(((const u8*)weights)[pixel]) : ((const float*)weights)[pixel];
    }
    PK_INLINE u32 counts(i64 pixel) const {
        return kind == 0 ? 1u : kind == 1 ? counted(((const u8*)weights)[pixel]) : counted(((const float*)weights)[pixel]);
    }
};

// Value i of (channels, or with a mask one more; cols; rows of the band).
template <class T>
PK_INLINE float collected(const T* image, const Mask& mask, i64 cols, i64 channels, const Code& code, const Band& down, i64 i) {
    const i64 row = i % down.rows, col = i / down.rows % cols, plane = i / down.rows / cols;
    float sum = 0;
    for (i64 tap = 0; tap < down.taps; ++tap) {
        const i64 at = (down.first[row] + tap) * cols + col;
        float value = plane < channels ? coded(image[at * channels + plane], code) : mask[at];
        if (mask.kind && plane < channels) value = weighted(value, mask[at]);
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

PK_INLINE float read_quotient(const float* values, const float* sums, const Cells& cells, i64 i) {
    const float value = read_sample(values, cells.channels, cells, i);
    return sums ? quotient(value, read_sample(sums, 1, cells, i)) : value;
}

// The raw Retinex of sample i from the product over scales of blurs + 1.
template <class Kind>
PK_INLINE float coloured(Kind, float value, const float*, i64) {
    return value;
}
PK_INLINE float coloured(Restored, float value, const float* lit, i64 channel) {
    return value * restoration(lit[channel], (lit[0] + lit[1]) + lit[2]);
}
template <class Kind, class T>
PK_INLINE float retinex(Kind kind, const T* image, const Mask& mask, i64 channels, float scale, i64 count, float blurs, i64 i) {
    const i64 pixel = i / channels;
    float lit[4], powers = 1;
    for (i64 c = 0; c < channels; ++c) lit[c] = finite_code((float)image[pixel * channels + c] * scale) + 1.0f;
    for (i64 s = 0; s < count; ++s) powers *= lit[i % channels];
    const float value = coloured(kind, mean_logarithm(powers / blurs, LOG10_2 / (float)count), lit, i % channels);
    return mask[pixel] > 0.0f ? value : 0.0f;
}

// What becomes of a pixel: the value of a method mixed with the image, 0 outside of the mask.
template <class T>
PK_INLINE float unit_code(const T* image, const Mix& mix, i64 i) {
    return finite_code((float)image[i] * mix.unit);
}
template <class T>
PK_INLINE void put_mixed(float value, const Mask& mask, i64 pixel, const T* image, const Mix& mix, T* out, i64 i) {
    const float mixture = mixed(value, unit_code(image, mix, i), mix);
    put(mask[pixel] > 0.0f ? mixture : 0.0f, out[i]);
}

}  // namespace pk

#define PK_EACH(count)                                                                                                   \
    for (pk::i64 i = blockIdx.x * (pk::i64)blockDim.x + threadIdx.x; i < (count); i += (pk::i64)gridDim.x * blockDim.x)
#define PK_BAND const pk::i32 *__restrict__ first, const float *__restrict__ weights, pk::i64 rows, pk::i64 taps
#define PK_CELLS                                                                                                         \
    pk::i64 pixels, pk::i64 across, pk::i64 cols, pk::i64 channels, const pk::i32 *__restrict__ first,                   \
        const float *__restrict__ weights, pk::i64 taps, const pk::i32 *__restrict__ at, const float *__restrict__ shares

#define PK_KERNEL extern "C" __global__ void __launch_bounds__(256)
#define PK_PICTURE const void *__restrict__ weights_of_pixels, pk::i64 kind, pk::i64 pixels, pk::i64 channels
#define PK_MIX float unit, float most, float original

PK_KERNEL filter(const float* __restrict__ planes, pk::i64 count, pk::i64 columns, pk::i64 wide, PK_BAND,
                 float* __restrict__ out, pk::i64 plane_stride, pk::i64 column_stride, pk::i64 row_stride) {
    const pk::Band band{first, weights, rows, taps};
    PK_EACH(count * wide * rows) {
        const pk::i64 row = i % rows, x = i / rows % wide, plane = i / rows / wide;
        out[plane * plane_stride + x * column_stride + row * row_stride] =
            pk::filtered(planes, columns, wide, band, plane, x, row);
    }
}

PK_KERNEL multiply_blur(const float* __restrict__ values, const float* __restrict__ sums, PK_CELLS, float* __restrict__ product) {
    const pk::Cells cells{across, cols, channels, {first, weights, pixels, taps}, at, shares};
    PK_EACH(pixels * cols * channels) product[i] *= pk::read_quotient(values, sums, cells, i) + 1.0f;
}

PK_KERNEL guide(float* __restrict__ pairs, pk::i64 pixels, float flat) {
    PK_EACH(pixels) pk::guide(pairs[2 * i], pairs[2 * i + 1], flat);
}

#define PK_RETINEX(name, Kind, T)                                                                                        \
    PK_KERNEL name(const T* __restrict__ image, PK_PICTURE, float scale, pk::i64 count, float* __restrict__ out,         \
                   unsigned long long* __restrict__ bins) {                                                              \
        const pk::Mask mask{weights_of_pixels, kind};                                                                    \
        PK_EACH(pixels * channels) {                                                                                     \
            out[i] = pk::retinex(pk::Kind(), image, mask, channels, scale, count, out[i], i);                            \
            const unsigned long long counts = mask.counts(i / channels);                                                 \
            if (bins && counts) atomicAdd(bins + i % channels * pk::BINS + pk::bin_of<pk::Kind>(out[i]), counts);        \
        }                                                                                                                \
    }

#define PK_PIXEL(name, T)                                                                                                \
    PK_KERNEL collect_##name(const T* __restrict__ image, const void* __restrict__ weights_of_pixels, pk::i64 kind,      \
                             pk::i64 cols, pk::i64 channels, float scale, float most, PK_BAND, float* __restrict__ out) { \
        const pk::Band down{first, weights, rows, taps};                                                                 \
        const pk::Mask mask{weights_of_pixels, kind};                                                                    \
        PK_EACH((channels + (kind ? 1 : 0)) * cols * rows)                                                               \
        out[i] = pk::collected(image, mask, cols, channels, {scale, most}, down, i);                                     \
    }                                                                                                                    \
    PK_KERNEL read_##name(const float* __restrict__ values, const float* __restrict__ sums, PK_CELLS,                    \
                          T* __restrict__ image) {                                                                       \
        const pk::Cells cells{across, cols, channels, {first, weights, pixels, taps}, at, shares};                       \
        PK_EACH(pixels * cols * channels) pk::put(pk::read_quotient(values, sums, cells, i), image[i]);                  \
    }                                                                                                                    \
    PK_RETINEX(retinex_##name, Plain, T)                                                                                 \
    PK_RETINEX(restored_##name, Restored, T)                                                                             \
    PK_KERNEL sum_##name(const T* __restrict__ image, const void* __restrict__ weights_of_pixels, pk::i64 kind,          \
                         pk::i64 rows, pk::i64 cols, pk::i64 channels, float scale, double* __restrict__ sums) {         \
        const pk::Mask mask{weights_of_pixels, kind};                                                                    \
        PK_EACH(rows * (channels + 1)) {                                                                                 \
            const pk::i64 row = i / (channels + 1), c = i % (channels + 1);                                              \
            double sum = 0;                                                                                              \
            for (pk::i64 at = row * cols; at < (row + 1) * cols; ++at)                                                   \
                sum += c < channels ? (double)pk::weighted(pk::finite_code((float)image[at * channels + c] * scale), mask[at]) \
                                    : (double)mask[at];                                                                  \
            sums[i] = sum;                                                                                               \
        }                                                                                                                \
    }                                                                                                                    \
    PK_KERNEL stretch_##name(const T* image, PK_PICTURE, PK_MIX, const float* values, const float* __restrict__ low,     \
                             const float* __restrict__ gain, T* out) {                                                   \
        const pk::Mask mask{weights_of_pixels, kind};                                                                    \
        PK_EACH(pixels * channels)                                                                                       \
        pk::put_mixed(pk::stretched(values[i], low[i % channels], gain[i % channels]), mask, i / channels, image,        \
                      {unit, most, original}, out, i);                                                                   \
    }                                                                                                                    \
    PK_KERNEL luminance_##name(const T* __restrict__ image, PK_PICTURE, PK_MIX, const float* __restrict__ values,        \
                               const float* __restrict__ low, const float* __restrict__ gain, T* __restrict__ out) {     \
        const pk::Mask mask{weights_of_pixels, kind};                                                                    \
        const pk::Mix mix{unit, most, original};                                                                         \
        PK_EACH(pixels) {                                                                                                \
            const float r = pk::unit_code(image, mix, 3 * i), g = pk::unit_code(image, mix, 3 * i + 1);                  \
            const float b = pk::unit_code(image, mix, 3 * i + 2), bright = pk::stretched(values[i], *low, *gain);        \
            const float factor = pk::common_factor(bright, pk::intensity(r, g, b), pk::largest(r, g, b));                \
            pk::put_mixed(factor * r, mask, i, image, mix, out, 3 * i);                                                  \
            pk::put_mixed(factor * g, mask, i, image, mix, out, 3 * i + 1);                                              \
            pk::put_mixed(factor * b, mask, i, image, mix, out, 3 * i + 2);                                              \
        }                                                                                                                \
    }                                                                                                                    \
    PK_KERNEL division_##name(const T* __restrict__ image, const void* __restrict__ weights_of_pixels, pk::i64 kind,     \
                              PK_MIX, const float* __restrict__ values, const float* __restrict__ sums, PK_CELLS,        \
                              const float* __restrict__ means, T* __restrict__ out) {                                    \
        const pk::Cells cells{across, cols, channels, {first, weights, pixels, taps}, at, shares};                       \
        const pk::Mask mask{weights_of_pixels, kind};                                                                    \
        const pk::Mix mix{unit, most, original};                                                                         \
        PK_EACH(pixels * cols * channels) {                                                                              \
            const float blur = pk::read_quotient(values, sums, cells, i) * (1.0f / 255);                                 \
            const float value = pk::quotient(pk::unit_code(image, mix, i), blur) * means[i % channels];                  \
            pk::put_mixed(value, mask, i / channels, image, mix, out, i);                                                \
        }                                                                                                                \
    }                                                                                                                    \
    PK_KERNEL lab_##name(const T* __restrict__ image, PK_PICTURE, PK_MIX, const float* __restrict__ lightness,           \
                         const float* __restrict__ pairs, float mean, T* __restrict__ out) {                             \
        const pk::Mask mask{weights_of_pixels, kind};                                                                    \
        const pk::Mix mix{unit, most, original};                                                                         \
        PK_EACH(pixels) {                                                                                                \
            const float l = pk::flattened(lightness[2 * i], pairs[2 * i], pairs[2 * i + 1], mean);                       \
            float r = pk::held(pk::unit_code(image, mix, 3 * i), 1.0f);                                                  \
            float g = pk::held(pk::unit_code(image, mix, 3 * i + 1), 1.0f);                                              \
            float b = pk::held(pk::unit_code(image, mix, 3 * i + 2), 1.0f);                                              \
            pk::relight_lab(r, g, b, l);                                                                                 \
            pk::put_mixed(r, mask, i, image, mix, out, 3 * i);                                                           \
            pk::put_mixed(g, mask, i, image, mix, out, 3 * i + 1);                                                       \
            pk::put_mixed(b, mask, i, image, mix, out, 3 * i + 2);                                                       \
        }                                                                                                                \
    }                                                                                                                    \
    PK_KERNEL intensity_##name(const T* __restrict__ image, pk::i64 pixels, float scale, float* __restrict__ out) {      \
        PK_EACH(pixels)                                                                                                  \
        out[i] = pk::intensity(pk::finite_code((float)image[3 * i] * scale), pk::finite_code((float)image[3 * i + 1] * scale), \
                               pk::finite_code((float)image[3 * i + 2] * scale));                                        \
    }                                                                                                                    \
    PK_KERNEL lightness_##name(const T* __restrict__ image, pk::i64 pixels, float unit, float* __restrict__ out) {       \
        PK_EACH(pixels) {                                                                                                \
            const float r = pk::light_of_code(pk::held((float)image[3 * i] * unit, 1.0f));                               \
            const float g = pk::light_of_code(pk::held((float)image[3 * i + 1] * unit, 1.0f));                           \
            const float b = pk::light_of_code(pk::held((float)image[3 * i + 2] * unit, 1.0f));                           \
            const float l = pk::lightness(pk::lab_root(pk::luminance(r, g, b)));                                         \
            out[2 * i] = l;                                                                                              \
            out[2 * i + 1] = l * l;                                                                                      \
        }                                                                                                                \
    }

PK_PIXEL(uint8, pk::u8)
PK_PIXEL(uint16, pk::u16)
PK_PIXEL(float32, float)
