#include "cpu/level.h"
#include "maths/cells.h"

namespace pk {

struct Picture {
    const u8* pixels;
    i64 cols;
};
// The cells along one axis, in whole pixels: pixel x is of the cell b with edges[b] <= x < edges[b + 1].
struct Axis {
    i64 cells;
    const i32 *edges, *core, *core_end, *middle;
    const float *place, *inner;  // of each pixel: a along this axis, and its eighth power
};
struct Grid {
    Axis y, x;
};

// An axis as pixkern packs it: edges (cells + 1), then core, core_end and middle (cells each); place, then inner.
inline Axis axis(const i32* whole, const float* places, i64 cells, i64 length) {
    const i32* core = whole + cells + 1;
    return {cells, whole, core, core + cells, core + 2 * cells, places, places + length};
}

}  // namespace pk

#define PK_LOOPS "cpu/cells.h"
#include "cpu/compile_levels.h"
#define PK_LOOPS "cpu/cell_difference.h"
#include "cpu/compile_levels.h"

namespace pk {

void cell_colours(const u8* pixels, i64 rows, i64 cols, int channels, const i32* whole_y, const float* places_y, i64 down,
                  const i32* whole_x, const float* places_x, i64 across, int method, u8* sprite, float* spreads, i64 begin,
                  i64 end) {
    const Picture picture{pixels, cols};
    const Grid grid{axis(whole_y, places_y, down, rows), axis(whole_x, places_x, across, cols)};
    PK_AT_LEVEL(colours, picture, grid, channels, method, sprite, spreads, begin, end);
}

void cell_difference(const u8* pixels, i64 rows, i64 cols, int channels, const i32* whole_y, const float* places_y, i64 down,
                     const i32* whole_x, const float* places_x, i64 across, const u8* sprite, int threshold, i32* core,
                     i32* halo, i64 begin, i64 end) {
    const Picture picture{pixels, cols};
    const Grid grid{axis(whole_y, places_y, down, rows), axis(whole_x, places_x, across, cols)};
    PK_AT_LEVEL(differences, picture, grid, channels, sprite, threshold, core, halo, begin, end);
}

}  // namespace pk
