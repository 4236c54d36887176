// Gaussians of few pixels, one row of a block of samples at a time, for blur that varies and for spread by channel.
//
// A block takes only the widths that its pixels lie between, so that smooth maps cost two or three blurs. Its rows are summed
// first, for BLOCK pixels and what reaches them, then its columns. Takes 24 kB of stack. Widths without weights are too wide for
// that: their blurs are made elsewhere, whole, and added.
namespace pk::PK_LEVEL {

typedef float Lanes __attribute__((vector_size(PK_AVX512 ? 64 : 32)));
constexpr int LANES = sizeof(Lanes) / sizeof(float), BLOCK = 256, RUN = 64;  // pixels of a block; samples whose sums stay in registers
constexpr int MOST_SAMPLES = (BLOCK + 2 * MOST_REACH) * 4 + RUN;

// N sums over pairs, those of a run in registers.
template <int N, class Before, class After>
PK_INLINE void add_pairs(const Gaussian& of, const float* middle, Before before, After after, float* __restrict to) {
    if constexpr (N == RUN) {  // 4x over the loops below, 1024 x 1024, sigma 10, EPYC, 2026-11: sums never leave registers
        Lanes sums[RUN / LANES], a, b;
        for (int i = 0; i < RUN / LANES; ++i) {
            __builtin_memcpy(&a, middle + i * LANES, sizeof a);
            sums[i] = of.weights[0] * a;
        }
        for (i32 k = 1; k <= of.reach; ++k) {
            const float weight = of.weights[k], *from = before(k), *other = after(k);
            for (int i = 0; i < RUN / LANES; ++i) {
                __builtin_memcpy(&a, from + i * LANES, sizeof a);
                __builtin_memcpy(&b, other + i * LANES, sizeof b);
                sums[i] += weight * (a + b);
            }
        }
        __builtin_memcpy(to, sums, sizeof sums);
        return;
    }
    float sums[N];
    for (int i = 0; i < N; ++i) sums[i] = of.weights[0] * middle[i];
    for (i32 k = 1; k <= of.reach; ++k) {
        const float weight = of.weights[k], *a = before(k), *b = after(k);
        for (int i = 0; i < N; ++i) sums[i] += weight * (a[i] + b[i]);
    }
    for (int i = 0; i < N; ++i) to[i] = sums[i];
}

// The samples of pixels first..last of row i, blurred by one Gaussian.
template <int C>
PK_INLINE void blur_block(const Picture& picture, const Gaussian& of, i64 i, i64 first, i64 last, float* __restrict out) {
    alignas(64) float line[MOST_SAMPLES];
    const float *up[MOST_REACH + 1], *down[MOST_REACH + 1];
    const i64 begin = first - of.reach, end = last + of.reach;
    const i64 from = begin > 0 ? begin : 0, to = end < picture.cols ? end : picture.cols;
    const auto row = [&](i64 r) { return picture.image + reflected_pixel(r, picture.rows) * picture.cols * C + from * C; };
    const float* middle = row(i);
    for (i32 k = 1; k <= of.reach; ++k) up[k] = row(i - k), down[k] = row(i + k);
    float* own = line + (from - begin) * C;
    const i64 samples = (to - from) * C;
    const auto sum = [&](auto run, i64 x) {
        add_pairs<decltype(run)::value>(of, middle + x, [&](i32 k) { return up[k] + x; }, [&](i32 k) { return down[k] + x; }, own + x);
    };
    i64 x = 0;
    for (; x + RUN <= samples; x += RUN) sum(Count<RUN>(), x);
    for (; x + 4 <= samples; x += 4) sum(Count<4>(), x);
    for (; x < samples; ++x) sum(Count<1>(), x);
    const auto mirror = [&](i64 pixel) {
        const i64 source = reflected_pixel(pixel, picture.cols);
        // What a narrow picture mirrors again is beyond its own pixels, and no farther: mirrored from them.
        for (int c = 0; c < C; ++c) line[(pixel - begin) * C + c] = line[(source - begin) * C + c];
    };
    for (i64 pixel = begin; pixel < from; ++pixel) mirror(pixel);
    for (i64 pixel = to; pixel < end; ++pixel) mirror(pixel);
    const float* centre = line + of.reach * C;
    const i64 made = (last - first) * C;
    const auto across = [&](auto run, i64 at) {
        add_pairs<decltype(run)::value>(of, centre + at, [&](i32 k) { return centre + at - k * C; },
                                        [&](i32 k) { return centre + at + k * C; }, out + at);
    };
    i64 at = 0;
    for (; at + RUN <= made; at += RUN) across(Count<RUN>(), at);
    for (; at + 4 <= made; at += 4) across(Count<4>(), at);
    for (; at < made; ++at) across(Count<1>(), at);
}

// The sigmas of a block and their square roots.
struct Sigmas {
    alignas(64) float roots[BLOCK];
    const float* sigma;
    i64 pixels;
    float least, most;

