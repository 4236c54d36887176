// Cast shadows: lines away from the light, all of a row at a time, their ceilings in an array.
//
// A band of LINES lines walks down the field, DEEP rows at a time. These rows are copied into a tile first, turned if the
// light stands at the left or right, and the light is copied back the same way: so that all loops run over neighbours. What
// a band copies back are LINES columns, the same ones in all DEEP rows; for the lines that reach them aslant it carries MORE
// lines on its left. Every line is computed from the whole field, wherever bands are cut. Takes 75 kB of stack.
namespace pk::PK_LEVEL {

constexpr i64 LINES = 480, DEEP = 16, MORE = DEEP + 1, WIDE = LINES + MORE + DEEP + 1 + 14;  // 14: for whole cache lines

struct Tile {
    alignas(64) float rows[DEEP][WIDE];
};

// What a copy visits: `deep` rows of the turned field from `first` on, its columns begin..end.
struct Patch {
    i64 first, deep, begin, end;
};

// Calls each(row of the tile, column of the field, offset in the array) in the array's own order.
template <class Each>
PK_INLINE void for_patch(const Patch& at, const Strides& by, Each each) {
    if (by.col == 1) {
        for (i64 k = 0; k < at.deep; ++k)
            for (i64 j = at.begin; j < at.end; ++j) each(k, j, (at.first + k) * by.row + j);
    } else if (by.col == -1) {
        for (i64 k = 0; k < at.deep; ++k)
            for (i64 j = at.begin; j < at.end; ++j) each(k, j, (at.first + k) * by.row - j);
    } else {
        for (i64 j = at.begin; j < at.end; ++j)
            for (i64 k = 0; k < at.deep; ++k) each(k, j, j * by.col + (at.first + k) * by.row);
    }
}

// Columns begin..end of the tile, which is at column `origin` of the field.
PK_INLINE void load_tile(const Field& field, const Patch& at, i64 origin, i64 end, Tile& tile) {
    for (i64 k = 0; k < at.deep; ++k) {
        for (i64 j = origin; j < at.begin; ++j) tile.rows[k][j - origin] = NOWHERE;
        for (i64 j = at.end; j < end; ++j) tile.rows[k][j - origin] = NOWHERE;
    }
    const float* height = field.height;
    const u8* inside = field.inside;
    if (inside)
        for_patch(at, field.by, [&](i64 k, i64 j, i64 from) {
            tile.rows[k][j - origin] = inside[from] ? surface(height[from]) : NOWHERE;
        });
    else
        for_patch(at, field.by, [&](i64 k, i64 j, i64 from) { tile.rows[k][j - origin] = surface(height[from]); });
}

// Adds to the sum over lights; the last one makes it a mean.
PK_INLINE void store_tile(const Field& field, const Patch& at, i64 origin, const Tile& tile) {
    float* out = field.light;
    const float count = field.lights;
    if (field.light_number == 0)
        for_patch(at, field.by, [&](i64 k, i64 j, i64 to) { out[to] = tile.rows[k][j - origin]; });
    else if (field.light_number + 1 < count)
        for_patch(at, field.by, [&](i64 k, i64 j, i64 to) { out[to] += tile.rows[k][j - origin]; });
    else
        for_patch(at, field.by, [&](i64 k, i64 j, i64 to) { out[to] = (out[to] + tile.rows[k][j - origin]) / count; });
}

// One row: heights in, light out, ceilings on. Line i is between pixels i and i + 1; pixel i between lines i - 1 and i.
PK_INLINE void walk_row(const float* __restrict heights, float fraction, const Ray& ray, i64 lines, float* __restrict ceilings,
                        float* __restrict light) {
    alignas(64) float lit[LINES + MORE];
    for (i64 i = 0; i < lines; ++i) {
        const float here = surface_between(heights[i], heights[i + 1], fraction);
        lit[i] = light_under(ceilings[i], here, ray);
        ceilings[i] = next_ceiling(ceilings[i], here, ray);
    }
    for (i64 i = 1; i < lines; ++i) {
        const float both = light_between(lit[i - 1], lit[i], fraction);
        light[i] = heights[i] > LOWEST ? both : 1;
    }
}

PK_INLINE void cast_band(const Field& field, const Ray& ray, i64 begin, i64 end) {
    Tile heights, light;
    alignas(64) float ceilings[LINES + MORE];
    const i64 lines = end - begin + MORE, first_line = begin - MORE;
    for (i64 i = 0; i < lines; ++i) ceilings[i] = NOWHERE;
    for (i64 k = 0; k < field.rows; k += DEEP) {
        const i64 deep = field.rows - k < DEEP ? field.rows - k : DEEP;
        const i64 a = shear(ray.slope, k).whole, b = shear(ray.slope, k + deep - 1).whole, base = a < b ? a : b;
        const i64 origin = first_line + base, last = end + base + DEEP + 1;
        const auto columns = [&](i64 from, i64 to) {
            return Patch{k, deep, from > 0 ? from : 0, to < field.cols ? to : field.cols};
        };
        const Patch seen = columns(origin, last), own = columns(begin + base, end + base);
        if (seen.begin >= seen.end) continue;  // these lines have not come to the field yet, or have left it
        load_tile(field, seen, origin, last, heights);
        for (i64 i = 0; i < deep; ++i) {
            const Shear to = shear(ray.slope, k + i);
            const i64 skip = to.whole - base;
            walk_row(heights.rows[i] + skip, to.fraction, ray, lines, ceilings, light.rows[i] + skip);
        }
        if (own.begin < own.end) store_tile(field, own, origin, light);
    }
}

inline void cast_lines(const Field& field, const Ray& ray, i64 begin, i64 end) {
    for (i64 at = begin; at < end; at += LINES) cast_band(field, ray, at, at + LINES < end ? at + LINES : end);
}

}  // namespace pk::PK_LEVEL
