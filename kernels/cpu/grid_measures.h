// What the cells of a grid are like, from summed-area tables: four records per cell, whatever its size.
//
// A row of cells at a time: their sums, a few at a time, then what these say, which vectorises; then how the means differ from
// those to their left and those above.
namespace pk::PK_LEVEL {

constexpr i64 TOGETHER = 64;  // cells

struct Tables {
    const u32* records;
    const u32* counts;  // null: every pixel counts
    i64 rows, cols, step;
    PK_INLINE i64 width() const { return (cols + step - 1) / step + 1; }
    PK_INLINE i64 height() const { return (rows + step - 1) / step + 1; }
    PK_INLINE i64 pixels_along(Span span, i64 length) const {
        return (span.end * step < length ? span.end * step : length) - span.begin * step;
    }
};

PK_INLINE u32 sum_between(const u32* top, const u32* bottom, i64 left, i64 right) {
    return bottom[right] - bottom[left] - top[right] + top[left];
}

// Sums over a cell of any size, from pieces that fit: at most 128 pixels a side.
template <bool MASKED>
inline CellSums sums_of_pieces(const Tables& of, Span down, Span across) {
    const i64 width = of.width();
    const i32 side = of.step < 128 ? (i32)(128 / of.step) : 1;
    CellSums all{};
    for (i32 y = down.begin; y < down.end; y += side)
        for (i32 x = across.begin; x < across.end; x += side) {
            const i32 y1 = y + side < down.end ? y + side : down.end, x1 = x + side < across.end ? x + side : across.end;
            const u32 *top = of.records + y * width * 4, *bottom = of.records + y1 * width * 4;
            for (int c = 0; c < 3; ++c) all.channels[c] += sum_between(top + c, bottom + c, 4 * x, 4 * x1);
            all.squares += sum_between(top + 3, bottom + 3, 4 * x, 4 * x1);
            all.pixels += MASKED ? sum_between(of.counts + y * width, of.counts + y1 * width, x, x1)
                                 : (u64)(of.pixels_along({y, y1}, of.rows) * of.pixels_along({x, x1}, of.cols));
        }
    return all;
}

// What a row of cells leaves: three means in 256ths, and 1 for each cell that has pixels.
struct Means {
    i32* values;  // (4, cells)
    i64 cells;
    PK_INLINE i32* channel(int c) const { return values + c * cells; }
    PK_INLINE i32* present() const { return values + 3 * cells; }
};

// A row with cells that are larger.
template <bool MASKED>
inline void measure_large(const Tables& of, Span down, const Span* spans, const Means& means, GridSums& all) {
    for (i64 i = 0; i < means.cells; ++i) {
        const CellSums sums = sums_of_pieces<MASKED>(of, down, spans[i]);
        means.present()[i] = sums.pixels > 0;
        all.cells += sums.pixels > 0, all.pixels += sums.pixels;
        for (int c = 0; c < 3; ++c) means.channel(c)[i] = sums.pixels ? large_mean(sums.pixels, sums.channels[c]) : 0;
        if (!sums.pixels) continue;
        const bool small = of.pixels_along(down, of.rows) * of.pixels_along(spans[i], of.cols) <= MOST_PIXELS;
        all.deviations += small ? deviation((u32)sums.pixels, (u32)sums.channels[0], (u32)sums.channels[1],
                                            (u32)sums.channels[2], (u32)sums.squares, 1 / real_of(sums.pixels))
                                : large_deviation(sums);
    }
}

// Cells of at most MOST_PIXELS. `widths` in pixels.
template <bool MASKED>
PK_INLINE void measure_row(const Tables& of, Span down, const Span* __restrict spans, const i32* __restrict widths,
                           const Means& means, GridSums& all) {
    const i64 width = of.width();
    const u32 *__restrict top = of.records + down.begin * width * 4, *__restrict bottom = of.records + down.end * width * 4;
    const u32 *__restrict count_top = of.counts + (MASKED ? down.begin * width : 0);
    const u32 *__restrict count_bottom = of.counts + (MASKED ? down.end * width : 0);
    const u32 height = (u32)of.pixels_along(down, of.rows);
    for (i64 first = 0; first < means.cells; first += TOGETHER) {
        const i64 count = first + TOGETHER < means.cells ? TOGETHER : means.cells - first;
        alignas(64) u32 sums[4 * TOGETHER], pixels[TOGETHER];
        for (i64 i = 0; i < count; ++i) {
            const Span at = spans[first + i];
            for (int c = 0; c < 4; ++c)
                sums[4 * i + c] = sum_between(top + c, bottom + c, 4 * (i64)at.begin, 4 * (i64)at.end);
            if constexpr (MASKED) pixels[i] = sum_between(count_top, count_bottom, at.begin, at.end);
        }
        if constexpr (!MASKED)
            for (i64 i = 0; i < count; ++i) pixels[i] = height * (u32)widths[first + i];
        i32 *__restrict reds = means.channel(0) + first, *__restrict greens = means.channel(1) + first;
        i32 *__restrict blues = means.channel(2) + first, *__restrict present = means.present() + first;
        u64 deviations = 0, inside = 0, cells = 0;
        for (i64 i = 0; i < count; ++i) {
            const u32 r = sums[4 * i], g = sums[4 * i + 1], b = sums[4 * i + 2], squares = sums[4 * i + 3], n = pixels[i];
            const double inverse = 1 / real_of(n > 0 ? n : 1);  // without pixels all sums are 0, and so is what follows
            deviations += deviation(n, r, g, b, squares, inverse);
            inside += n;
            cells += n > 0;
            present[i] = n > 0;
            reds[i] = mean_of(n, r, inverse);
            greens[i] = mean_of(n, g, inverse);
            blues[i] = mean_of(n, b, inverse);
        }
        all.deviations += deviations, all.pixels += inside, all.cells += cells;
    }
}

// Squared differences of `count` cells' means and others'.
PK_INLINE void compare_means(const Means& cells, i64 first, const Means& others, i64 other, i64 count, u64& steps, u64& pairs) {
    const i32 *__restrict here = cells.present() + first, *__restrict there = others.present() + other;
    u64 sum = 0, both = 0;
    for (i64 i = 0; i < count; ++i) both += (u32)(here[i] & there[i]);
    for (int c = 0; c < 3; ++c) {
        const i32 *__restrict a = cells.channel(c) + first, *__restrict b = others.channel(c) + other;
        for (i64 i = 0; i < count; ++i) {
            const u32 step = (u32)((a[i] - b[i]) * (here[i] & there[i]));
            sum += (u32)(step * step);
        }
    }
    steps += sum, pairs += both;
}

// One grid. Scratch: spans (cells,), widths (cells,) and means (2, 4, cells).
struct CellScratch {
    Span* spans;
    i32 *widths, *means;
};

template <bool MASKED>
inline GridSums measure_cells(const Tables& of, const double* lines_x, i64 cells_x, const double* lines_y, i64 cells_y,
                              const CellScratch& scratch) {
    GridSums all{};
    i64 widest = 0;
    for (i64 i = 0; i < cells_x; ++i) {
        scratch.spans[i] = interior(lines_x[i], lines_x[i + 1], (i32)of.step, (i32)of.width() - 1);
        scratch.widths[i] = (i32)of.pixels_along(scratch.spans[i], of.cols);
        widest = scratch.widths[i] > widest ? scratch.widths[i] : widest;
    }
    for (i64 j = 0; j < cells_y; ++j) {
        const Span down = interior(lines_y[j], lines_y[j + 1], (i32)of.step, (i32)of.height() - 1);
        const Means means{scratch.means + (j & 1) * 4 * cells_x, cells_x}, above{scratch.means + (~j & 1) * 4 * cells_x, cells_x};
        if (widest * of.pixels_along(down, of.rows) <= MOST_PIXELS)
            measure_row<MASKED>(of, down, scratch.spans, scratch.widths, means, all);
        else
            measure_large<MASKED>(of, down, scratch.spans, means, all);
        compare_means(means, 1, means, 0, cells_x - 1, all.steps_x, all.pairs_x);
        if (j > 0) compare_means(means, 0, above, 0, cells_x, all.steps_y, all.pairs_y);
    }
    return all;
}

// Lines of many grids one after another, with the place of the first of each grid, and the end.
struct Meshes {
    const double *lines_x, *lines_y;
    const i64 *first_x, *first_y;
};

template <bool MASKED>
inline void measure_meshes(const Tables& of, const Meshes& meshes, const CellScratch& scratch, GridSums* sums, i64 begin, i64 end) {
    for (i64 k = begin; k < end; ++k)
        sums[k] = measure_cells<MASKED>(of, meshes.lines_x + meshes.first_x[k], meshes.first_x[k + 1] - meshes.first_x[k] - 1,
                                        meshes.lines_y + meshes.first_y[k], meshes.first_y[k + 1] - meshes.first_y[k] - 1, scratch);
}

inline void measure_any(const Tables& of, const Meshes& meshes, const CellScratch& scratch, GridSums* sums, i64 begin, i64 end) {
    const auto call = of.counts ? measure_meshes<true> : measure_meshes<false>;
    call(of, meshes, scratch, sums, begin, end);
}

// Profiles of one axis at up to four scales, finest first.
struct ScaledProfiles {
    const float* values;  // (count, length + 1)
    i64 length;
    const i32* scales;
    i64 count;
};

inline double residue_at_scale(const ScaledProfiles& of, const double* lines, i64 count) {
    const double pitch = pitch_of(lines, count);
    i64 k = 0;
    while (k + 1 < of.count && suits(of.scales[k + 1], pitch)) ++k;
    return residue_of(of.values + k * (of.length + 1), of.length, lines, count, pitch);
}

inline void line_residues(const ScaledProfiles& of, const double* lines, const i64* first, double* ratios, i64 begin, i64 end) {
    for (i64 k = begin; k < end; ++k) ratios[k] = residue_at_scale(of, lines + first[k], first[k + 1] - first[k]);
}

}  // namespace pk::PK_LEVEL