    PK_INLINE Sigmas(const float* from, i64 count) : sigma(from), pixels(count), least(from[0]), most(from[0]) {
        for (i64 j = 0; j < pixels; ++j) roots[j] = square_root(sigma[j]);
        for (i64 j = 0; j < pixels; ++j) least = sigma[j] < least ? sigma[j] : least;
        for (i64 j = 0; j < pixels; ++j) most = sigma[j] > most ? sigma[j] : most;
    }
    // Level l has a share where a pixel is wider than level l - 1 and narrower than level l + 1.
    PK_INLINE bool above(const Widths& widths, int level) const { return level > 0 && most <= widths.sigmas[level - 1]; }
    PK_INLINE bool below(const Widths& widths, int level) const {
        return level + 1 < widths.count && least >= widths.sigmas[level + 1];
    }
};

// Shares of level `level + 1` over `level`, pixel by pixel.
PK_INLINE void shares_of_next(const Widths& widths, int level, const Sigmas& of, float* __restrict out) {
    const float *__restrict sigma = of.sigma, *__restrict roots = of.roots;
    if (level == 0)
        for (i64 j = 0; j < of.pixels; ++j) out[j] = share_from_zero(sigma[j], widths.sigmas[1]);
    else
        for (i64 j = 0; j < of.pixels; ++j) out[j] = share_between(roots[j], widths.roots[level], widths.roots[level + 1]);
}

// Adds a level's share of its blur, sample by sample.
template <int C>
PK_INLINE void add_level(const Widths& widths, int level, const Sigmas& of, const float* __restrict blurred, float* __restrict sum) {
    alignas(64) float before[BLOCK], after[BLOCK], each[BLOCK * C];
    for (i64 j = 0; j < of.pixels; ++j) before[j] = 1, after[j] = 0;
    if (level > 0) shares_of_next(widths, level - 1, of, before);
    if (level + 1 < widths.count) shares_of_next(widths, level, of, after);
    for (i64 j = 0; j < of.pixels; ++j)
        for (int c = 0; c < C; ++c) each[j * C + c] = before[j] - after[j];
    for (i64 j = 0; j < of.pixels * C; ++j) sum[j] = each[j] > 0 ? sum[j] + each[j] * blurred[j] : sum[j];
}

template <int C>
inline void varying_rows_of(const Picture& picture, const float* sigma_map, const Widths& widths, float* out, i64 begin, i64 end) {
    alignas(64) float blurred[BLOCK * C + RUN], sum[BLOCK * C];
    for (i64 i = begin; i < end; ++i)
        for (i64 first = 0; first < picture.cols; first += BLOCK) {
            const i64 last = first + BLOCK < picture.cols ? first + BLOCK : picture.cols, n = (last - first) * C;
            const Sigmas sigmas(sigma_map + i * picture.cols + first, last - first);
            for (i64 j = 0; j < n; ++j) sum[j] = 0;
            for (int level = 0; level < widths.count && widths.reaches[level] >= 0; ++level) {
                if (sigmas.above(widths, level)) break;
                if (sigmas.below(widths, level)) continue;
                blur_block<C>(picture, widths.gaussian(level), i, first, last, blurred);
                add_level<C>(widths, level, sigmas, blurred, sum);
            }
            float* __restrict to = out + (i * picture.cols + first) * C;
            for (i64 j = 0; j < n; ++j) to[j] = sum[j];
        }
}

// `wide` is the whole picture, blurred by the width of a level.
template <int C>
inline void add_rows_of(const Picture& wide, const float* sigma_map, const Widths& widths, int level, float* out, i64 begin,
                        i64 end) {
    for (i64 i = begin; i < end; ++i)
        for (i64 first = 0; first < wide.cols; first += BLOCK) {
            const i64 pixels = first + BLOCK < wide.cols ? BLOCK : wide.cols - first, at = i * wide.cols + first;
            const Sigmas sigmas(sigma_map + at, pixels);
            if (!sigmas.above(widths, level) && !sigmas.below(widths, level))
                add_level<C>(widths, level, sigmas, wide.image + at * C, out + at * C);
        }
}

inline void varying_rows(const Picture& picture, const float* sigma_map, const Widths& widths, float* out, i64 begin, i64 end) {
    if (picture.channels == 1) varying_rows_of<1>(picture, sigma_map, widths, out, begin, end);
    if (picture.channels == 2) varying_rows_of<2>(picture, sigma_map, widths, out, begin, end);
    if (picture.channels == 3) varying_rows_of<3>(picture, sigma_map, widths, out, begin, end);
    if (picture.channels == 4) varying_rows_of<4>(picture, sigma_map, widths, out, begin, end);
}

inline void add_rows(const Picture& wide, const float* sigma_map, const Widths& widths, int level, float* out, i64 begin, i64 end) {
    if (wide.channels == 1) add_rows_of<1>(wide, sigma_map, widths, level, out, begin, end);
    if (wide.channels == 2) add_rows_of<2>(wide, sigma_map, widths, level, out, begin, end);
    if (wide.channels == 3) add_rows_of<3>(wide, sigma_map, widths, level, out, begin, end);
    if (wide.channels == 4) add_rows_of<4>(wide, sigma_map, widths, level, out, begin, end);
}

// Each of `widths` into a channel of its own; a width without weights leaves its channel as it is.
inline void spread_rows(const Picture& picture, const Widths& widths, float* out, i64 begin, i64 end) {
    alignas(64) float blurred[BLOCK + RUN];
    for (i64 i = begin; i < end; ++i)
        for (i64 first = 0; first < picture.cols; first += BLOCK) {
            const i64 last = first + BLOCK < picture.cols ? first + BLOCK : picture.cols;
            for (int channel = 0; channel < widths.count; ++channel) {
                if (widths.reaches[channel] < 0) continue;
                blur_block<1>(picture, widths.gaussian(channel), i, first, last, blurred);
                float* __restrict to = out + (i * picture.cols + first) * widths.count + channel;
                for (i64 j = 0; j < last - first; ++j) to[j * widths.count] = blurred[j];
            }
        }
}

}  // namespace pk::PK_LEVEL
