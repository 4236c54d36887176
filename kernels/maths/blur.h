// Values of pixels and of masks as the blur sums them, and back to pixels.
//
// A mask's weight is 0..1: bytes are 255ths, floats themselves. What a mask leaves out is not looked at: 0 * x would be NaN
// for an x that is, so a weight of 0 gives 0 whatever the pixel. A quotient of two sums over the mask is 0 where the weights sum
// to less than LEAST: close to the smallest floats products lose digits, and their quotient is no mean any more.
#pragma once
#include "platform.h"

namespace pk {

struct Unmasked {};  // stands where the type of a mask does

PK_INLINE float weight_of(u8 mask) { return (float)mask * (1.0f / 255); }
PK_INLINE float weight_of(float mask) { return mask; }

PK_INLINE float weighted(float value, float weight) { return weight > 0.0f ? value * weight : 0.0f; }

constexpr float LEAST = 1e-30f;
PK_INLINE float quotient(float sum, float weights) { return weights > LEAST ? sum / weights : 0.0f; }

// To nearest, halves up, within the range of a pixel.
PK_INLINE float held(float value, float most) {
    const float low = value > 0.0f ? value : 0.0f;  // NaN becomes 0
    return low < most ? low : most;
}
PK_INLINE void put(float value, u8& pixel) { pixel = (u8)(i32)(held(value, 255.0f) + 0.5f); }
PK_INLINE void put(float value, u16& pixel) { pixel = (u16)(i32)(held(value, 65535.0f) + 0.5f); }
PK_INLINE void put(float value, float& pixel) { pixel = value; }

// Three taps of a spline, added from the left.
PK_INLINE float three(float a, float b, float c, float wa, float wb, float wc) { return (wa * a + wb * b) + wc * c; }

}  // namespace pk
