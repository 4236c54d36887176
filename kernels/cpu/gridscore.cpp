#include "cpu/level.h"
#include "maths/gridscore.h"

#define PK_LOOPS "cpu/grid_profiles.h"
#include "cpu/compile_levels.h"
#define PK_LOOPS "cpu/grid_differences.h"
#include "cpu/compile_levels.h"
#define PK_LOOPS "cpu/grid_tables.h"
#include "cpu/compile_levels.h"
#define PK_LOOPS "cpu/grid_measures.h"
#include "cpu/compile_levels.h"

namespace pk {

void count_differences(const u8* pixels, i64 length, i64 along, i64 across, int channels, int k, i64 every, u16* scratch,
                       u64* counts, i64 begin, i64 end) {
    PK_AT_LEVEL(count_any, {pixels, length, along, across}, channels, k, every, scratch, counts, begin, end);
}

void thresholds(u64* counts, bool has_comb, i32* limits) {
    const Thresholds found = thresholds_of(counts, has_comb);
    limits[0] = found.usual, limits[1] = found.comb;
}

void gather_evidence(const u8* pixels, i64 rows, i64 cols, int channels, const i32* thresholds, u16* scratch, i64* sums_x,
                     i64* sums_y, i64 begin, i64 end) {
    PK_AT_LEVEL(gather_any, {pixels, rows, cols}, channels, {thresholds}, scratch, sums_x, sums_y, begin, end);
}

void total_columns(const u8* pixels, const u8* mask, i64 rows, i64 cols, int channels, i64 step, u32* scratch, u32* totals,
                   u32* total_counts, i64 begin, i64 end) {
    PK_AT_LEVEL(total_any, {pixels, mask, rows, cols, step}, channels, scratch, totals, total_counts, begin, end);
}

void sum_rows(const u8* pixels, const u8* mask, i64 rows, i64 cols, int channels, i64 step, u32* scratch, u32* table, u32* counts,
              i64 begin, i64 end) {
    PK_AT_LEVEL(sum_any, {pixels, mask, rows, cols, step}, channels, scratch, table, counts, begin, end);
}

void measure_meshes(const u32* records, const u32* counts, i64 rows, i64 cols, i64 step, const double* lines_x,
                    const i64* first_x, const double* lines_y, const i64* first_y, i32* scratch, i64 cells, u64* sums, i64 begin,
                    i64 end) {
    PK_AT_LEVEL(measure_any, {records, counts, rows, cols, step}, {lines_x, lines_y, first_x, first_y},
                {(Span*)scratch, scratch + 2 * cells, scratch + 3 * cells}, (GridSums*)sums, begin, end);
}

void line_residues(const float* profiles, i64 length, const i32* scales, i64 count, const double* lines, const i64* first,
                   double* ratios, i64 begin, i64 end) {
    PK_AT_LEVEL(line_residues, {profiles, length, scales, count}, lines, first, ratios, begin, end);
}

// One division and at most two logarithms per grid.
void finish(const u64* sums, double* error, double* contrast_x, double* contrast_y, i64 count) {
    for (i64 i = 0; i < count; ++i) {
        const GridSums& of = ((const GridSums*)sums)[i];
        error[i] = error_of(of.deviations, of.pixels);
        contrast_x[i] = contrast_of(of.steps_x, of.pairs_x);
        contrast_y[i] = contrast_of(of.steps_y, of.pairs_y);
    }
}

void scores(const double* errors, const i64* cells, const double* ratios_x, const double* ratios_y, double* to, i64 count) {
    for (i64 i = 0; i < count; ++i)
        to[i] = score_of(errors[i], (u64)cells[i], ratios_x[i] < ratios_y[i] ? ratios_x[i] : ratios_y[i]);
}

void logarithms(const double* x, double* to, i64 count) {
    for (i64 i = 0; i < count; ++i) to[i] = logarithm(x[i]);
}

}  // namespace pk
