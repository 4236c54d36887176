// Oklab, a space of colours in which equal distances look about equal.
//
// sRGB code v in [0, 1] to linear light (IEC 61966-2-1): v / 12.92 up to 0.04045, ((v + 0.055) / 1.055)^2.4 beyond.
// Linear light to Oklab: cube roots of three cone responses, and differences of those. With c = M1 (r, g, b),
//     (L, a, b) = M2 (c1^(1/3), c2^(1/3), c3^(1/3)),    0 <= L <= 1, grey: a = b = 0.
// Roots are Newton's and Halley's iterations, run past convergence from a start that depends on the argument alone: two
// units in the last place at most, the same bits on every machine. The curve is srgb.h's but for such units, and stays: colours of
// palettes hang on them where two are equally near. A table of it is made once, so that its time is none.
// Source: B. Ottosson, "A perceptual color space for image processing", 2020, the matrices of 2021-01-25.
#pragma once
#include "maths/platform.h"

namespace pk {

// The real cube root of a finite x, odd. Halley: y (y^3 + 2 x) / (2 y^3 + x) triples the digits each time; the start is
// 8 % off at most.
PK_INLINE double cube_root(double x) {
    if (x == 0) return 0;
    double size = x < 0 ? -x : x, scale = x < 0 ? -1 : 1;
    while (size < 0.125) {
        size *= 8;
        scale *= 0.5;
    }
    while (size > 1) {
        size *= 0.125;
        scale *= 2;
    }
    double y = 0.46 + 0.55 * size;
    for (int k = 0; k < 4; ++k) {
        const double cube = y * y * y;
        y = y * (cube + 2 * size) / (2 * cube + size);
    }
    return y * scale;
}

// x^(1/5) for 1/32 <= x <= 1. Newton from above: y - (y - x / y^4) / 5, convex, so it falls to the root.
PK_INLINE double fifth_root(double x) {
    double y = 1;
    for (int k = 0; k < 12; ++k) {
        const double square = y * y;
        y -= (y - x / (square * square)) * 0.2;
    }
    return y;
}

PK_INLINE double srgb_to_linear(double v) {
    if (v <= 0.04045) return v / 12.92;
    const double u = (v + 0.055) / 1.055, root = fifth_root(u);
    return u * u * (root * root);
}

struct Oklab {
    double lightness, a, b;
};

PK_INLINE Oklab linear_to_oklab(double red, double green, double blue) {
    const double l = cube_root(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
    const double m = cube_root(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
    const double s = cube_root(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
    return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
            1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
            0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

}  // namespace pk
