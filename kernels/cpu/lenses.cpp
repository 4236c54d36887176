#include "cpu/level.h"
#include "maths/lens.h"

#define PK_LOOPS "cpu/lenses.h"
#include "cpu/compile_levels.h"

namespace pk {

void map_points(const double* lens, const double* points, double* out, i64 begin, i64 end) {
    PK_AT_LEVEL(map_points, *reinterpret_cast<const Lens*>(lens), points, out, begin, end);
}

void jacobians(const double* lens, const double* points, double* out, i64 begin, i64 end) {
    PK_AT_LEVEL(jacobians, *reinterpret_cast<const Lens*>(lens), points, out, begin, end);
}

}  // namespace pk
