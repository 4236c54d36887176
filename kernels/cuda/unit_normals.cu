// Vectors to unit normals: a thread per pixel, the arithmetic of kernels/cpu/unit_normals.h in its order, so the bits are the
// CPU's. The counts are integers, whose sums have no order.
#include "maths/unit_normals.h"

namespace pk {

template <class T>
__device__ void unit_normal_pixels(const T* vectors, const void* mask, int floats, float* normals, u64* counts, i64 count) {
    for (i64 i = blockIdx.x * (i64)blockDim.x + threadIdx.x; i < count; i += (i64)gridDim.x * blockDim.x) {
        const bool inside = !mask || (floats ? ((const float*)mask)[i] > 0 : ((const u8*)mask)[i] > 0);
        const UnitNormal n = unit_normal(component(vectors[3 * i]), component(vectors[3 * i + 1]), component(vectors[3 * i + 2]));
        normals[3 * i] = inside ? n.x : 0;
        normals[3 * i + 1] = inside ? n.y : 0;
        normals[3 * i + 2] = inside ? n.z : 1;
        if (inside && n.strange) atomicAdd(counts, (u64)1);
        if (inside && n.lost) atomicAdd(counts + 1, (u64)1);
        if (inside && n.away) atomicAdd(counts + 2, (u64)1);
    }
}

}  // namespace pk

#define PK_ENTRY(name, T)                                                                                        \
    extern "C" __global__ void unit_normals_##name(const T* vectors, const void* mask, int floats, float* normals, \
                                                   pk::u64* counts, pk::i64 count) {                             \
        pk::unit_normal_pixels<T>(vectors, mask, floats, normals, counts, count);                                \
    }
PK_ENTRY(uint8, pk::u8)
PK_ENTRY(uint16, pk::u16)
PK_ENTRY(float32, float)
PK_ENTRY(float64, double)
