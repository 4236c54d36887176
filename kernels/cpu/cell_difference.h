// How many pixels of each cell differ from the cell's colour, in its core and in its halo, in one pass over the picture.
//
// The pixels of a row are compared all alike with a row of the cells' colours, whose bytes lie as the picture's do; each
// column counts on its own, and a cell adds its columns. Counts are bytes for up to 255 rows. Takes 10 kB of stack.
namespace pk::PK_LEVEL {

constexpr int STRETCH = 1024;  // columns at a time, wherever they begin

template <int channels>
struct Stretch {
    u8 colours[STRETCH * channels];
    u8 off[STRETCH * channels];  // 1 where a channel is off
    u8 core[STRETCH], halo[STRETCH];  // counts of differing pixels per column, in rows of the core and in the others
};

template <int channels>
PK_INLINE void compare_row(const u8* __restrict pixels, i64 n, int threshold, Stretch<channels>& s, u8* __restrict counts) {
    for (i64 i = 0; i < n * channels; ++i) {
        const u8 a = pixels[i], b = s.colours[i];
        const u8 off = a > b ? (u8)(a - b) : (u8)(b - a);
        s.off[i] = off > (u8)threshold;
    }
    for (i64 x = 0; x < n; ++x) {
        u8 any = 0;
        for (int c = 0; c < channels; ++c) any |= s.off[x * channels + c];
        if (channels == 4)  // what is transparent in both has no colour to differ in
            any &= (u8)((pixels[x * channels + channels - 1] | s.colours[x * channels + channels - 1]) != 0);
        counts[x] = (u8)(counts[x] + any);
    }
}

// The rows of cells [begin, end).
template <int channels>
void difference_rows(const Picture& picture, const Grid& grid, const u8* sprite, int threshold, i32* core, i32* halo, i64 begin,
                     i64 end) {
    Stretch<channels> s;
    for (i64 row = begin; row < end; ++row) {
        const u8* colours = sprite + row * grid.x.cells * channels;
        i32* in_core = core + row * grid.x.cells;
        i32* in_halo = halo + row * grid.x.cells;
        for (i64 b = 0; b < grid.x.cells; ++b) in_core[b] = in_halo[b] = 0;
        i64 cell = 0;  // that the stretch begins in
        for (i64 x0 = 0; x0 < picture.cols; x0 += STRETCH) {
            const i64 n = picture.cols - x0 < STRETCH ? picture.cols - x0 : (i64)STRETCH;
            while (grid.x.edges[cell + 1] <= x0) ++cell;
            i64 b = cell;
            for (i64 x = 0; x < n; ++x) {
                if (grid.x.edges[b + 1] <= x0 + x) ++b;
                for (int c = 0; c < channels; ++c) s.colours[x * channels + c] = colours[b * channels + c];
            }
            const i64 bottom = grid.y.edges[row + 1];
            for (i64 top = grid.y.edges[row]; top < bottom; top += 255) {
                for (i64 x = 0; x < n; ++x) s.core[x] = s.halo[x] = 0;
                for (i64 y = top; y < bottom && y < top + 255; ++y) {
                    const bool inside = y >= grid.y.core[row] && y < grid.y.core_end[row];
                    compare_row<channels>(picture.pixels + (y * picture.cols + x0) * channels, n, threshold, s,
                                          inside ? s.core : s.halo);
                }
                b = cell;
                for (i64 x = 0; x < n; ++x) {
                    if (grid.x.edges[b + 1] <= x0 + x) ++b;
                    const bool inside = x0 + x >= grid.x.core[b] && x0 + x < grid.x.core_end[b];
                    in_core[b] += inside ? s.core[x] : 0;
                    in_halo[b] += inside ? s.halo[x] : s.core[x] + s.halo[x];
                }
            }
        }
    }
}

inline void differences(const Picture& picture, const Grid& grid, int channels, const u8* sprite, int threshold, i32* core,
                        i32* halo, i64 begin, i64 end) {
    if (channels == 1) return difference_rows<1>(picture, grid, sprite, threshold, core, halo, begin, end);
    if (channels == 3) return difference_rows<3>(picture, grid, sprite, threshold, core, halo, begin, end);
    return difference_rows<4>(picture, grid, sprite, threshold, core, halo, begin, end);
}

}  // namespace pk::PK_LEVEL
