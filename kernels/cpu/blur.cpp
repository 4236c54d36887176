#include "cpu/bands.h"
#include "cpu/level.h"

#define PK_LOOPS "cpu/blur.h"
#include "cpu/compile_levels.h"

namespace pk {

template <class T, class M>
void collect(const T* image, const M* mask, i64 cols, i64 channels, float scale, float most, const i32* first, const float* weights, i64 cells,
             i64 taps, float* out, i64 begin, i64 end) {
    const Band down{first, weights, cells, (int)taps};
    PK_AT_LEVEL(collect, image, mask, cols, channels, (Code{scale, most}), down, out, begin, end);
}

template <class T>
void collect(const T* image, i64 cols, i64 channels, float scale, float most, const i32* first, const float* weights, i64 cells, i64 taps,
             float* out, i64 begin, i64 end) {
    collect(image, (const Unmasked*)nullptr, cols, channels, scale, most, first, weights, cells, taps, out, begin, end);
}

void filter(const float* planes, i64 columns, i64 wide, const i32* first, const float* weights, i64 rows, i64 taps, float* out,
            i64 plane_stride, i64 column_stride, i64 row_stride, i64 begin, i64 end) {
    const Band band{first, weights, rows, (int)taps};
    const Strides to{plane_stride, column_stride, row_stride};
    PK_AT_LEVEL(filter_blocks, planes, wide, band, columns, out, to, begin, end);
}

template <class T>
void read(const float* values, const float* weights, i64 across, i64 cols, i64 channels, const i32* row_first,
          const float* row_weights, i64 row_taps, const i32* at, const float* taps, T* image, i64 begin, i64 end) {
    const Cells cells{values, weights, across, cols, Band{row_first, row_weights, 0, (int)row_taps}, at, taps};
    PK_AT_LEVEL(read, cells, channels, image, begin, end);
}

#define PK_MASK(T, M)                                                                                                          \
    template void collect<T, M>(const T*, const M*, i64, i64, float, float, const i32*, const float*, i64, i64, float*, i64, i64);
#define PK_PIXEL(T)                                                                                                            \
    PK_MASK(T, u8)                                                                                                             \
    PK_MASK(T, float)                                                                                                          \
    template void collect<T>(const T*, i64, i64, float, float, const i32*, const float*, i64, i64, float*, i64, i64);                 \
    template void read<T>(const float*, const float*, i64, i64, i64, const i32*, const float*, i64, const i32*, const float*, \
                          T*, i64, i64);
PK_PIXEL(u8)
PK_PIXEL(u16)
PK_PIXEL(float)

}  // namespace pk
