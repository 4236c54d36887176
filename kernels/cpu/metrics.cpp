#include "cpu/level.h"
#include "maths/metrics.h"

namespace pk {

struct Pair {
    i64 rows, cols, channels;
};
struct Halves {  // the pair at half the size, or null
    float* a = nullptr;
    float* b = nullptr;
};

}  // namespace pk

#define PK_LOOPS "cpu/metrics.h"
#include "cpu/compile_levels.h"

namespace pk {

template <class T>
void squared_error_range(const T* a, const T* b, i64 n, double* slots, i64 begin, i64 end) {
    PK_AT_LEVEL(squared_errors, a, b, n, slots, begin, end);
}

template <class T>
void ssim_gaussian_range(const T* a, const T* b, i64 rows, i64 cols, i64 channels, double range, double* slots, i64 begin,
                         i64 end) {
    const Pair shape{rows, cols, channels};
    const Stabilisers add = stabilisers<Gaussian>(range);
    PK_AT_LEVEL(similarity_rows, Gaussian(), Similarity(), shape, a, b, add, slots, Halves(), begin, end);
}

template <class T>
void ssim_uniform_range(const T* a, const T* b, i64 rows, i64 cols, i64 channels, double range, double* slots, i64 begin,
                        i64 end) {
    const Pair shape{rows, cols, channels};
    const Stabilisers add = stabilisers<Uniform>(range);
    PK_AT_LEVEL(similarity_rows, Uniform(), Similarity(), shape, a, b, add, slots, Halves(), begin, end);
}

template <class T>
void structure_range(const T* a, const T* b, i64 rows, i64 cols, i64 channels, double range, double* slots, float* half_a,
                     float* half_b, i64 begin, i64 end) {
    const Pair shape{rows, cols, channels};
    const Halves halves{half_a, half_b};
    const Stabilisers add = stabilisers<Gaussian>(range);
    PK_AT_LEVEL(similarity_rows, Gaussian(), ContrastStructure(), shape, a, b, add, slots, halves, begin, end);
}

#define PK_PIXEL(T)                                                                                                \
    template void squared_error_range<T>(const T*, const T*, i64, double*, i64, i64);                              \
    template void ssim_gaussian_range<T>(const T*, const T*, i64, i64, i64, double, double*, i64, i64);            \
    template void ssim_uniform_range<T>(const T*, const T*, i64, i64, i64, double, double*, i64, i64);             \
    template void structure_range<T>(const T*, const T*, i64, i64, i64, double, double*, float*, float*, i64, i64);
PK_PIXEL(u8)
PK_PIXEL(u16)
PK_PIXEL(float)

}  // namespace pk
