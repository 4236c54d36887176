#include "cpu/level.h"
#include "maths/hadamard.h"
#include "maths/lifting.h"

namespace pk {

// A stack of planes and the bands of their next level; distances in samples.
template <class T>
struct Planes {
    i64 rows, cols;
    T* x;  // the samples
    i64 x_row, x_plane;
    T* low;  // the band LL
    i64 low_row, low_plane;
    T* bands;  // the Mallat layout, whose own LL is left alone
    i64 bands_row, bands_plane;
};

}  // namespace pk

#define PK_LOOPS "cpu/lifting.h"
#include "cpu/compile_levels.h"
#define PK_LOOPS "cpu/hadamard.h"
#include "cpu/compile_levels.h"

namespace pk {

template <class T>
void analyse(const T* x, i64 rows, i64 cols, i64 x_row, i64 x_plane, T* low, i64 low_row, i64 low_plane, T* bands,
             i64 bands_row, i64 bands_plane, int wavelet, i64 begin, i64 end) {
    const Planes<T> level{rows, cols, const_cast<T*>(x), x_row, x_plane, low, low_row, low_plane, bands, bands_row, bands_plane};
    PK_AT_LEVEL(transform_level<false>, level, wavelet, begin, end);
}

template <class T>
void synthesise(T* x, i64 rows, i64 cols, i64 x_row, i64 x_plane, const T* low, i64 low_row, i64 low_plane, const T* bands,
                i64 bands_row, i64 bands_plane, int wavelet, i64 begin, i64 end) {
    const Planes<T> level{rows, cols, x, x_row, x_plane, const_cast<T*>(low), low_row, low_plane, const_cast<T*>(bands),
                         bands_row, bands_plane};
    PK_AT_LEVEL(transform_level<true>, level, wavelet, begin, end);
}

template <class T>
void analyse_planes(const T* x, i64 rows, i64 cols, i64 x_row, i64 x_plane, T* bands, i64 bands_row, i64 bands_plane,
                    T* scratch, i64 scratch_plane, int levels, int wavelet, i64 begin, i64 end) {
    const Planes<T> top{rows, cols, const_cast<T*>(x), x_row, x_plane, nullptr, 0, 0, bands, bands_row, bands_plane};
    PK_AT_LEVEL(transform_planes<false>, top, levels, scratch, scratch_plane, wavelet, begin, end);
}

template <class T>
void synthesise_planes(T* x, i64 rows, i64 cols, i64 x_row, i64 x_plane, const T* bands, i64 bands_row, i64 bands_plane,
                       T* scratch, i64 scratch_plane, int levels, int wavelet, i64 begin, i64 end) {
    const Planes<T> top{rows, cols, x, x_row, x_plane, nullptr, 0, 0, const_cast<T*>(bands), bands_row, bands_plane};
    PK_AT_LEVEL(transform_planes<true>, top, levels, scratch, scratch_plane, wavelet, begin, end);
}

void hadamard4_lines(const float* x, float* y, i64 inner, i64 begin, i64 end) {
    PK_AT_LEVEL(hadamard4_range, x, y, inner, begin, end);
}

#define PK_SAMPLE(T)                                                                                                      \
    template void analyse<T>(const T*, i64, i64, i64, i64, T*, i64, i64, T*, i64, i64, int, i64, i64);                    \
    template void synthesise<T>(T*, i64, i64, i64, i64, const T*, i64, i64, const T*, i64, i64, int, i64, i64);           \
    template void analyse_planes<T>(const T*, i64, i64, i64, i64, T*, i64, i64, T*, i64, int, int, i64, i64);             \
    template void synthesise_planes<T>(T*, i64, i64, i64, i64, const T*, i64, i64, T*, i64, int, int, i64, i64);
PK_SAMPLE(float)
PK_SAMPLE(i32)

}  // namespace pk
