// Sine and cosine of an angle in turns, and back: the same bits on every machine, which the C library does not promise.
//
// Turns, so that whole ones fall off without a rounding. The nearest quarter q goes next, exactly as well, and leaves
// |x| <= pi/4 radians, for which the series in nested form,
//     sin x = x (1 - x^2/(2 3) (1 - x^2/(4 5) (1 - ...))),    cos x = 1 - x^2/(1 2) (1 - x^2/(3 4) (1 - ...)),
// end where the next term is below 5e-17. Error of both: under 4e-16 (tests/test_gridlines.py), the angle's own rounding apart.
// Source: Abramowitz & Stegun, 4.3.65 and 4.3.66.
#pragma once
#include "atan.h"
#include "platform.h"

namespace pk {

constexpr double TURN = 6.283185307179586;  // 2 pi

// The integer next to |x| < 2^51, ties to even: beyond 2^52 doubles have no fraction.
PK_INLINE double nearest_integer(double x) { return (x + 6755399441055744.0) - 6755399441055744.0; }

struct Direction {
    double cosine, sine;
};

// Of |turns| < 2^51.
PK_INLINE Direction direction(double turns) {
    const double fraction = turns - nearest_integer(turns), quarter = nearest_integer(4 * fraction);
    const double x = TURN * (fraction - 0.25 * quarter), w = x * x;
    double sine = 1, cosine = 1;
    for (int n = 14; n > 0; n -= 2) {
        sine = 1 - w * (1.0 / (n * (n + 1))) * sine;
        cosine = 1 - w * (1.0 / ((n + 1) * (n + 2))) * cosine;
    }
    sine = x * sine;
    cosine = 1 - w * 0.5 * cosine;
    const double square = quarter * quarter;        // 0, 1 or 4
    const double odd = square == 1 ? quarter : 0;   // 1 or -1: the axes change places
    const double even = square == 1 ? 0 : 1 - 0.5 * square;
    return {even * cosine - odd * sine, even * sine + odd * cosine};
}

// The angle of (x, y) in [0, 1] turns; 0 for (0, 0).
PK_INLINE double turns_of(double x, double y) {
    const double ax = x < 0 ? -x : x, ay = y < 0 ? -y : y;
    const double first = arc_tangent(ay / ax) * (1 / TURN);  // in the first quadrant
    const double upper = x < 0 ? 0.5 - first : first;
    const double whole = y < 0 ? 1 - upper : upper;
    return ax + ay > 0 ? whole : 0;
}

}  // namespace pk
