// What the cells of a grid are like, from summed-area tables: four records per cell, whatever its size.
//
// A row of cells at a time: their sums, then what these say. The means of a row are kept for the row below.
namespace pk::PK_LEVEL {

struct Tables {
    const u32* records;
    const u32* counts;  // null: every pixel counts
    i64 rows, cols, step;
    PK_INLINE i64 width() const { return (cols + step - 1) / step + 1; }
    PK_INLINE i64 height() const { return (rows + step - 1) / step + 1; }
};

// Sums over parts y0..y1, x0..x1, at most MOST_PIXELS.
template <bool MASKED>
PK_INLINE CellSums sums_in(const Tables& of, i64 y0, i64 y1, i64 x0, i64 x1) {
    const i64 width = of.width();
    const u32 *top = of.records + y0 * width * 4, *bottom = of.records + y1 * width * 4;
    u32 sums[4];
    for (int c = 0; c < 4; ++c) sums[c] = bottom[4 * x1 + c] - bottom[4 * x0 + c] - top[4 * x1 + c] + top[4 * x0 + c];
    const auto place = [&](i64 part, i64 length) { return part * of.step < length ? part * of.step : length; };
    const i64 area = (place(y1, of.rows) - place(y0, of.rows)) * (place(x1, of.cols) - place(x0, of.cols));
    const u32* counts = of.counts;
    const u64 pixels = MASKED ? counts[y1 * width + x1] - counts[y1 * width + x0] - counts[y0 * width + x1] + counts[y0 * width + x0]
                              : (u64)area;
    return {pixels, sums[3], {sums[0], sums[1], sums[2]}};
}

// The same for any cell, from pieces that fit: at most 128 pixels a side.
template <bool MASKED>
inline CellSums sums_of_pieces(const Tables& of, i64 y0, i64 y1, i64 x0, i64 x1) {
    const i64 side = of.step < 128 ? 128 / of.step : 1;
    CellSums all{};
    for (i64 y = y0; y < y1; y += side)
        for (i64 x = x0; x < x1; x += side) {
            const CellSums piece = sums_in<MASKED>(of, y, y + side < y1 ? y + side : y1, x, x + side < x1 ? x + side : x1);
            all.pixels += piece.pixels, all.squares += piece.squares;
            for (int c = 0; c < 3; ++c) all.channels[c] += piece.channels[c];
        }
    return all;
}

// One grid. Scratch: spans, and the means of two rows of cells with a count beside them.
struct CellScratch {
    Span* spans;      // (cells,)
    i32* means;       // (2, cells, 4): three means and whether the cell has pixels
};

template <bool MASKED>
inline GridSums measure_cells(const Tables& of, const double* lines_x, i64 cells_x, const double* lines_y, i64 cells_y,
                              const CellScratch& scratch) {
    GridSums all{};
    for (i64 i = 0; i < cells_x; ++i)
        scratch.spans[i] = interior(lines_x[i], lines_x[i + 1], (i32)of.step, (i32)of.width() - 1);
    for (i64 j = 0; j < cells_y; ++j) {
        const Span down = interior(lines_y[j], lines_y[j + 1], (i32)of.step, (i32)of.height() - 1);
        i32 *means = scratch.means + (j & 1) * 4 * cells_x, *before = scratch.means + (1 - (j & 1)) * 4 * cells_x;
        for (i64 i = 0; i < cells_x; ++i) {
            const Span across = scratch.spans[i];
            const i64 area = (i64)(down.end - down.begin) * (across.end - across.begin) * of.step * of.step;
            const CellSums sums = area <= MOST_PIXELS ? sums_in<MASKED>(of, down.begin, down.end, across.begin, across.end)
                                                  : sums_of_pieces<MASKED>(of, down.begin, down.end, across.begin, across.end);
            i32* mean = means + 4 * i;
            mean[3] = sums.pixels > 0;
            if (!sums.pixels) continue;
            all.deviations += area <= MOST_PIXELS ? deviation(sums) : large_deviation(sums);
            all.pixels += sums.pixels, all.cells += 1;
            for (int c = 0; c < 3; ++c) mean[c] = mean_of(sums.channels[c], sums.pixels);
            const auto step_from = [&](const i32* other, u64& steps, u64& pairs) {
                if (!other[3]) return;
                for (int c = 0; c < 3; ++c) {
                    const i64 step = mean[c] - other[c];
                    steps += (u64)(step * step);
                }
                ++pairs;
            };
            if (i > 0) step_from(mean - 4, all.steps_x, all.pairs_x);
            if (j > 0) step_from(before + 4 * i, all.steps_y, all.pairs_y);
        }
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

// How alike the lines of one axis are; see Classes.
inline double alike(const float* profile, i64 length, const double* lines, i64 count, double pitch) {
    const i64 fifth = (i64)(0.2 * pitch), reach = fifth > 1 ? fifth : 1;
    Classes classes = no_classes();
    for (i64 k = 1; k + 1 < count; ++k) {
        const i64 centre = floor_of(lines[k] + 0.5), from = centre - reach, to = centre + reach;
        double energy = 0;
        for (i64 i = from > 0 ? from : 0; i <= (to < length ? to : length); ++i) energy += profile[i];
        add_line(classes, k - 1, energy);
    }
    return subharmonic(classes, count - 2);
}

// Profiles of one axis at up to four scales, finest first.
struct ScaledProfiles {
    const float* values;  // (count, length + 1)
    i64 length;
    const i32* scales;
    i64 count;
};

inline double alike_at_scale(const ScaledProfiles& of, const double* lines, i64 count) {
    const double pitch = pitch_of(lines, count);
    i64 k = 0;
    while (k + 1 < of.count && pitch >= 3.99 * of.scales[k + 1]) ++k;
    return alike(of.values + k * (of.length + 1), of.length, lines, count, pitch);
}

inline void alike_lines(const ScaledProfiles& of, const double* lines, const i64* first, double* ratios, i64 begin, i64 end) {
    for (i64 k = begin; k < end; ++k) ratios[k] = alike_at_scale(of, lines + first[k], first[k + 1] - first[k]);
}

}  // namespace pk::PK_LEVEL
