// Vectors to unit normals: a thread per pixel, the arithmetic of kernels/cpu/unit_normals.h in its order, so the bits are the
// CPU's. The counts are integers, whose sums have no order.
#include "maths/unit_normals.h"

namespace pk {

template <class T>
__device__ void unit_normal_pixels(const T* vectors, const void* mask, int floats, float* normals, u64* counts, i64 count) {
    for (i64 i = blockIdx.x * (i64)blockDim.x + threadIdx.x; i < count; i += (i64)gridDim.x * blockDim.x) {
        const bool inside = !mask || (floats ? ((const float*)mask)[i] > 0 : ((const u8*)mask)[i] > 0);
        const double x = component(vectors[3 * i]), y = component(vectors[3 * i + 1]), z = component(vectors[3 * i + 2]);
        const double square = inside ? squared_length(x, y, z) : 0, scale = scale_to_unit(square);
        const float to_z = unit_component(z, scale, 1);
        normals[3 * i] = unit_component(x, scale, 0);
        normals[3 * i + 1] = unit_component(y, scale, 0);
        normals[3 * i + 2] = to_z;
        if (!(square - square == 0)) atomicAdd(counts, (u64)1);
        if (inside && square <= SHORTEST * SHORTEST) atomicAdd(counts + 1, (u64)1);
        if (to_z < 0) atomicAdd(counts + 2, (u64)1);
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
