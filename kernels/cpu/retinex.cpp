#include "maths/retinex.h"
#include "maths/lab.h"

#include "cpu/bands.h"
#include "cpu/level.h"

#define PK_LOOPS "cpu/retinex.h"
#include "cpu/compile_levels.h"
#define PK_LOOPS "cpu/albedo.h"
#include "cpu/compile_levels.h"

namespace pk {

constexpr int MOST_SCALES = 4;  // _MOST_SCALES in _multiscale_retinex.py

// A row of eight: values, weights or 0, cells to a row, then how pixels read them, 0 where cells are pixels.
static Cells cells_of(const i64* row, i64 cols) {
    const Band down{(const i32*)row[3], (const float*)row[4], 0, (int)row[5]};
    return {(const float*)row[0], (const float*)row[1], row[2], cols, down, (const i32*)row[6], (const float*)row[7]};
}

// mask: its address, and 0 for none, 1 for bytes, 2 for floats. Calls `use` with a pointer of its type.
template <class Use>
static void with_mask(const i64* mask, Use use) {
    if (mask[1] == 0) return use((const Unmasked*)nullptr);
    if (mask[1] == 1) return use((const u8*)mask[0]);
    return use((const float*)mask[0]);
}

static Mix mix_of(const float* mix) { return {mix[0], mix[1], mix[2]}; }

template <class T>
void retinex(bool restored, const T* image, const i64* mask, i64 cols, i64 channels, float scale, const i64* scales, i64 count,
             float* out, i64* bins, i64 begin, i64 end) {
    Cells cells[MOST_SCALES];
    for (int s = 0; s < count; ++s) cells[s] = cells_of(scales + 8 * s, cols);
    with_mask(mask, [&](auto* weights) {
        if (restored)
            PK_AT_LEVEL(retinex_rows, Restored(), image, weights, channels, scale, cells, (int)count, out, bins, begin, end);
        else
            PK_AT_LEVEL(retinex_rows, Plain(), image, weights, channels, scale, cells, (int)count, out, bins, begin, end);
    });
}

template <class T>
void sum(const T* image, const i64* mask, i64 cols, i64 channels, float scale, double* sums, i64 begin, i64 end) {
    with_mask(mask, [&](auto* weights) { PK_AT_LEVEL(sum_rows, image, weights, cols, channels, scale, sums, begin, end); });
}

template <class T>
void stretch(const T* image, const i64* mask, i64 cols, i64 channels, const float* mix, const float* retinex, const float* low,
             const float* gain, T* out, i64 begin, i64 end) {
    with_mask(mask, [&](auto* weights) {
        PK_AT_LEVEL(stretch_rows, image, weights, cols, channels, mix_of(mix), retinex, low, gain, out, begin, end);
    });
}

template <class T>
void luminance(const T* image, const i64* mask, i64 cols, const float* mix, const float* retinex, const float* low,
               const float* gain, T* out, i64 begin, i64 end) {
    with_mask(mask, [&](auto* weights) {
        PK_AT_LEVEL(luminance_rows, image, weights, cols, mix_of(mix), retinex, *low, *gain, out, begin, end);
    });
}

template <class T>
void division(const T* image, const i64* mask, i64 cols, i64 channels, const float* mix, const i64* scale,
              const float* means, T* out, i64 begin, i64 end) {
    const Cells cells = cells_of(scale, cols);
    with_mask(mask, [&](auto* weights) {
        PK_AT_LEVEL(division_rows, image, weights, channels, mix_of(mix), cells, means, out, begin, end);
    });
}

template <class T>
void intensity(const T* image, float scale, float* out, i64 begin, i64 end) {
    PK_AT_LEVEL(intensities, image, scale, out, begin, end);
}

template <class T>
void lightness(const T* image, float unit, float* out, i64 begin, i64 end) {
    PK_AT_LEVEL(lightnesses, image, unit, out, begin, end);
}

void guide(float* pairs, float flat, i64 begin, i64 end) { PK_AT_LEVEL(guide_pixels, pairs, flat, begin, end); }

template <class T>
void lab(const T* image, const i64* mask, i64 cols, const float* mix, const float* lightness, const float* pairs, float mean, T* out,
         i64 begin, i64 end) {
    with_mask(mask, [&](auto* weights) {
        PK_AT_LEVEL(lab_rows, image, weights, cols, mix_of(mix), lightness, pairs, mean, out, begin, end);
    });
}

#define PK_PIXEL(T)                                                                                                            \
    template void retinex<T>(bool, const T*, const i64*, i64, i64, float, const i64*, i64, float*, i64*, i64, i64);             \
    template void sum<T>(const T*, const i64*, i64, i64, float, double*, i64, i64);                                            \
    template void stretch<T>(const T*, const i64*, i64, i64, const float*, const float*, const float*, const float*, T*, i64,  \
                             i64);                                                                                             \
    template void luminance<T>(const T*, const i64*, i64, const float*, const float*, const float*, const float*, T*, i64,     \
                               i64);                                                                                           \
    template void division<T>(const T*, const i64*, i64, i64, const float*, const i64*, const float*, T*, i64, i64);           \
    template void intensity<T>(const T*, float, float*, i64, i64);                                                             \
    template void lightness<T>(const T*, float, float*, i64, i64);                                                             \
    template void lab<T>(const T*, const i64*, i64, const float*, const float*, const float*, float, T*, i64, i64);
PK_PIXEL(u8)
PK_PIXEL(u16)
PK_PIXEL(float)

}  // namespace pk
