#include "cpu/level.h"
#include "maths/oklab.h"

namespace pk {

constexpr double infinite = __builtin_inf();

// Clusters as structure of arrays: how many points, and their mean.
struct Clusters {
    double *weight, *x, *y, *z;
};

}  // namespace pk

#define PK_LOOPS "cpu/palettes.h"
#include "cpu/compile_levels.h"
#define PK_LOOPS "cpu/agglomeration.h"
#include "cpu/compile_levels.h"

namespace pk {

void light_of_codes(double* linear) {
    for (int code = 0; code < 511; ++code) linear[code] = srgb_to_linear(code / 510.0);
}

void to_oklab(const double* linear, i64 points, double* oklab, i64 begin, i64 end) {
    PK_AT_LEVEL(oklab_points, linear, points, oklab, begin, end);
}

void nearest(const double* where, i64 points, const double* entries, const double* handicap, i64 count, i32* index,
             i64 begin, i64 end) {
    PK_AT_LEVEL(nearest_entries, where, points, entries, handicap, count, index, begin, end);
}

void floyd_steinberg(const double* linear, const u8* solid, i64 rows, i64 cols, const double* entries,
                     const double* entries_oklab, i64 count, double* error, i32* index) {
    PK_AT_LEVEL(diffuse, linear, solid, rows, cols, entries, entries_oklab, count, error, index);
}

void ward(double* clusters, i64 points, i32* scratch, double* cost, i32* left, i32* right, double* added) {
    const Clusters of{clusters, clusters + points, clusters + 2 * points, clusters + 3 * points};
    PK_AT_LEVEL(ward_tree, of, points, scratch, scratch + points, scratch + 3 * points, cost, left, right, added);
}

void cut(const i32* left, const i32* right, const double* own, i64 points, double* cost) {
    PK_AT_LEVEL(cheapest_cut, left, right, own, points, cost);
}

void owners(const i32* left, const i32* right, const u8* split, i64 points, i32* owner) {
    PK_AT_LEVEL(leaves_of_cut, left, right, split, points, owner);
}

}  // namespace pk
