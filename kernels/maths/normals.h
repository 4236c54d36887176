// Normals of a height field z(x, y), y up, z to the viewer:  N = (-dz/dx, -dz/dy, 1) / |...|.
//
// Slopes are central differences. Where one of the two neighbours is not inside the image and the mask, they are the difference
// to the other one, and 0 where neither is: nothing outside is looked at. What is given may be height in any unit, or depth:
// heights are `scale` times it, plus a constant that differences do not see.
// All in double: a difference of heights can be anything that floats hold, and its square too.
#pragma once
#include "atan.h"
#include "platform.h"

namespace pk {

PK_INLINE double slope(double before, double here, double after, bool has_before, bool has_after) {
    const double from = has_before ? before : here, to = has_after ? after : here;
    return (to - from) * (has_before && has_after ? 0.5 : 1.0);
}

struct Normal {
    float x, y, z;
};

// Slopes to the right and upwards.
PK_INLINE Normal normal(double right, double up) {
    const double inverse = 1 / square_root((right * right + up * up) + 1);
    return {(float)((0 - right) * inverse), (float)((0 - up) * inverse), (float)inverse};  // 0 - 0 is no -0
}

// How many weights of the mask make a pixel whole: 255 for bytes, 1 for booleans and floats.
PK_INLINE bool at_least_half(u8 weight, int whole) { return 2 * (int)weight >= whole; }
PK_INLINE bool at_least_half(float weight, int) { return weight >= 0.5f; }

}  // namespace pk
