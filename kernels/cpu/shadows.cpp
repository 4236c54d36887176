#include "cpu/level.h"
#include "maths/shadows.h"
#include "maths/spread.h"

namespace pk {

// From row to row, and from column to column, of a field that is turned in memory or not.
struct Strides {
    i64 row, col;
};

// A height field, turned so that the light stands beyond row 0, and the light it gets.
struct Field {
    const float* height;
    const u8* inside;  // null: all of it
    float* light;
    Strides by;
    i64 rows, cols;
    i32 light_number;  // of so many
    float lights;
};

constexpr int MOST_REACH = 28;  // of a Gaussian that is made here, in pixels: 4 sigma, and cells are faster from a sigma of 7 on

struct Picture {
    const float* image;
    i64 rows, cols, channels;
};

// Widths in rising order, and the Gaussian of each; reach -1: none.
struct Widths {
    int count;
    const float *sigmas, *roots;  // roots: square roots
    const i32* reaches;
    const float* weights;  // rows of MOST_REACH + 1
    Gaussian gaussian(int level) const { return {weights + level * (MOST_REACH + 1), reaches[level]}; }
};

template <int N>
struct Count {
    static constexpr int value = N;
};

}  // namespace pk

#define PK_LOOPS "cpu/shadows.h"
#include "cpu/compile_levels.h"
#define PK_LOOPS "cpu/spread.h"
#include "cpu/compile_levels.h"

namespace pk {

// Lines begin..end, counted from `first_line`.
void cast_shadow(const float* height, const u8* inside, float* light, i64 by_row, i64 by_col, i64 rows, i64 cols, double slope,
                 float rise, float bias, i32 light_number, float lights, i64 first_line, i64 begin, i64 end) {
    const Field field{height, inside, light, {by_row, by_col}, rows, cols, light_number, lights};
    const Ray ray{slope, rise, bias, 1 / rise};
    PK_AT_LEVEL(cast_lines, field, ray, first_line + begin, first_line + end);
}

void varying_blur(const float* image, i64 rows, i64 cols, i64 channels, const float* sigma_map, i32 count, const float* sigmas,
                  const float* roots, const i32* reaches, const float* weights, float* out, i64 begin, i64 end) {
    const Widths widths{count, sigmas, roots, reaches, weights};
    PK_AT_LEVEL(varying_rows, Picture{image, rows, cols, channels}, sigma_map, widths, out, begin, end);
}

void add_level(const float* wide, i64 rows, i64 cols, i64 channels, const float* sigma_map, i32 count, const float* sigmas,
               const float* roots, i32 level, float* out, i64 begin, i64 end) {
    const Widths widths{count, sigmas, roots, nullptr, nullptr};
    PK_AT_LEVEL(add_rows, Picture{wide, rows, cols, channels}, sigma_map, widths, level, out, begin, end);
}

void spread(const float* image, i64 rows, i64 cols, i32 count, const i32* reaches, const float* weights, float* out, i64 begin,
            i64 end) {
    const Widths widths{count, nullptr, nullptr, reaches, weights};
    PK_AT_LEVEL(spread_rows, Picture{image, rows, cols, 1}, widths, out, begin, end);
}

}  // namespace pk
