// Strokes, leaves and discs by their distance, painted over one another in the order of a list.
//
// A stroke is a segment with a radius that changes evenly from end to end: distance to the nearest point of the segment, less
// the radius there. A leaf is what two discs of radius R have in common whose middles are 2 D apart: along its axis
// sqrt(R^2 - D^2) from middle to tip, across R - D. With D = 0 it is a disc.
// A shape that covers a place by c (as of `patterns.h`) takes c s of what light is left there, s > 0 its opacity; a gap, s < 0, takes
// c |s| of the shade.
#pragma once
#include "patterns.h"

namespace pk {

constexpr int SHAPE = 8;  // numbers: is it a leaf, its opacity, and
struct Stroke {
    float x0, y0, r0, x1, y1, r1;
};
struct Leaf {
    float x, y, cosine, sine, radius, offset;  // the axis; R; D
};
struct Box {
    float left, top, right, bottom;
};

// What holds all places that a shape covers at all: its edge is as far out as `rim`, which reaches further from a sharp tip.
PK_INLINE Box box_of(const Stroke& s, float rim) {
    const float r = most(s.r0, s.r1) + rim;
    return {least(s.x0, s.x1) - r, least(s.y0, s.y1) - r, most(s.x0, s.x1) + r, most(s.y0, s.y1) + r};
}
PK_INLINE Box box_of(const Leaf& l, float rim) {
    const float radius = l.radius + rim, tip = square_root(most(radius * radius - l.offset * l.offset, 0)), half = radius - l.offset;
    const float c = size_of(l.cosine), s = size_of(l.sine), across = tip * c + half * s, down = tip * s + half * c;
    return {l.x - across, l.y - down, l.x + across, l.y + down};
}

// `scale`: one over the pitch.
PK_INLINE float coverage_of(const Stroke& s, float u, float v, float scale) {
    const float dx = s.x1 - s.x0, dy = s.y1 - s.y0, px = u - s.x0, py = v - s.y0;
    const float t = clamped((px * dx + py * dy) / most(dx * dx + dy * dy, 1e-12f), 0, 1);
    const float ax = px - t * dx, ay = py - t * dy;
    return strip(square_root(ax * ax + ay * ay) * scale, (s.r0 + t * (s.r1 - s.r0)) * scale);
}
PK_INLINE float coverage_of(const Leaf& l, float u, float v, float scale) {
    const float px = u - l.x, py = v - l.y;
    const float a = px * l.cosine + py * l.sine, b = size_of(py * l.cosine - px * l.sine) + l.offset;
    return beyond((l.radius - square_root(a * a + b * b)) * scale);
}

PK_INLINE Stroke stroke_of(const float* n) { return {n[2], n[3], n[4], n[5], n[6], n[7]}; }
PK_INLINE Leaf leaf_of(const float* n) { return {n[2], n[3], n[4], n[5], n[6], n[7]}; }
PK_INLINE float painted(float value, float coverage, float opacity) {
    return value + coverage * opacity * (opacity > 0 ? 1 - value : value);
}

}  // namespace pk
