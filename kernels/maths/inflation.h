// Inflation: the height z = sqrt(u) of laplace u = -4 in a mask, u = 0 outside; a disc of radius R has u = R^2 - r^2, a hemisphere.
//
// A pixel inside has 4 + (sum over its 4 neighbours of u' - u) = 0; one outside has u = 0; across a side of the image that is
// free, nothing flows. Multigrid: a coarse cell is 2 x 2 cells, its equation the balance of what flows through its edges,
//     load + sum over neighbours of w (u' - u) - hold u = 0,
// where w of two whole cells of any size is 1 (as many edges as the distance has pixels) and less where edges are missing,
// and hold is what leaves through edges to the outside, each 1 / (distance from the cell's centre). That distance is 1 from a
// pixel; it grows by a quarter of the new cell's side where the edge is on the pixel's side of the new centre, and shrinks by
// an eighth where it is on the other one, as measured on discs, blobs, spirals, combs and noise: with both, a cycle
// leaves a tenth of the residual of smooth shapes and less than half of most ragged ones. Never below half a pixel.
// Error: |residual| <= r everywhere means |error of u| <= r / 4 u, because u itself solves the equation for 4 (maximum
// principle), so that z is right within r / 8 of itself.
// Sources: Brandt, "Multi-level adaptive solutions to boundary-value problems", Math. Comp. 31(138), 1977; Trottenberg,
// Oosterlee & Schueller, "Multigrid", 2001, sections 2.6, 2.8.4 and 5.1.4; Johnston, "Lumo: illumination for cel animation",
// NPAR 2002, for normals that a silhouette's interior gets from its outline.
#pragma once
#include "atan.h"
#include "platform.h"

namespace pk {

constexpr float LOAD = 4;  // of a pixel

// Sides of the image through which nothing flows; bits of `free` in pixkern.shadows.inflate.
enum Side { TOP = 1, BOTTOM = 2, LEFT = 4, RIGHT = 8 };

// Two sweeps u += omega r / diagonal whose product is smallest where neighbours differ: zeros of the Chebyshev polynomial
// of degree 2 on the upper three quarters of the spectrum, [0.5, 2]: 1 / (1.25 +- 0.75 cos(pi / 4)).
constexpr float OMEGA[2] = {0.5617019f, 1.3895387f};

PK_INLINE float inflow(float u, float left, float right, float up, float down) {
    return ((left - u) + (right - u)) + ((up - u) + (down - u));
}
PK_INLINE float pixel_residual(float inside, float flow) { return inside * (LOAD + flow); }

struct Weights {
    float left, right, up, down, hold;
};
PK_INLINE float cell_residual(const Weights& w, float load, float u, float left, float right, float up, float down) {
    const float across = w.left * (left - u) + w.right * (right - u), along = w.up * (up - u) + w.down * (down - u);
    return (load + (across + along)) - w.hold * u;
}

PK_INLINE float inverse_diagonal(const Weights& w) {
    const float diagonal = ((w.left + w.right) + (w.up + w.down)) + w.hold;
    return diagonal > 0 ? 1 / diagonal : 0;
}

// What four cells, in two rows, come to; symmetric under rotations.
PK_INLINE float total(float a, float b, float c, float d) { return (a + d) + (b + c); }

// A coarse correction at the centre of a cell: bilinear between the coarse cells around it.
PK_INLINE float corrected(float own, float beside, float above, float across) {
    return (9 * own + 3 * (beside + above) + across) * 0.0625f;
}

// Edges to the outside in one direction: how many, and the sum of their distances.
struct Edges {
    float count, distances;
};
// Of a cell of twice the side, from the cells on the side of the edges, `near`, and on the other side, `far`.
PK_INLINE Edges of_coarse(Edges near_a, Edges near_b, Edges far_a, Edges far_b, float side) {
    const float near = near_a.count + near_b.count, far = far_a.count + far_b.count;
    const float moved = 0.5f * (near < side ? near : side) * near - 0.25f * (far < side ? far : side) * far;
    const float distances = ((near_a.distances + near_b.distances) + (far_a.distances + far_b.distances)) + moved;
    const float least = 0.5f * (near + far);
    return {near + far, distances > least ? distances : least};
}
PK_INLINE float hold_of(Edges edges) { return edges.count > 0 ? edges.count * edges.count / edges.distances : 0; }

// Luma of sRGB codes (ITU-R BT.709-6, section 3), and relief from shades: what a fine blur has over a coarse one.
PK_INLINE float luma(float red, float green, float blue) { return (0.2126f * red + 0.7152f * green) + 0.0722f * blue; }
PK_INLINE float relief(float fine, float coarse, float height) { return height * (fine - coarse); }

PK_INLINE float height_of(float u) { return square_root(u > 0 ? u : 0); }

}  // namespace pk
