#include "maths/unit_normals.h"

#include "cpu/level.h"

#define PK_LOOPS "cpu/unit_normals.h"
#include "cpu/compile_levels.h"

namespace pk {

template <class T, class M>
void unit_normals(const T* vectors, const M* mask, float* normals, i64* counts, i64 begin, i64 end) {
    PK_AT_LEVEL(unit_normal_pixels, vectors, mask, normals, counts, begin, end);
}

#define PK_VECTORS(T)                                                                  \
    template void unit_normals<T, u8>(const T*, const u8*, float*, i64*, i64, i64);    \
    template void unit_normals<T, float>(const T*, const float*, float*, i64*, i64, i64);
PK_VECTORS(u8)
PK_VECTORS(u16)
PK_VECTORS(float)
PK_VECTORS(double)

}  // namespace pk
