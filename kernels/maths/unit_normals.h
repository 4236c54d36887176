// Normals from vectors of any length: N = V / |V|, in double and rounded once; (0, 0, 1) where V has no length.
//
// Codes of n bits hold (N + 1) / 2: V = 2 code / (2^n - 1) - 1. A vector no longer than SHORTEST has no direction: half a code of
// 8 bits is 4e-3, and what stands for "nothing" in a file of floats is often not quite 0.
#pragma once
#include "atan.h"
#include "platform.h"

namespace pk {

constexpr double SHORTEST = 1e-3;

PK_INLINE double component(u8 code) { return code * (2.0 / 255) - 1; }
PK_INLINE double component(u16 code) { return code * (2.0 / 65535) - 1; }
PK_INLINE double component(float v) { return v; }
PK_INLINE double component(double v) { return v; }

PK_INLINE double squared_length(double x, double y, double z) { return (x * x + y * y) + z * z; }

// What a component is multiplied by; 0 for a vector without length, whose z is then 1.
PK_INLINE double scale_to_unit(double square) { return square > SHORTEST * SHORTEST ? 1 / square_root(square) : 0; }
PK_INLINE float unit_component(double v, double scale, float lost) { return scale > 0 ? (float)(v * scale) : lost; }

}  // namespace pk
