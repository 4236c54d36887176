#include "cpu/level.h"
#include "maths/shadows.h"

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

}  // namespace pk

#define PK_LOOPS "cpu/shadows.h"
#include "cpu/compile_levels.h"

namespace pk {

// Lines begin..end, counted from `first_line`.
void cast_shadow(const float* height, const u8* inside, float* light, i64 by_row, i64 by_col, i64 rows, i64 cols, double slope,
                 float rise, float bias, i32 light_number, float lights, i64 first_line, i64 begin, i64 end) {
    const Field field{height, inside, light, {by_row, by_col}, rows, cols, light_number, lights};
    const Ray ray{slope, rise, bias, 1 / rise};
    PK_AT_LEVEL(cast_lines, field, ray, first_line + begin, first_line + end);
}

}  // namespace pk
