// Pixels from cells: the spline between cells at a run of samples of one row. Whoever needs it includes bands.h first.
namespace pk::PK_LEVEL {

#if PK_AVX2 && !defined(__clang__)
#define PK_SHUFFLED 1
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
    for (int i = 0; i < n; ++i) {
        const float* p = line + (at[i] - first);
        out[i] = three(p[0], p[C], p[2 * C], wa[i], wb[i], wc[i]);
    }
}

}  // namespace pk::PK_LEVEL
