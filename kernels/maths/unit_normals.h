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

// What became of a vector: `strange` if it or its square is not finite, `lost` if it has no length, `away` if the normal
// turns its back on the viewer.
struct UnitNormal {
    float x, y, z;
    bool strange, lost, away;
};

PK_INLINE UnitNormal unit_normal(double x, double y, double z) {
    const double square = (x * x + y * y) + z * z, inverse = 1 / square_root(square);
    const bool strange = !(square - square == 0), known = square > SHORTEST * SHORTEST;
    UnitNormal n;
    n.x = known ? (float)(x * inverse) : 0.0f;
    n.y = known ? (float)(y * inverse) : 0.0f;
    n.z = known ? (float)(z * inverse) : 1.0f;
    n.strange = strange;
    n.lost = !strange && !known;
    n.away = n.z < 0;
    return n;
}

}  // namespace pk
