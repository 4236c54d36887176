#include "cpu/level.h"
#include "maths/splines.h"

#include <initializer_list>

#define PK_LOOPS "cpu/splines.h"
#include "cpu/compile_levels.h"

namespace pk {

template <class T>
void spline_rows(const T* image, i64 rows, i64 cols, i64 channels, float* level, i64 begin, i64 end) {
    PK_AT_LEVEL(filter_image_rows, image, rows, cols, channels, level, begin, end);
}
void spline_columns(float* level, i64 rows, i64 pitch, i64 begin, i64 end) {
    PK_AT_LEVEL(filter_columns, level, rows, pitch, begin, end);
}
void spline_down(const float* level, i64 rows, i64 cols, i64 channels, float* next, i64 next_cols, i64 begin, i64 end) {
    PK_AT_LEVEL(down_level, level, rows, cols, channels, next, next_cols, begin, end);
}
void spline_residual(float* level, i64 cols, i64 channels, const float* next, i64 next_cols, i64 begin, i64 end) {
    PK_AT_LEVEL(residual_level, level, cols, channels, next, next_cols, begin, end);
}

#define PK_PIXEL(T) template void spline_rows<T>(const T*, i64, i64, i64, float*, i64, i64);
PK_PIXEL(u8)
PK_PIXEL(u16)
PK_PIXEL(float)

}  // namespace pk
