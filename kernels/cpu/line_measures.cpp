#include "cpu/level.h"
#include "maths/atan.h"
#include "maths/line_classes.h"

#define PK_LOOPS "cpu/line_measures.h"
#include "cpu/compile_levels.h"

namespace pk {

void measure_lines(const float* profile, i64 n, const double* lines, const i64* offsets, const double* pitches, double* scratch,
                   double* out, i64 begin, i64 end) {
    PK_AT_LEVEL(measure_lines_range, profile, n, lines, offsets, pitches, scratch, out, begin, end);
}

}  // namespace pk
