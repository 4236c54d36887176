// The cells and pixels that a loop takes at a time: as many whole cells of one row of cells as fit into TILE columns.
namespace pk::PK_LEVEL {

constexpr int TILE = 512;  // columns

// Some cells of one row of cells, [first, last), and the picture's columns that they cover.
struct Group {
    i64 row, first, last;
    i64 left(const Axis& x) const { return x.edges[first]; }
    i64 right(const Axis& x) const { return x.edges[last]; }
};

// Calls use(x0, n) with the tiles of a group, from left to right: one, unless it is one wide cell.
template <class Use>
PK_INLINE void for_tiles(const Grid& grid, const Group& group, Use use) {
    for (i64 x0 = group.left(grid.x), right = group.right(grid.x); x0 < right; x0 += TILE)
        use(x0, right - x0 < TILE ? right - x0 : (i64)TILE);
}

// Calls use(cell, begin, end) with the cells of a group and their columns within a tile.
template <class Use>
PK_INLINE void for_cells(const Grid& grid, const Group& group, i64 x0, i64 n, Use use) {
    for (i64 b = group.first; b < group.last; ++b) {
        const i64 begin = grid.x.edges[b] - x0, end = grid.x.edges[b + 1] - x0;
        use(b, begin > 0 ? begin : (i64)0, end < n ? end : n);
    }
}

// Calls use(cell, pixels of the core) for each cell of a group: use's second argument calls its own with each pixel.
template <int channels, class Use>
PK_INLINE void for_cores(const Picture& picture, const Grid& grid, const Group& group, Use use) {
    for (i64 b = group.first; b < group.last; ++b)
        use(b, [&](auto each) {
            for (i64 y = grid.y.core[group.row]; y < grid.y.core_end[group.row]; ++y) {
                const u8* row = picture.pixels + y * picture.cols * channels;
                for (i64 x = grid.x.core[b]; x < grid.x.core_end[b]; ++x) each(row + x * channels);
            }
        });
}

}  // namespace pk::PK_LEVEL
