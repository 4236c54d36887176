// What grid lines are worth: the evidence on them, less what it costs that gaps are not all alike.
//
// Positions are counted in steps of 1, 1/2 or 1/4 pixel. Of the profile between its entries, v, a line is worth
//     s = min(v / ref, 1.5) - mean(v) / ref,    ref the 97th percentile of v:
// one strong edge must not outweigh two weak ones, and a line without evidence must cost something. Where fewer than
// 3 % of the positions have evidence, so that the percentile is 0, ref is the largest v.
// Edges that are soft, jittered or bent spread over several positions. For those, s is averaged with a triangle of `reach`
// positions to either side, the weights of two boxes of as many one after the other; beyond the ends it is 0, its mean.
// A gap costs stiffness ((gap - pitch) / pitch)^2. The two end cells may be cut by the border: they cost nothing where they are
// narrower than the pitch.
#pragma once
#include "platform.h"

namespace pk {

constexpr double PERCENTILE = 0.97;
constexpr float HIGHEST = 1.5f;

PK_INLINE i64 reference_rank(i64 positions) { return (i64)(PERCENTILE * (double)(positions - 1)); }
PK_INLINE double worth(float value, double reference, double mean) {
    const double relative = (double)value / reference;
    return (relative < (double)HIGHEST ? relative : (double)HIGHEST) - mean / reference;
}

// Positions in each of the two boxes; 1 is none.
PK_INLINE i64 smoothing_reach(double smoothing, double pitch, i64 positions) {
    const double reach = smoothing * pitch + 0.5;
    return reach < 1 ? 1 : reach < (double)positions ? (i64)reach : positions;
}

// What gaps and end cells may measure, in steps. A billionth is for products such as 1.3 * 30 that fall short of the integer
// they mean.
struct Gaps {
    double pitch, stiffness;
    i64 least, most, least_part;
};
PK_INLINE i64 whole(double x, i64 limit) { return x < (double)limit ? (i64)x : limit; }  // 0 <= x
PK_INLINE i64 least_whole(double x, i64 limit) {
    const i64 below = whole(x < 0 ? 0 : x, limit), least = (double)below < x ? below + 1 : below;
    return least > 1 ? least : 1;
}
PK_INLINE Gaps gaps_between(double pitch, double stiffness, double tolerance, double smallest_part, i64 steps) {
    constexpr double slack = 1e-9;
    return {pitch, stiffness, least_whole((1 - tolerance) * pitch - slack, steps), whole((1 + tolerance) * pitch + slack, steps),
            least_whole(smallest_part * pitch - slack, steps)};
}

PK_INLINE double strain(i64 width, const Gaps& gaps) {
    const double error = ((double)width - gaps.pitch) / gaps.pitch;
    return gaps.stiffness * (error * error);
}
PK_INLINE double end_strain(i64 width, const Gaps& gaps) { return (double)width > gaps.pitch ? strain(width, gaps) : 0; }
PK_INLINE bool may_end(i64 width, const Gaps& gaps) { return width >= gaps.least_part && width <= gaps.most; }

}  // namespace pk
