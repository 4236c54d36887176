#include "cpu/level.h"
#include "maths/pyramid.h"

namespace pk {

struct Size {
    i64 rows, cols, channels;
    i64 samples() const { return rows * cols * channels; }
    i64 low_samples() const { return (rows + 1) / 2 * ((cols + 1) / 2) * channels; }
};

}  // namespace pk

#define PK_LOOPS "cpu/pyramid.h"
#include "cpu/compile_levels.h"

namespace pk {

template <class T>
void reduce(const T* x, T* low, i64 rows, i64 cols, i64 channels, i64 begin, i64 end) {
    PK_AT_LEVEL(reduce_rows, Size{rows, cols, channels}, x, low, begin, end);
}

template <class T, class Residual>
void split(const T* x, T* low, Residual* residual, i64 rows, i64 cols, i64 channels, i64 begin, i64 end) {
    PK_AT_LEVEL(split_rows, Size{rows, cols, channels}, x, low, residual, begin, end);
}

template <class T, class Residual>
void join(const T* low, const Residual* residual, T* x, i64 rows, i64 cols, i64 channels, i64 begin, i64 end) {
    PK_AT_LEVEL(join_rows, Size{rows, cols, channels}, low, residual, x, begin, end);
}

#define PK_PIXEL(T, Residual)                                                                    \
    template void reduce<T>(const T*, T*, i64, i64, i64, i64, i64);                              \
    template void split<T, Residual>(const T*, T*, Residual*, i64, i64, i64, i64, i64);          \
    template void join<T, Residual>(const T*, const Residual*, T*, i64, i64, i64, i64, i64);
PK_PIXEL(u8, i16)
PK_PIXEL(u16, i32)
PK_PIXEL(float, float)

}  // namespace pk
