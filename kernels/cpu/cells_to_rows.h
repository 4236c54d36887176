// Pixels from cells: the spline between cells at a run of samples of one row. bands.h comes before.
namespace pk::PK_LEVEL {

#if PK_AVX2 && !defined(__clang__)
#define PK_SHUFFLED 1
constexpr int LANES = PK_AVX512 ? 16 : 8;
typedef float floats __attribute__((vector_size(4 * LANES)));
typedef i32 integers __attribute__((vector_size(4 * LANES)));
#else
#define PK_SHUFFLED 0
#endif

// Samples i0..i0 + n of a row, n up to EXPANDED, i0 a multiple of it; `from` has `together` (C, or 1 for all of C) per cell.
template <int C>
inline void expand(const Cells& cells, const float* from, int together, i64 row, i64 i0, int n, float* __restrict out) {
    if (!cells.at) {  // cells are pixels
        const float* __restrict pixels = from + (row * cells.cols * C + i0) / C * together;
        for (int i = 0; i < n; ++i) out[i] = pixels[together == C ? i : i / C];
        return;
    }
    alignas(64) float line[EXPANDED + 64];
    const i64 lowest = cells.at[i0] / C, highest = cells.at[i0 + n - 1] / C + 3;
    const i64 across = cells.across * together, begin = lowest * together;
    const int taps = cells.down.taps;
    const int wide = (int)((highest < cells.across ? highest : cells.across) * together - begin);
    const float* __restrict weights = cells.down.weights + row * taps;
    const float* __restrict top = from + cells.down.first[row] * across + begin;
    if (taps == 3)
        for (int i = 0; i < wide; ++i)
            line[i] = three(top[i], top[i + across], top[i + 2 * across], weights[0], weights[1], weights[2]);
    else
        for (int i = 0; i < wide; ++i) line[i] = taps == 1 ? weights[0] * top[i] : weights[0] * top[i] + weights[1] * top[i + across];
    int filled = wide;
    if (C > 1 && together == 1) {
        for (int i = wide - 1; i >= 0; --i)
            for (int c = 0; c < C; ++c) line[i * C + c] = line[i];
        filled = wide * C;
    }
    for (int i = filled; i < filled + 32; ++i) line[i] = 0;
    const i32* __restrict at = cells.at + i0;
    const int first = (int)(lowest * C);
    const float *__restrict wa = cells.taps + i0, *__restrict wb = wa + cells.cols * C, *__restrict wc = wb + cells.cols * C;
    int i = 0;
#if PK_SHUFFLED
    // 2.6x over the plain loop, RGB, AVX-512, EPYC, 2026-11: a vector of samples lies between few cells, which are one load
    // and a shuffle.
    for (; i + LANES <= n; i += LANES) {
        const int lowest_at = at[i] - i % C;
        if (at[i + LANES - 1] + C - 1 - lowest_at >= LANES) break;
        floats a, b, c, share_a, share_b, share_c;
        integers places;
        __builtin_memcpy(&places, at + i, sizeof places);
        places -= lowest_at;
        const float* p = line + (lowest_at - first);
        __builtin_memcpy(&a, p, sizeof a);
        __builtin_memcpy(&b, p + C, sizeof b);
        __builtin_memcpy(&c, p + 2 * C, sizeof c);
        __builtin_memcpy(&share_a, wa + i, sizeof a);
        __builtin_memcpy(&share_b, wb + i, sizeof b);
        __builtin_memcpy(&share_c, wc + i, sizeof c);
        a = __builtin_shuffle(a, places);
        b = __builtin_shuffle(b, places);
        c = __builtin_shuffle(c, places);
        const floats sum = (share_a * a + share_b * b) + share_c * c;
        __builtin_memcpy(out + i, &sum, sizeof sum);
    }
#endif
    for (; i < n; ++i) {
        const float* p = line + (at[i] - first);
        out[i] = three(p[0], p[C], p[2 * C], wa[i], wb[i], wc[i]);
    }
}

// The same for any number of channels.
inline void expand(i64 channels, const Cells& cells, const float* from, i64 together, i64 row, i64 i0, int n, float* out) {
    with_channels(channels, [&](auto count) {
        expand<decltype(count)::value>(cells, from, (int)together, row, i0, n, out);
    });
}

#undef PK_SHUFFLED

}  // namespace pk::PK_LEVEL
