// The orthogonal 4-point Hadamard transform in order of sequency, two butterfly stages.
//
//           1 [ 1  1  1  1 ]
//     H4 =  - [ 1  1 -1 -1 ]      H4 = H4^T = H4^-1: the inverse is the same call.
//           2 [ 1 -1 -1  1 ]
//             [ 1 -1  1 -1 ]
//
// Eight additions and four exact halvings: the only roundings are two additions on the way to each result.
// Source: Pratt, Kane & Andrews, "Hadamard transform image coding", Proc. IEEE 57(1), 1969.
#pragma once
#include "platform.h"

namespace pk {

PK_INLINE void hadamard4(float a, float b, float c, float d, float& p, float& q, float& r, float& s) {
    const float ab = a + b, cd = c + d, a_b = a - b, c_d = c - d;
    p = 0.5f * (ab + cd);
    q = 0.5f * (ab - cd);
    r = 0.5f * (a_b - c_d);
    s = 0.5f * (a_b + c_d);
}

}  // namespace pk
