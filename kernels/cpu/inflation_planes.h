// What the loops of inflation work on, as its binding fills it in.
#pragma once
#include "maths/platform.h"

namespace pk {

constexpr i64 HALF = 512;  // cells of a coarse row that loops take at a time

// The mask; planes of its size have a frame of one pixel.
struct Image {
    const u8* inside;
    i64 inside_row, rows, cols;
    int free;
    i64 pitch() const { return cols + 2; }
};

// A coarse level: planes one after the other, each with a frame of one cell. Order of _Level in pixkern._inflation.
struct Cells {
    enum { U, OTHER_U, RESIDUAL, LOAD_ALL, RIGHTWARD, DOWNWARD, HOLD, INVERSE };
    float* planes;
    i64 rows, cols;
    i64 pitch() const { return cols + 2; }
    float* plane(int number) const { return planes + (number * (rows + 2) + 1) * pitch() + 1; }
};

}  // namespace pk
