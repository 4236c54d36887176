// Light from a surface: Lambert's law, an environment in spherical harmonics, three kinds of highlights.
//
// Frame: x to the right, y up, z to the viewer V = (0, 0, 1). N: the unit normal. L: from the surface to the light. I: what a
// white surface that faces the light sends back, per channel. A: ambient light. E: irradiance from the environment.
//
//     S = occlusion (A + E(N) / pi) + T sum_i I_i max(0, N.L_i),    light = albedo S + T sum_i I_i strength spec_i
//
// T is the transmittance of direct light. Sums over x and y stand in brackets of their own, (x x' + y y') + z z', so that a
// quarter turn about z, which exchanges x and y and one sign, changes no bit.
//
//     phong   max(0, R.V)^n,  R = 2 (N.L) N - L
//     blinn   max(0, N.H)^n,  H = (L + V) / |L + V|
//     ggx     D G F / (4 N.V), with a = roughness^2, D = a^2 / (pi ((N.H)^2 (a^2 - 1) + 1)^2), G = G1(N.L) G1(N.V),
//             G1(c) = 2 c / (c + sqrt(a^2 + (1 - a^2) c^2)), F = 0.04 + 0.96 (1 - V.H)^5
//     all     0 where N.L <= 0, ggx also where N.V <= 0
//
// Sources: Phong, "Illumination for computer generated pictures", Comm. ACM 18(6), 1975; Blinn, "Models of light reflection
// for computer synthesized pictures", SIGGRAPH 1977; Walter, Marschner, Li & Torrance, "Microfacet models for refraction
// through rough surfaces", EGSR 2007, eq. 20, 23, 33 and 34; Schlick, "An inexpensive BRDF model for physically-based rendering",
// Computer Graphics Forum 13(3), 1994, eq. 15; Ramamoorthi & Hanrahan, "An efficient representation for irradiance environment
// maps", SIGGRAPH 2001, eq. 3 and 13.
#pragma once
#include "atan.h"
#include "exponential.h"
#include "platform.h"

namespace pk {

enum Highlight { NO_HIGHLIGHT, PHONG, BLINN, GGX };  // order of _MODELS in pixkern._lights

// A row of the table of lights: L, I, H and F.
constexpr int LIGHT_X = 0, LIGHT_Y = 1, LIGHT_Z = 2, LIGHT_RED = 3, HALF_X = 6, HALF_Y = 7, HALF_Z = 8, FRESNEL = 9;
constexpr int LIGHT_SIZE = 10;

// Terms of an environment, per channel: the factors of x y, x^2 - y^2, x z, y z, x, y, z^2, z and 1. A is in the last.
constexpr int TERMS = 9;

template <class Real>
PK_INLINE Real positive(Real x) {
    return x < 0 ? 0 : x;  // NaN stays
}

template <class Real>
PK_INLINE Real product(Real ax, Real ay, Real az, Real bx, Real by, Real bz) {
    return (ax * bx + ay * by) + az * bz;
}

template <class Real>
PK_INLINE Real environment(Real x, Real y, Real z, const Real* k) {
    return ((k[2] * x + k[3] * y) * z + (k[4] * x + k[5] * y)) + (k[0] * (x * y) + k[1] * (x * x - y * y))
           + ((k[6] * z + k[7]) * z + k[8]);
}

struct Phong {
    static PK_INLINE double value(double x, double y, double z, const double* light, double shininess) {
        const double facing = product(x, y, z, light[LIGHT_X], light[LIGHT_Y], light[LIGHT_Z]);
        const double mirrored = 2 * facing * z - light[LIGHT_Z], held = mirrored < 1 ? mirrored : 1;
        return facing > 0 ? power(held, shininess) : 0;
    }
};

struct Blinn {
    static PK_INLINE double value(double x, double y, double z, const double* light, double shininess) {
        const double facing = product(x, y, z, light[LIGHT_X], light[LIGHT_Y], light[LIGHT_Z]);
        const double between = product(x, y, z, light[HALF_X], light[HALF_Y], light[HALF_Z]), held = between < 1 ? between : 1;
        return facing > 0 ? power(held, shininess) : 0;
    }
};

struct Ggx {
    static PK_INLINE double value(double x, double y, double z, const double* light, double roughness) {
        const double facing = product(x, y, z, light[LIGHT_X], light[LIGHT_Y], light[LIGHT_Z]);
        const double between = product(x, y, z, light[HALF_X], light[HALF_Y], light[HALF_Z]), held = between < 1 ? between : 1;
        const double a = roughness * roughness, square = a * a, spread = held * held * (square - 1) + 1;
        const double to_light = facing + square_root(square + (1 - square) * (facing * facing));
        const double to_viewer = z + square_root(square + (1 - square) * (z * z));
        // D G1(N.L) F G1(N.V) / (4 N.V), in which N.V cancels
        const double value = square * facing * light[FRESNEL] / (3.141592653589793 * (spread * spread) * (to_light * to_viewer));
        return facing > 0 && z > 0 ? value : 0;
    }
};

// Light over a background; w = 0: the background, w = 1: the foreground, whatever the other one is.
template <class Real>
PK_INLINE Real over(Real front, Real back, Real w) {
    const Real mixed = w * front + (1 - w) * back;
    return w >= 1 ? front : w > 0 ? mixed : back;
}

}  // namespace pk
