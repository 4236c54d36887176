// Shadows of made things as functions of a place: 1 in the shade, 0 in the light, edges one sample wide.
//
// Places (u, v) are in units of the picture's longer side, from its middle, u to the right and v down. A pattern has a frame
// of its own: moved by (x, y) and turned counter-clockwise, a along it and b across. Samples are `pitch` apart. An edge at the
// signed distance d has the shade of a box one pitch wide across it,
//     C(d) = clamp(d / pitch + 1/2, 0, 1),      a strip of half width h at distance t:   C(t + h) - C(t - h),
// which is exact for straight edges along the axes and keeps the variance of a box, 1/12, in all directions.
// What repeats has a number, and what a word of that number and the seed says is all there is of chance.
#pragma once
#include "random.h"

namespace pk {

// A pattern as kernels read it; what each number means to a kind is in docs/shadow_patterns.md.
struct PatternNumbers {
    float cosine, sine, x, y, size, aspect, coverage, irregularity, slant, columns, rows;
    float pitch;
    RowKey first, second;  // two sources of words
};

PK_INLINE float clamped(float x, float low, float high) { return x < low ? low : x > high ? high : x; }
PK_INLINE float size_of(float x) { return x < 0 ? -x : x; }
PK_INLINE float least(float a, float b) { return a < b ? a : b; }
PK_INLINE float most(float a, float b) { return a > b ? a : b; }
PK_INLINE i32 floor_of(float x) {
    const i32 whole = (i32)x;
    return whole - (x < (float)whole);
}
PK_INLINE float smooth(float t) { return t * t * (3 - 2 * t); }

// In [0, 1).
PK_INLINE float chance(i32 number, RowKey key) {
    return (float)(i32)(word((u32)number * STEP_OF_COLUMNS, key) >> 8) * 5.9604644775390625e-8f;  // 2^-24
}
// Smooth noise along a line, in [-1/2, 1/2), a value at each integer.
PK_INLINE float wobble(float t, RowKey key) {
    const i32 k = floor_of(t);
    const float at = smooth(t - (float)k), a = chance(k, key), b = chance(k + 1, key);
    return a + at * (b - a) - 0.5f;
}

// Both in pitches.
PK_INLINE float beyond(float d) { return clamped(d + 0.5f, 0, 1); }
PK_INLINE float strip(float t, float half) { return beyond(size_of(t) + half) - beyond(size_of(t) - half); }

struct Place {
    float a, b;
};
PK_INLINE Place place_of(const PatternNumbers& p, float u, float v) {
    const float x = u - p.x, y = v - p.y;
    return {x * p.cosine - y * p.sine, x * p.sine + y * p.cosine};
}

// Slats `size` apart that leave gaps, and cords `aspect` slats apart. Gaps widen along a by `slant`.
struct VenetianBlind {
    static PK_INLINE float shade(const PatternNumbers& p, float u, float v) {
        const Place at = place_of(p, u, v);
        const float scale = p.size / p.pitch, phase = at.b / p.size;
        const i32 slat = floor_of(phase + 0.5f);
        const float shift = 0.25f * p.irregularity * (chance(slat, p.first) - 0.5f);
        const float uneven = 1 + 0.6f * p.irregularity * (chance(slat, p.second) - 0.5f);
        const float half = clamped(0.5f * (1 - p.coverage) * (uneven + p.slant * at.a), 0.02f, 0.36f);
        const float light = strip((phase - (float)slat - shift) * scale, half * scale);
        const float cords = at.a / (p.size * p.aspect), cord = cords - (float)floor_of(cords) - 0.5f;
        return 1 - light * (1 - strip(cord * p.aspect * scale, 0.07f * scale));
    }
};

// An opening of columns x rows panes, each `size` wide and `aspect` times as high, with bars `coverage` of a pane's width
// between them; all else is wall. Light that falls in from the side shears it by `slant`.
struct Window {
    static PK_INLINE float bar(float phase, float count, float width, float scale) {
        const float k = (float)floor_of(phase + 0.5f);
        const float inside = k > 0.5f && k < count - 0.5f ? 1.0f : 0.0f;
        return inside * strip((phase - k) * scale, width);
    }
    static PK_INLINE float shade(const PatternNumbers& p, float u, float v) {
        const Place at = place_of(p, u, v);
        const float lean = 1 / square_root(1 + p.slant * p.slant);
        const float across = (p.size / p.pitch) * lean, down = p.size * p.aspect / p.pitch;
        const float a = (at.a + p.slant * at.b) / p.size, b = at.b / (p.size * p.aspect);
        const float open = strip(a * across, 0.5f * p.columns * across) * strip(b * down, 0.5f * p.rows * down);
        const float half = 0.5f * p.coverage;
        const float upright = bar(a + 0.5f * p.columns, p.columns, half * across, across);
        const float level = bar(b + 0.5f * p.rows, p.rows, half * (p.size / p.pitch), down);
        return 1 - open * ((1 - upright) * (1 - level));
    }
};

// Folds of cloth about `size` wide that fan out along b by `slant`: asymmetric waves, deeper and shallower, that wander.
struct Curtain {
    static PK_INLINE float shade(const PatternNumbers& p, float u, float v) {
        const Place at = place_of(p, u, v);
        const float a = at.a / most(1 + p.slant * at.b, 0.25f) / p.size;
        const float wander = 1.6f * wobble(0.4f * a, p.first) + 0.7f * wobble(2.5f * at.b + 0.3f * a, p.second);
        const float phase = a + p.irregularity * wander;
        const i32 fold = floor_of(phase);
        const float t = phase - (float)fold;
        const float wave = t < 0.35f ? t * (1 / 0.35f) : (1 - t) * (1 / 0.65f);
        const float depth = 1 - 0.5f * p.irregularity * chance(fold, p.second);
        return smooth(clamped((wave * depth - (1 - p.coverage)) * 1.4f + 0.5f, 0, 1)) * (0.75f + 0.25f * depth);
    }
};

// Pointed pickets `size` apart on two rails, in a plane turned away by `slant`: the plane's (s, t) = (a, b) / (1 + slant a).
struct Fence {
    static PK_INLINE float shade(const PatternNumbers& p, float u, float v) {
        const Place at = place_of(p, u, v);
        const float nearer = 1 / most(1 + p.slant * at.a, 0.2f);
        const float s = at.a * nearer / p.size, t = at.b * nearer / p.size;
        // lengths on the plane, in pickets, to pitches of the picture: along s it shrinks by nearer^2, along t by nearer
        const float along = p.size / (p.pitch * (nearer * nearer)), across = p.size / (p.pitch * nearer);
        const i32 picket = floor_of(s + 0.5f);
        const float shift = 0.2f * p.irregularity * (chance(picket, p.first) - 0.5f);
        const float top = 0.6f * p.irregularity * (chance(picket, p.second) - 0.5f);
        const float from = size_of(s - (float)picket - shift), half = 0.5f * p.coverage;
        const float side = strip(from * along, half * along);
        const float tip = beyond((t - top - from) * 0.7071f * least(along, across));
        const float rails = most(strip((t - 1.4f) * across, 0.22f * across), strip((t - 4.6f) * across, 0.22f * across));
        return most(side * tip, rails);
    }
};

// Bars of one family: `phase` counts them, they are `spacing` pitches apart and take `share` of it.
PK_INLINE float bars(float phase, float spacing, float share, float irregularity, RowKey key) {
    const i32 k = floor_of(phase + 0.5f);
    const float shift = 0.3f * irregularity * (chance(k, key) - 0.5f);
    return strip((phase - (float)k - shift) * spacing, 0.5f * share * spacing);
}

// Laths that cross: diamonds `size` wide and `aspect` times as high.
struct Lattice {
    static PK_INLINE float shade(const PatternNumbers& p, float u, float v) {
        const Place at = place_of(p, u, v);
        const float spacing = p.size * p.aspect / square_root(1 + p.aspect * p.aspect) / p.pitch;
        const float a = at.a / p.size, b = at.b / (p.size * p.aspect);
        const float rising = bars(a + b, spacing, p.coverage, p.irregularity, p.first);
        const float falling = bars(a - b, spacing, p.coverage, p.irregularity, p.second);
        return 1 - (1 - rising) * (1 - falling);
    }
};

// Wires that cross at right angles: meshes `size` wide and `aspect` times as high.
struct Screen {
    static PK_INLINE float shade(const PatternNumbers& p, float u, float v) {
        const Place at = place_of(p, u, v);
        const float across = p.size / p.pitch, down = p.size * p.aspect / p.pitch;
        const float upright = bars(at.a / p.size, across, p.coverage, p.irregularity, p.first);
        const float level = bars(at.b / (p.size * p.aspect), down, p.coverage, p.irregularity, p.second);
        return 1 - (1 - upright) * (1 - level);
    }
};

// Cells of points, one in each square of a grid of `size`, within 0.325 `irregularity` of its middle: so a place is nearest to
// one of the nine squares about its own. Each cell has a shade; borders are bars `coverage` of `size` wide.
// The border with the second nearest point q2 is at (|p - q2|^2 - |p - q1|^2) / (2 |q2 - q1|).
struct Points {
    float x[9], y[9], shade[9];  // from the corner of the square in the middle
};
struct Voronoi {
    static PK_INLINE Points around(const PatternNumbers& p, i32 col, i32 row) {
        Points found;
        for (int k = 0; k < 9; ++k) {
            const i32 across = k % 3 - 1, down = k / 3 - 1, number = (row + down) * 65537 + (col + across);
            const u32 h = word((u32)number * STEP_OF_COLUMNS, p.first);
            const float dx = (float)(i32)(h & 0xFFFF) * (1.0f / 65536) - 0.5f, dy = (float)(i32)(h >> 16) * (1.0f / 65536) - 0.5f;
            found.x[k] = (float)across + 0.5f + 0.65f * p.irregularity * dx;
            found.y[k] = (float)down + 0.5f + 0.65f * p.irregularity * dy;
            found.shade[k] = chance(number, p.second);
        }
        return found;
    }
    static PK_INLINE float shade(const PatternNumbers& p, const Points& points, float x, float y) {
        float first = 1e9f, second = 1e9f, ax = 0, ay = 0, bx = 0, by = 0, shade = 0;
        for (int k = 0; k < 9; ++k) {
            const float dx = x - points.x[k], dy = y - points.y[k], d = dx * dx + dy * dy;
            const bool nearest = d < first, next = d < second;
            bx = nearest ? ax : next ? points.x[k] : bx;
            by = nearest ? ay : next ? points.y[k] : by;
            second = nearest ? first : next ? d : second;
            ax = nearest ? points.x[k] : ax;
            ay = nearest ? points.y[k] : ay;
            shade = nearest ? points.shade[k] : shade;
            first = nearest ? d : first;
        }
        const float apart = square_root((bx - ax) * (bx - ax) + (by - ay) * (by - ay));
        const float border = (second - first) / (2 * apart);
        const float scale = p.size / p.pitch, line = strip(border * scale, 0.5f * p.coverage * scale);
        const float glass = 0.85f * (shade * shade);
        return glass + line * (1 - glass);
    }
};

// Noise to shade: above `threshold`, over `width` of the noise's values, or over a sample if that is more; sqrt(5/3) samples give
// the smooth step, the integral of a parabola, the variance of a box one sample wide.
PK_INLINE float shade_of_noise(float noise, float across, float down, float threshold, float width) {
    const float slope = square_root(across * across + down * down);
    return smooth(clamped((noise - threshold) / most(width, 1.2909944f * slope) + 0.5f, 0, 1));
}

}  // namespace pk
