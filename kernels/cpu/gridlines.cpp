#include "cpu/level.h"
#include "maths/comb.h"
#include "maths/gridlines.h"

#define PK_LOOPS "cpu/comb.h"
#include "cpu/compile_levels.h"
#define PK_LOOPS "cpu/gridlines.h"
#include "cpu/compile_levels.h"

namespace pk {

void comb_scan(const float* profile, i64 n, const double* pitches, double window, double* strength, double* windowed,
               double* phase, i64 begin, i64 end) {
    PK_AT_LEVEL(comb_range, profile, n, pitches, window, strength, windowed, phase, begin, end);
}

bool evidence(const float* profile, i64 n, int parts, i32* bits, double* s) {
    return PK_AT_LEVEL(evidence, profile, n, parts, bits, s);
}

void grid_lines(const double* s, i64 length, int parts, const double* pitches, const double* stiffnesses, double tolerance,
                double smallest_part, double smoothing, double* scratch, double* lines, i64 capacity, double* found, i64 begin,
                i64 end) {
    PK_AT_LEVEL(lines_range, s, length, parts, pitches, stiffnesses, tolerance, smallest_part, smoothing, scratch, lines,
                capacity, found, begin, end);
}

}  // namespace pk
