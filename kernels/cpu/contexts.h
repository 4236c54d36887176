// Rows of expected magnitudes, from the maps of what is coded already: the sum over the neighbours of a coefficient, each
// times a weight that was fitted to photographs.
namespace pk::PK_LEVEL {

// to[j] = the 3x3 neighbourhood of map[j] with weights 1 2 1, 2 4 2, 1 2 1
PK_INLINE void smooth_row(const u8* map, i64 stride, i64 cols, u16* column, u16* to) {
    const u8 *above = map - stride - 1, *here = map - 1, *below = map + stride - 1;
    for (i64 j = 0; j < cols + 2; ++j) column[j] = (u16)(above[j] + 2 * here[j] + below[j]);
    for (i64 j = 0; j < cols; ++j) to[j] = (u16)(column[j] + 2 * column[j + 1] + column[j + 2]);
}

PK_INLINE void add_source(const u8* map, i64 stride, i64 cols, i32 weight, i32 smooth_weight, i32* expected) {
    u16 column[WIDEST + 2], smooth[WIDEST];
    if (!(weight | smooth_weight)) return;
    smooth_row(map, stride, cols, column, smooth);
    for (i64 j = 0; j < cols; ++j) expected[j] += weight * map[j] + smooth_weight * smooth[j];
}

PK_INLINE void add_shifted(const u8* map, i64 cols, i32 weight, i32* expected) {
    for (i64 j = 0; j < cols; ++j) expected[j] += weight * map[j];
}

// Expected magnitudes of row r of a segment from other segments and, in the dense profile, from the rows above.
PK_INLINE void expect_row(const Tile& tile, const Segment& segment, const u8* maps, i64 r, i32* expected) {
    const i32* w = tile.weights + segment.table * WEIGHTS;
    const i64 cols = segment.cols;
    for (i64 j = 0; j < cols; ++j) expected[j] = w[BIAS];
    const i64 others[4] = {segment.sibling, segment.second_sibling, segment.luma, segment.chroma};
    for (int k = 0; k < 4; ++k)
        if (others[k] >= 0) {
            const Segment& other = tile.segments[others[k]];
            add_source(maps + other.map + r * other.stride, other.stride, cols, w[SIBLING + 2 * k], w[SIBLING + 2 * k + 1],
                       expected);
        }
    if (segment.parent >= 0) {
        const Segment& parent = tile.segments[segment.parent];
        i32 coarse[WIDEST / 2 + 1];
        const i64 half = (cols + 1) / 2;
        for (i64 j = 0; j < half; ++j) coarse[j] = 0;
        add_source(maps + parent.map + (r >> 1) * parent.stride, parent.stride, half, w[PARENT], w[PARENT + 1], coarse);
        for (i64 j = 0; j < cols / 2; ++j) {
            expected[2 * j] += coarse[j];
            expected[2 * j + 1] += coarse[j];
        }
        if (cols & 1) expected[cols - 1] += coarse[half - 1];
    }
    if (tile.dense) {
        const u8* above = maps + segment.map + (r - 1) * segment.stride;
        add_shifted(above, cols, w[NORTH], expected);
        add_shifted(above - 1, cols, w[NORTHWEST], expected);
        add_shifted(above + 1, cols, w[NORTHEAST], expected);
        add_shifted(above - segment.stride, cols, w[NORTH_NORTH], expected);
    }
}

}  // namespace pk::PK_LEVEL
