// The colour of a cell of a grid: where the pixels of the cell are densest, near its middle and in colour at once.
//
// A cell that was enlarged, blurred and compressed has its colour in the middle and its neighbours' at the rim, and where
// its lines are off, a neighbour's on one side. So each pixel counts by its place and by its colour. With u, v in (-1, 1)
// the place in the cell and s^2 the mean squared distance of the pixel's channels to the present estimate:
//     place   a = (1 - u^2)^2 (1 - v^2)^2,       colour  b = (1 - s^2 / S^2)^2 for s < S, else 0,
//     next estimate = sum(a b colour) / sum(a b),
// for S = SCALES in turn: wide enough first to leave a bad start, then no wider than noise. The start has b = 1 and a^8,
// the innermost pixels: the mean of few pixels that no neighbour reaches is a better start than a median of many.
// With alpha, a colour counts as much as its pixel is opaque, and alpha has its own b.
//
// SCALES and the power 8 are from a search over enlarged sprites with blur of 0 to 0.22 cells, noise of 1 to 9 levels, JPEG of
// quality 60 to 95 and grids bent by up to 0.3 cells: docs/pixelart_colours.md.
// Sources: Beaton & Tukey, "The fitting of power series, meaning polynomials, illustrated on band-spectroscopic data",
// Technometrics 16(2), 1974 (the biweight); Holland & Welsch, "Robust regression using iteratively reweighted least
// squares", Commun. Statist. A6(9), 1977, eq. 2.3; Comaniciu & Meer, "Mean shift: a robust approach toward feature space
// analysis", IEEE PAMI 24(5), 2002, section 4: the joint domain, here with the place held.
#pragma once
#include "atan.h"
#include "platform.h"

namespace pk {

enum CellMethod { INLIER, MEDIAN, MODE, CENTRE };  // order of METHODS in pixkern._cells

constexpr int PASSES = 3;  // that weigh colours
PK_INLINE float scale(int pass) { return pass == 0 ? 36.0f : pass == 1 ? 18.0f : 14.0f; }  // SCALES, in levels

// How many channels are colours: of four the last is alpha.
template <int channels>
struct Colours {
    static constexpr int count = channels == 4 ? 3 : channels;
};

// The weight b from a sum of squares over `count` channels. The difference comes first: a pixel that is off by S exactly has
// weight 0 exactly, or a cell without other pixels near would follow the rounding.
PK_INLINE float biweight(float squares, int pass, int count) {
    const float most = (float)count * scale(pass) * scale(pass), rest = most - squares;
    const float twice = rest + float_of(bits_of(rest) & 0x7fffffffu);  // 2 rest, or 0; no branch, which loops would keep
    const float part = twice * (0.5f / most);
    return part * part;
}

// What one column of a cell gathers from a pixel of `place` a, to the sums of one set of channels: the colours, whose a is
// times alpha where there is any, or alpha. In the start b is 1.
template <int count>
struct Gathered {
    float weight, sum[count];
};
template <int count, bool by_colour, class At>
PK_INLINE void gather(const At& pixel, float place, const float* centre, int pass, Gathered<count>& to) {
    float squares = 0;
    for (int c = 0; c < count; ++c) squares += (pixel(c) - centre[c]) * (pixel(c) - centre[c]);
    const float weight = by_colour ? place * biweight(squares, pass, count) : place;
    to.weight += weight;
    for (int c = 0; c < count; ++c) to.sum[c] += weight * pixel(c);
}

// The same sums over a cell, columns added from left to right.
template <int channels>
struct Totals {
    double weight = 0, alpha_weight = 0, sum[channels] = {};
};
// The estimate they make. Where no pixel is near, as between two colours that have equal parts, it is the pixel in the middle,
// unless that has no colour.
template <int channels>
PK_INLINE void estimate(const Totals<channels>& from, const u8* middle, float* centre) {
    constexpr int count = Colours<channels>::count;
    if (from.weight > 0)
        for (int c = 0; c < count; ++c) centre[c] = (float)(from.sum[c] / from.weight);
    else if (channels < 4 || middle[channels - 1] > 0)
        for (int c = 0; c < count; ++c) centre[c] = (float)middle[c];
    if (channels == 4)
        centre[channels - 1] = from.alpha_weight > 0 ? (float)(from.sum[channels - 1] / from.alpha_weight) : (float)middle[channels - 1];
}

// The estimate as bytes; what is transparent has no colour.
template <int channels>
PK_INLINE void store(const float* centre, u8* to) {
    for (int c = 0; c < channels; ++c) to[c] = (u8)(centre[c] + 0.5f);
    if (channels == 4 && to[channels - 1] == 0)
        for (int c = 0; c < channels; ++c) to[c] = 0;
}

// Root mean square distance of the pixels to the colour, in levels, by place alone.
PK_INLINE float spread(double squares, double weight, int count) {
    return weight > 0 ? (float)square_root(squares / (weight * count)) : 0.0f;
}

// Bins of the mode: 16 levels a channel, all channels of colour at once.
constexpr int BINS = 4096;
template <int channels>
PK_INLINE int bin(const u8* pixel) {
    int at = 0;
    for (int c = 0; c < Colours<channels>::count; ++c) at = at * 16 + (pixel[c] >> 4);
    return at;
}

// Whether a pixel is opaque enough to have a say about the colour of a cell of this alpha.
template <int channels>
PK_INLINE bool counts(const u8* pixel, int alpha) {
    return channels < 4 || (pixel[channels - 1] > 0 && 2 * pixel[channels - 1] >= alpha);
}

// Whether two pixels differ: by more than the threshold in any channel, unless both are transparent.
template <int channels>
PK_INLINE bool differs(const u8* a, const u8* b, int threshold) {
    bool any = false;
    for (int c = 0; c < channels; ++c) any |= (a[c] > b[c] ? a[c] - b[c] : b[c] - a[c]) > threshold;
    return any && (channels < 4 || (a[channels - 1] | b[channels - 1]) != 0);
}

}  // namespace pk
