// What tells a grid under a picture: steps between pixels where its lines are, flat insides of its cells, lines that are alike.
//
// Evidence for a line at a place: how much what is right of it differs from what is left of it, over a box of s x s pixels on
// either side, less what differences usually are, and no more than a cap, as one strong outline must not outweigh the grid.
// A grid explains a picture well if its cells are flat and few. With e the mean squared deviation inside cells and n their
// number, the score
//     -log(e + 6) - 0.7 log n - 1.2 max(0, 0.4 - r) / 0.4
// is a description length in nature: what cells leave over, and what they cost. 6 is the noise that nobody can tell from none.
// The last term is against grids that are q times too fine, for which only every q-th line has evidence: r is how much weaker
// the other lines are. Principle: Rissanen, "Modeling by shortest data description", Automatica 14(5), 1978. The constants
// were chosen on restored sprites.
//
// Sums are integers, or integer multiples of a fixed unit: they do not depend on the order of additions.
#pragma once
#include "line_classes.h"
#include "logarithm.h"
#include "platform.h"

namespace pk {

constexpr int VALUES = 766;     // of a difference in units of s^2, summed over three channels: 0 to 765
constexpr u32 EVIDENCE_CAP = 120;
constexpr int COMB = 8;         // JPEG codes blocks of 8 x 8 pixels, whose borders are no lines

// Where a place is in such a block: 1 on its border, 2 well inside, at 3 or 5 of 8, 0 elsewhere.
PK_INLINE int place_class(i64 place) {
    const i64 at = place % COMB;
    return at == 0 ? 1 : at == 3 || at == 5 ? 2 : 0;
}

// The least value that is not below so many percent of the others: its rank is floor((n - 1) percent / 100).
PK_INLINE i32 lower_percentile(const u64* counts, u64 total, u64 percent) {
    if (!total) return 0;
    u64 rank = (total - 1) / 100 * percent + (total - 1) % 100 * percent / 100;
    i32 value = 0;
    while (rank >= counts[value]) rank -= counts[value++];
    return value;
}

// What a difference must exceed: the median, and where blocks meet, so much more as it is there than well inside.
struct Thresholds {
    i32 usual, comb;
};
constexpr i32 COMB_ROOM = 24;
PK_INLINE Thresholds thresholds_of(u64* counts, bool has_comb) {  // [3][VALUES], see place_class; the first becomes all
    u64 total = 0, meeting = 0, inside = 0;
    for (int i = 0; i < VALUES; ++i) {
        meeting += counts[VALUES + i], inside += counts[2 * VALUES + i];
        counts[i] += counts[VALUES + i] + counts[2 * VALUES + i];
        total += counts[i];
    }
    const i32 usual = lower_percentile(counts, total, 50);
    i32 excess = 0;
    for (u64 percent = 50; percent <= 70 && has_comb; percent += 20) {
        const i32 more = lower_percentile(counts + VALUES, meeting, percent) - lower_percentile(counts + 2 * VALUES, inside, percent);
        excess = more > excess ? more : excess;
    }
    return {usual, usual + (excess < COMB_ROOM ? excess : COMB_ROOM)};
}

// With threshold and cap in the unit of the difference, s^2.
PK_INLINE u32 evidence_above(u32 difference, u32 threshold, u32 cap) {
    const u32 above = (difference > threshold ? difference : threshold) - threshold;
    return above < cap ? above : cap;
}

// The insides of cells, in parts of `step` pixels, the last of which the border may cut: a fifth less on each side.
struct Span {
    i32 begin, end;
};
PK_INLINE Span interior(double left, double right, i32 step, i32 parts) {
    const double margin = 0.2 * (right - left);
    const i32 begin = floor_of(left + margin + 0.5), end = floor_of(right - margin + 0.5);
    const i32 first = (begin + step / 2) / step, last = ((end > begin ? end : begin + 1) + step / 2) / step;
    const i32 from = first < parts ? first : parts - 1, to = last > from ? last : from + 1;
    return {from, to < parts ? to : parts};
}

// Sums modulo 2^32 are the sums themselves in cells of up to this many pixels: 2^32 / (3 * 255^2).
constexpr i64 MOST_PIXELS = 22016;

// Integers from 0 to 2^52 as doubles, and doubles from 0 to 2^51 rounded to integers, ties to even: the bits of 2^52 + x are
// those of 2^52, plus x. Unlike conversions, these are instructions on vectors everywhere.
constexpr double TO_INTEGER = 4503599627370496.0;
PK_INLINE double real_of(u64 x) { return double_of(x + bits_of(TO_INTEGER)) - TO_INTEGER; }
PK_INLINE u64 nearest(double x) { return bits_of(x + TO_INTEGER) - bits_of(TO_INTEGER); }

// Units of squared deviations and of means.
constexpr double DEVIATION_UNIT = 4096, MEAN_UNIT = 256;

// Of a cell of 1 to MOST_PIXELS pixels, given 1 / n: the sum of squared deviations from the mean over three channels, as
// n Q - R^2 - G^2 - B^2 < 2^47, which is exact, times 1 / n; and a channel's mean, halves up: (2 * 256 S + n) / (2 n) lies
// 1 / (2 n) or more below the next integer, so that half a unit more, and the rounding of 1 / n, do not reach it.
PK_INLINE u64 deviation(u32 pixels, u32 r, u32 g, u32 b, u32 squares, double inverse) {
    const u64 excess = (u64)pixels * squares - (u64)r * r - (u64)g * g - (u64)b * b;
    return nearest(real_of(excess) * inverse * DEVIATION_UNIT);
}
PK_INLINE i32 mean_of(u32 pixels, u32 sum, double inverse) {
    return (i32)((real_of(512 * sum + pixels) + 0.5) * (0.5 * inverse));
}

// The same of any cell. Deviations are those from the integer m next to the mean, less n times the square of what m lacks,
// (S - n m)^2 / n, as the products above would not fit.
struct CellSums {
    u64 pixels, squares, channels[3];
};
PK_INLINE u64 large_deviation(const CellSums& cell) {
    u64 squares = cell.squares, lacking = 0;
    for (int c = 0; c < 3; ++c) {
        const u64 sum = cell.channels[c], mean = (2 * sum + cell.pixels) / (2 * cell.pixels);
        const i64 rest = (i64)(sum - cell.pixels * mean);
        squares += cell.pixels * mean * mean - 2 * mean * sum;
        lacking += (u64)(rest * rest);
    }
    const double units = ((double)(i64)squares - (double)(i64)lacking / (double)cell.pixels) * DEVIATION_UNIT;
    return units < 0.5 * TO_INTEGER ? nearest(units) : (u64)units;
}
PK_INLINE i32 large_mean(u64 pixels, u64 sum) { return (i32)((512 * sum + pixels) / (2 * pixels)); }

// What cells add up to.
struct GridSums {
    u64 deviations, pixels, cells;
    u64 steps_x, pairs_x, steps_y, pairs_y;  // squared differences of neighbours' means, over channels; how many neighbours
};
PK_INLINE double error_of(u64 deviations, u64 pixels) {
    return pixels ? (double)deviations / DEVIATION_UNIT / (3 * (double)pixels) : 0;
}
PK_INLINE double contrast_of(u64 steps, u64 pairs) {
    return pairs ? (double)steps / (MEAN_UNIT * MEAN_UNIT) / (3 * (double)pairs) : 0;
}

// Mean size of the cells that no border cuts, or of all where there are fewer than three.
PK_INLINE double pitch_of(const double* lines, i64 count) {
    const i64 skip = count >= 4 ? 1 : 0;
    return (lines[count - 1 - skip] - lines[skip]) / (double)(count - 1 - 2 * skip);
}

// Whether a profile of boxes of scale x scale pixels suits cells of this size.
PK_INLINE bool suits(i32 scale, double pitch) { return pitch >= 3.99 * scale; }

PK_INLINE double score_of(double error, u64 cells, double ratio) {
    const double lacking = ratio < 0.4 ? (0.4 - ratio) / 0.4 : 0;
    return -logarithm(error + 6) - 0.7 * logarithm((double)(cells ? cells : 1)) - 1.2 * lacking;
}

}  // namespace pk
