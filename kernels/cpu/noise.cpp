#include "cpu/level.h"
#include "maths/noise.h"

#define PK_LOOPS "cpu/noise.h"
#include "cpu/compile_levels.h"

namespace pk {

void noise_range(u64 seed, int kind, int count, const double* sides, const float* shares, double across, double down,
                 i64 first_row, i64 first_col, i64 cols, float* out, i64 begin, i64 end) {
    const Octaves octaves{seed, count, sides, shares, across, down};
    if (kind == 0)
        PK_AT_LEVEL(noise_rows<GradientNoise>, octaves, first_row, first_col, cols, out, begin, end);
    else
        PK_AT_LEVEL(noise_rows<ValueNoise>, octaves, first_row, first_col, cols, out, begin, end);
}

}  // namespace pk
