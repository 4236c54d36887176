// Grid lines by dynamic programming: the best sum of all that may lie before a line at each position, then the way back.
//
//     best[i] = s[i] + max(first cell ends at i, max over gaps d of best[i - d] - cost[d])
// No position depends on one that is nearer than the smallest gap, so that as many neighbours are done at a time, in
// registers, over all d. The way back looks for the d of the few positions that are lines once more, instead of keeping one for
// each position. Among equals the earlier line is taken. Scratch: a number per position, and two per gap.
namespace pk::PK_LEVEL {

// The widest vectors of a level, and narrower ones.
constexpr int WIDEST = PK_AVX512 ? 8 : PK_AVX2 ? 4 : 2;
template <int WIDTH>
struct Lanes {
    typedef double type __attribute__((vector_size(8 * WIDTH)));
};
template <>
struct Lanes<1> {
    typedef double type;
};

// The profile at every step as bits of floats, which are in the order of their values. False if one is negative or not finite.
template <int PARTS>
PK_INLINE bool interpolate(const float* __restrict profile, i64 n, i32* __restrict bits) {
    u32 largest = 0;
    for (i64 i = 0; i + 1 < n; ++i) {
        for (int part = 0; part < PARTS; ++part) {
            const float right = (float)part / PARTS, value = profile[i] * (1 - right) + profile[i + 1] * right + 0.0f;
            const u32 word = bits_of(value);
            bits[i * PARTS + part] = (i32)word;
            largest = word > largest ? word : largest;
        }
    }
    const u32 word = bits_of(profile[n - 1] + 0.0f);
    bits[(n - 1) * PARTS] = (i32)word;
    largest = word > largest ? word : largest;
    return largest < 0x7F800000;  // infinity; NaN and what is negative are above
}

// The k-th smallest of `count` integers >= 0: the largest number that at most k are below, bit by bit.
PK_INLINE i32 order_statistic(const i32* values, i64 count, i64 k) {
    i32 found = 0;
    for (int bit = 30; bit >= 0; --bit) {
        const i32 candidate = found | (i32)1 << bit;
        i32 below = 0;
        for (i64 i = 0; i < count; ++i) below += values[i] < candidate;
        found = below <= k ? candidate : found;
    }
    return found;
}

// Over eight sums, added in order.
PK_INLINE double mean_of(const i32* bits, i64 count) {
    double sums[8] = {};
    const i64 whole = count / 8 * 8;
    for (i64 i = 0; i < whole; i += 8)
        for (int k = 0; k < 8; ++k) sums[k] += (double)float_of((u32)bits[i + k]);
    for (i64 i = whole; i < count; ++i) sums[i - whole] += (double)float_of((u32)bits[i]);
    double sum = 0;
    for (int k = 0; k < 8; ++k) sum += sums[k];
    return sum / (double)count;
}

// What a line is worth at each of (n - 1) parts + 1 positions. Refuses a profile with a value that is negative or not finite.
inline bool evidence(const float* profile, i64 n, int parts, i32* bits, double* s) {
    const bool sound = parts == 1   ? interpolate<1>(profile, n, bits)
                       : parts == 2 ? interpolate<2>(profile, n, bits)
                                    : interpolate<4>(profile, n, bits);
    if (!sound) return false;
    const i64 count = (n - 1) * parts + 1;
    i32 largest = 0;
    for (i64 i = 0; i < count; ++i) largest = bits[i] > largest ? bits[i] : largest;
    const i32 percentile = order_statistic(bits, count, reference_rank(count));
    const double reference = (double)float_of((u32)(percentile > 0 ? percentile : largest)), mean = mean_of(bits, count);
    for (i64 i = 0; i < count; ++i) s[i] = largest > 0 ? worth(float_of((u32)bits[i]), reference, mean) : 0;
    return true;
}

// out[i] = factor * (from[i] + ... + from[i + reach - 1])
PK_INLINE void box(const double* __restrict from, i64 count, i64 reach, double factor, double* __restrict out) {
    constexpr i64 BLOCK = 64;
    for (i64 begin = 0; begin < count; begin += BLOCK) {
        const i64 size = begin + BLOCK < count ? BLOCK : count - begin;
        alignas(64) double sums[BLOCK] = {};
        for (i64 k = 0; k < reach; ++k)
            for (i64 i = 0; i < size; ++i) sums[i] += from[begin + i + k];
        for (i64 i = 0; i < size; ++i) out[begin + i] = factor * sums[i];
    }
}

// s averaged with a triangle; it has reach - 1 zeros on each side. Scratch: 2 count + reach.
PK_INLINE const double* smoothed(const double* s, i64 count, i64 reach, double* scratch) {
    if (reach == 1) return s;
    double *once = scratch, *twice = scratch + count + reach - 1;
    box(s - (reach - 1), count + reach - 1, reach, 1, once);
    box(once, count, reach, 1 / ((double)reach * (double)reach), twice);
    return twice;
}

struct Found {
    i64 count;  // of lines, with both borders; 0 where no grid fits
    double score;
};

// 2x over loops on arrays, which GCC 12 leaves in memory; pitches of 5 to 64, EPYC with AVX-512, 2026-11.
// The best sums at whole groups of TOGETHER <= least gap positions from `begin` on, which holds where a first cell may end.
template <int TOGETHER>
PK_INLINE void extend(const double* __restrict s, const Gaps& gaps, const double* __restrict cost, i64& begin, i64 end,
                      double* best) {
    constexpr int width = TOGETHER < WIDEST ? TOGETHER : WIDEST, count = TOGETHER / width;
    using lanes = typename Lanes<width>::type;
    if (gaps.least < TOGETHER) return;
    for (; begin + TOGETHER <= end; begin += TOGETHER) {
        lanes reached[count], value;
        __builtin_memcpy(reached, best + begin, sizeof reached);
        for (i64 d = gaps.least; d <= gaps.most; ++d) {
#pragma GCC unroll 16
            for (int k = 0; k < count; ++k) {
                __builtin_memcpy(&value, best + begin - d + k * width, sizeof value);
                value -= cost[d];
                reached[k] = value > reached[k] ? value : reached[k];
            }
        }
        for (int k = 0; k < count; ++k) {
            __builtin_memcpy(&value, s + begin + k * width, sizeof value);
            value += reached[k];
            __builtin_memcpy(best + begin + k * width, &value, sizeof value);
        }
    }
}

// Lines of one grid, in steps.
PK_INLINE Found find_lines(const double* __restrict s, i64 steps, const Gaps& gaps, double* __restrict scratch,
                           double* __restrict lines) {
    constexpr double never = -__builtin_inf();
    if ((double)steps < gaps.pitch) {
        lines[0] = 0, lines[1] = (double)steps;
        return {2, 0};
    }
    double *cost = scratch, *best = scratch + 2 * gaps.most + 1;  // best[-most] and on: never
    for (i64 d = gaps.least; d <= gaps.most; ++d) cost[d] = strain(d, gaps);
    for (i64 i = -gaps.most; i < 1; ++i) best[i] = never;
    const auto first_cell = [&](i64 i) { return may_end(i, gaps) ? -end_strain(i, gaps) : never; };
    for (i64 i = 1; i < steps; ++i) best[i] = i <= gaps.most ? first_cell(i) : never;
    i64 begin = 1;
    extend<32>(s, gaps, cost, begin, steps, best);
    extend<16>(s, gaps, cost, begin, steps, best);
    extend<8>(s, gaps, cost, begin, steps, best);
    extend<4>(s, gaps, cost, begin, steps, best);
    extend<2>(s, gaps, cost, begin, steps, best);
    extend<1>(s, gaps, cost, begin, steps, best);

    i64 at = 0;
    double score = steps <= gaps.most ? -end_strain(steps, gaps) : never;
    for (i64 i = steps > gaps.most ? steps - gaps.most : 1; i <= steps - gaps.least_part; ++i) {
        const double value = best[i] - end_strain(steps - i, gaps);
        if (value > score) score = value, at = i;
    }
    if (score == never) return {0, 0};
    i64 count = 0;
    lines[count++] = (double)steps;
    while (at > 0) {
        lines[count++] = (double)at;
        double value = first_cell(at);
        i64 before = 0;
        for (i64 d = gaps.most < at ? gaps.most : at; d >= gaps.least; --d) {
            if (best[at - d] - cost[d] > value) value = best[at - d] - cost[d], before = at - d;
        }
        at = before;
    }
    lines[count++] = 0;
    for (i64 i = 0, j = count - 1; i < j; ++i, --j) {
        const double line = lines[i];
        lines[i] = lines[j], lines[j] = line;
    }
    return {count, score};
}

// For each grid: its lines in pixels, `capacity` apart; how many there are, and their score.
inline void lines_range(const double* s, i64 length, int parts, const double* pitches, const double* stiffnesses,
                        double tolerance, double smallest_part, double smoothing, double* scratch, double* lines,
                        i64 capacity, double* found, i64 begin, i64 end) {
    const i64 steps = length * parts;
    for (i64 grid = begin; grid < end; ++grid) {
        const Gaps gaps = gaps_between(pitches[grid] * parts, stiffnesses[grid], tolerance, smallest_part, steps);
        double* to = lines + grid * capacity;
        const i64 reach = smoothing_reach(smoothing, gaps.pitch, steps + 1);
        const double* soft = smoothed(s, steps + 1, reach, scratch);
        const Found one = find_lines(soft, steps, gaps, scratch + (reach == 1 ? 0 : 2 * (steps + 1) + reach), to);
        for (i64 i = 0; i < one.count; ++i) to[i] = to[i] / parts;
        found[2 * grid] = (double)one.count, found[2 * grid + 1] = one.score;
    }
}

}  // namespace pk::PK_LEVEL
