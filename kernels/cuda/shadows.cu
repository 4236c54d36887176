// The GPU loops of cast shadows, of spatially varying blur and of subsurface spread; any launch shape.
//
// A thread walks a line away from the light. It carries the line on its left as well, which pixels between the two need.
#include "maths/shadows.h"

namespace pk {

struct Field {
    const float* height;
    const u8* inside;  // null: all of it
    i64 by_row, by_col, rows, cols;
    PK_INLINE i64 offset(i64 k, i64 j) const { return k * by_row + j * by_col; }
    PK_INLINE float at(i64 k, i64 j) const {
        if (j < 0 || j >= cols) return NOWHERE;
        const i64 from = offset(k, j);
        return inside && !inside[from] ? NOWHERE : surface(height[from]);
    }
};

}  // namespace pk

extern "C" __global__ void __launch_bounds__(64) cast_shadow(
    const float* __restrict__ height, const pk::u8* __restrict__ inside, int masked, float* __restrict__ light, pk::i64 by_row,
    pk::i64 by_col, pk::i64 rows, pk::i64 cols, pk::i64 first, pk::i64 lines, double slope, float rise, float bias, int number,
    float lights) {
    using namespace pk;
    const Field field{height, masked ? inside : nullptr, by_row, by_col, rows, cols};
    const Ray ray{slope, rise, bias, 1 / rise};
    for (i64 n = blockIdx.x * (i64)blockDim.x + threadIdx.x; n < lines; n += (i64)gridDim.x * blockDim.x) {
        float ceiling = NOWHERE, left_ceiling = NOWHERE;
        for (i64 k = 0; k < rows; ++k) {
            const Shear to = shear(slope, k);
            const i64 j = first + n + to.whole;
            if (j < -1 || j > cols) continue;
            const float own = field.at(k, j);
            const float left = surface_between(field.at(k, j - 1), own, to.fraction);
            const float right = surface_between(own, field.at(k, j + 1), to.fraction);
            if (j >= 0 && j < cols) {
                const float both = light_between(light_under(left_ceiling, left, ray), light_under(ceiling, right, ray), to.fraction);
                const float lit = own > LOWEST ? both : 1;
                float* out = light + field.offset(k, j);
                if (number == 0)
                    *out = lit;
                else
                    *out = number + 1 < lights ? *out + lit : (*out + lit) / lights;
            }
            left_ceiling = next_ceiling(left_ceiling, left, ray);
            ceiling = next_ceiling(ceiling, right, ray);
        }
    }
}
