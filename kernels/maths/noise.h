// Noise from gradients or values that a hash puts at the nodes of a grid: the same everywhere, in any order, without a table.
//
// Between four nodes, at (s, t) in [0, 1)^2 from the first, with the blend f(s) = 6 s^5 - 15 s^4 + 10 s^3, whose first and second
// derivatives vanish at both ends,
//     noise = L + f(s) (R - L),      L, R: the left and the right pair of nodes, blended by f(t).
// A gradient g contributes g . (d_x, d_y), d from its node: gradient noise is zero at nodes and at most |g| sqrt(1/2) in size, in
// the middle of a cell, so gradients are sqrt(2) long. A value contributes itself. Down a column the blend of a pair is A + B d_x, with A and B the same along
// a cell's row: loops make them once per node and row (`column`), and a pixel costs two lines and a blend (`between`).
// Source: K. Perlin, "An image synthesizer", SIGGRAPH 1985, and "Improving noise", ACM Trans. Graphics 21(3), 2002, whose blend
// this is; ours are the hash, and gradients of any direction in place of a table of twelve.
#pragma once
#include "random.h"
#include "turns.h"

namespace pk {

PK_INLINE float blend(float t) { return t * t * t * (t * (t * 6 - 15) + 10); }

// A place along an axis, `offset` pixels after the start of a pixel: its cell, and how far into it.
struct Step {
    i64 cell;
    float fraction;
};
PK_INLINE Step step_of(i64 pixel, double offset, double side) {
    const double x = ((double)pixel + offset) / side;
    const i64 whole = (i64)x, cell = whole - (x < (double)whole);
    const float fraction = (float)(x - (double)cell);
    return {cell, fraction < 1 ? fraction : 0.99999994f};  // the largest below 1, where the conversion rounds up
}

// What stands at a node.
struct Node {
    float x, y;
};
// A pair of nodes above one another, blended: along its row A + B d_x.
struct Line {
    float a, b;
};

struct GradientNoise {
    static constexpr u64 STREAM = 0;
    static PK_INLINE Node node(u32 h) {
        const Direction d = direction(2.3283064365386963e-10 * (double)(i32)h);  // 2^-32: -1/2 to 1/2 turns
        return {(float)(1.4142135623730951 * d.cosine), (float)(1.4142135623730951 * d.sine)};  // sqrt(2)
    }
    static PK_INLINE Line column(Node above, Node below, float t, float weight) {
        const float upper = above.y * t, lower = below.y * (t - 1);
        return {upper + weight * (lower - upper), above.x + weight * (below.x - above.x)};
    }
    static PK_INLINE float between(Line left, Line right, float s, float weight) {
        const float l = left.a + left.b * s, r = right.a + right.b * (s - 1);
        return l + weight * (r - l);
    }
};

struct ValueNoise {
    static constexpr u64 STREAM = 1;
    static PK_INLINE Node node(u32 h) { return {(float)(i32)h * 4.656612873077393e-10f, 0}; }  // 2^-31
    static PK_INLINE Line column(Node above, Node below, float, float weight) {
        return {above.x + weight * (below.x - above.x), 0};
    }
    static PK_INLINE float between(Line left, Line right, float, float weight) {
        return left.a + weight * (right.a - left.a);
    }
};

// Octaves of noise: sides of cells in pixels, shares in the sum, and where within a pixel (or how far from it) it is taken.
constexpr int MOST_OCTAVES = 16;
struct Octaves {
    u64 seed;
    int count;
    const double* sides;
    const float* shares;
    double across, down;
};

template <class Noise>
PK_INLINE Node node_at(const Octaves& octaves, int octave, i64 row, i64 col) {
    return Noise::node(word((u32)col * STEP_OF_COLUMNS, row_key(octaves.seed, (u64)octave, Noise::STREAM, row)));
}

// The definition at one pixel, which loops over rows take apart.
template <class Noise>
PK_CALL float fractal_noise(const Octaves& octaves, i64 row, i64 col) {
    float sum = 0;
    PK_ROLLED
    for (int k = 0; k < octaves.count; ++k) {
        const Step down = step_of(row, octaves.down, octaves.sides[k]);
        const Step across = step_of(col, octaves.across, octaves.sides[k]);
        const float weight = blend(down.fraction);
        Line lines[2];
        PK_ROLLED
        for (int i = 0; i < 2; ++i)
            lines[i] = Noise::column(node_at<Noise>(octaves, k, down.cell, across.cell + i),
                                     node_at<Noise>(octaves, k, down.cell + 1, across.cell + i), down.fraction, weight);
        sum += octaves.shares[k] * Noise::between(lines[0], lines[1], across.fraction, blend(across.fraction));
    }
    return sum;
}

}  // namespace pk
