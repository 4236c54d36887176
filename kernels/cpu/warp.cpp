#include "cpu/level.h"
#include "maths/lens.h"
#include "maths/path.h"

namespace pk {

// A user's own coordinates: (x, y) in the photo of `count` pixels of one row, `step` apart from x0 on.
using Callback = void (*)(double row, double x0, double step, i64 count, double* xs, double* ys);

struct Warp {
    i64 rows, cols, channels, out_rows, out_cols;
    int interpolation, border;
    const Lens* lens;
    Callback callback;
    const Chromatic* chromatic;
    Residual residual;
};

}  // namespace pk

#define PK_LOOPS "cpu/warp.h"
#include "cpu/compile_levels.h"

namespace pk {

template <class T>
void warp_range(const T* image, i64 rows, i64 cols, i64 channels, T* out, i64 out_rows, i64 out_cols, const double* lens,
                i64 callback, const double* chromatic, i64 chromatic_count, const float* residual, i64 residual_rows, i64 residual_cols,
                int interpolation, int border, i64 begin, i64 end) {
    const Warp warp{rows, cols, channels, out_rows, out_cols, interpolation, border, reinterpret_cast<const Lens*>(lens),
                    reinterpret_cast<Callback>(callback),
                    chromatic_count ? reinterpret_cast<const Chromatic*>(chromatic) : nullptr,
                    {residual, residual_rows, residual_cols}};
    PK_AT_LEVEL(warp_rows, warp, image, out, begin, end);
}

template <class T, class Real>
void grid_range(const T* image, i64 rows, i64 cols, i64 channels, const Real* grid, T* out, i64 out_rows, i64 out_cols,
                int interpolation, int border, i64 begin, i64 end) {
    const Warp warp{rows, cols, channels, out_rows, out_cols, interpolation, border, nullptr, nullptr, nullptr, {}};
    PK_AT_LEVEL(grid_rows, warp, image, grid, out, begin, end);
}

void position_range(double* out, i64 out_rows, i64 out_cols, const double* lens, i64 callback, const float* residual,
                    i64 residual_rows, i64 residual_cols, i64 begin, i64 end) {
    const Warp warp{1, 1, 1, out_rows, out_cols, NEAREST, ZEROS, reinterpret_cast<const Lens*>(lens),
                    reinterpret_cast<Callback>(callback), nullptr, {residual, residual_rows, residual_cols}};
    PK_AT_LEVEL(position_rows, warp, out, begin, end);
}

#define PK_PIXEL(T)                                                                                                     \
    template void warp_range<T>(const T*, i64, i64, i64, T*, i64, i64, const double*, i64, const double*, i64,          \
                                const float*, i64, i64, int, int, i64, i64);                                                          \
    template void grid_range<T, float>(const T*, i64, i64, i64, const float*, T*, i64, i64, int, int, i64, i64);        \
    template void grid_range<T, double>(const T*, i64, i64, i64, const double*, T*, i64, i64, int, int, i64, i64);
PK_PIXEL(u8)
PK_PIXEL(u16)
PK_PIXEL(float)

}  // namespace pk
