// The colours of rows of cells, and how far a picture is from its cells.
//
// Estimates that weigh every pixel go over all columns of a picture row side by side: each column gathers sums of its own
// from top to bottom, and a cell adds those of its columns from left to right. So columns are lanes of vectors however
// narrow the cells are, and the additions have one order. As many whole cells as fit into TILE columns are done together;
// a wider cell takes several tiles. Takes 80 kB of stack.
#include "cell_groups.h"
#include "cell_cores.h"
namespace pk::PK_LEVEL {

template <int channels>
struct Tile {
    float place[TILE], opaque[TILE], weight[TILE], alpha_weight[TILE], sum[channels][TILE], centre[channels][TILE];
    u8 planes[channels][TILE];  // the pixels of a row, channel by channel: sums over those vectorise, interleaved ones do not
};

template <int channels>
PK_INLINE void split(const u8* __restrict pixels, i64 n, Tile<channels>& tile) {
    for (i64 x = 0; x < n; ++x)
        _Pragma("GCC unroll 4") for (int c = 0; c < channels; ++c) tile.planes[c][x] = pixels[x * channels + c];
}

// Adds one row of pixels to the sums of the channels from `first` on in their columns; `row` is the place down the cell.
// Colours and alpha are two loops, and all arrays are members of one tile, or GCC 12 does not vectorise them: 5 times slower.
template <int channels, int first, int count, bool by_colour>
PK_INLINE void gather_row(i64 n, float row, int pass, Tile<channels>& tile) {
    constexpr bool alpha = channels == 4 && first > 0;
    float(&weights)[TILE] = alpha ? tile.alpha_weight : tile.weight;
    const float(&places)[TILE] = channels < 4 || alpha ? tile.place : tile.opaque;
    for (i64 x = 0; x < n; ++x) {
        float centre[count];
        Gathered<count> here;
        here.weight = weights[x];
        for (int c = 0; c < count; ++c) {
            centre[c] = tile.centre[first + c][x];
            here.sum[c] = tile.sum[first + c][x];
        }
        gather<count, by_colour>([&](int c) { return (float)tile.planes[first + c][x]; }, row * places[x], centre, pass, here);
        weights[x] = here.weight;
        for (int c = 0; c < count; ++c) tile.sum[first + c][x] = here.sum[c];
    }
}

// Adds one row of weighted squared distances from the cells' colours.
template <int channels>
PK_INLINE void gather_squares(const u8* pixels, i64 n, float row, Tile<channels>& tile) {
    split(pixels, n, tile);
    for (i64 x = 0; x < n; ++x) {
        float squares = 0, weight = row * tile.place[x];
        if (channels == 4) weight *= (float)tile.planes[channels - 1][x];
        for (int c = 0; c < Colours<channels>::count; ++c) {
            const float off = (float)tile.planes[c][x] - tile.centre[c][x];
            squares += off * off;
        }
        tile.weight[x] += weight;
        tile.sum[0][x] += weight * squares;
    }
}

// One pass of the estimate, the sums of a group's cells; `centres` holds an estimate per cell of the group.
template <int channels, bool by_colour>
void weigh(const Picture& picture, const Grid& grid, const Group& group, int pass, float (*centres)[channels]) {
    Tile<channels> tile;
    Totals<channels> totals[TILE];
    for (i64 k = 0; k < group.last - group.first; ++k) totals[k] = Totals<channels>();
    const float* across = by_colour ? grid.x.place : grid.x.inner;
    const float* down = by_colour ? grid.y.place : grid.y.inner;
    for_tiles(grid, group, [&](i64 x0, i64 n) {
        for (i64 x = 0; x < n; ++x) {
            tile.place[x] = across[x0 + x];
            tile.weight[x] = tile.alpha_weight[x] = 0;
            for (int c = 0; c < channels; ++c) tile.sum[c][x] = 0;
        }
        for_cells(grid, group, x0, n, [&](i64 b, i64 begin, i64 end) {
            for (int c = 0; c < channels; ++c)
                for (i64 x = begin; x < end; ++x) tile.centre[c][x] = centres[b - group.first][c];
        });
        for (i64 y = grid.y.edges[group.row]; y < grid.y.edges[group.row + 1]; ++y) {
            split(picture.pixels + (y * picture.cols + x0) * channels, n, tile);
            if constexpr (channels == 4) {
                gather_row<channels, channels - 1, 1, by_colour>(n, down[y], pass, tile);
                for (i64 x = 0; x < n; ++x) tile.opaque[x] = tile.place[x] * (float)tile.planes[channels - 1][x];
            }
            gather_row<channels, 0, Colours<channels>::count, by_colour>(n, down[y], pass, tile);
        }
        for_cells(grid, group, x0, n, [&](i64 b, i64 begin, i64 end) {
            Totals<channels>& total = totals[b - group.first];
            for (i64 x = begin; x < end; ++x) {
                total.weight += (double)tile.weight[x];
                total.alpha_weight += (double)tile.alpha_weight[x];
                for (int c = 0; c < channels; ++c) total.sum[c] += (double)tile.sum[c][x];
            }
        });
    });
    const u8* middles = picture.pixels + grid.y.middle[group.row] * picture.cols * channels;
    for (i64 b = group.first; b < group.last; ++b)
        estimate(totals[b - group.first], middles + (i64)grid.x.middle[b] * channels, centres[b - group.first]);
}

// How far the pixels of a group's cells are from the cells' colours.
template <int channels>
void disagree(const Picture& picture, const Grid& grid, const Group& group, const u8* sprite, float* spreads) {
    Tile<channels> tile;
    double weights[TILE], squares[TILE];
    for (i64 k = 0; k < group.last - group.first; ++k) weights[k] = squares[k] = 0;
    const i64 base = group.row * grid.x.cells;
    for_tiles(grid, group, [&](i64 x0, i64 n) {
        for (i64 x = 0; x < n; ++x) {
            tile.place[x] = grid.x.place[x0 + x];
            tile.weight[x] = tile.sum[0][x] = 0;
        }
        for_cells(grid, group, x0, n, [&](i64 b, i64 begin, i64 end) {
            for (int c = 0; c < channels; ++c)
                for (i64 x = begin; x < end; ++x) tile.centre[c][x] = (float)sprite[(base + b) * channels + c];
        });
        for (i64 y = grid.y.edges[group.row]; y < grid.y.edges[group.row + 1]; ++y)
            gather_squares<channels>(picture.pixels + (y * picture.cols + x0) * channels, n, grid.y.place[y], tile);
        for_cells(grid, group, x0, n, [&](i64 b, i64 begin, i64 end) {
            for (i64 x = begin; x < end; ++x) {
                weights[b - group.first] += (double)tile.weight[x];
                squares[b - group.first] += (double)tile.sum[0][x];
            }
        });
    });
    for (i64 b = group.first; b < group.last; ++b)
        spreads[base + b] = spread(squares[b - group.first], weights[b - group.first], Colours<channels>::count);
}

struct Inlier {
    template <int channels>
    static void colours(const Picture& picture, const Grid& grid, const Group& group, u8* sprite) {
        float centres[TILE][channels] = {};
        weigh<channels, false>(picture, grid, group, 0, centres);
        for (int pass = 0; pass < PASSES; ++pass) weigh<channels, true>(picture, grid, group, pass, centres);
        for (i64 b = group.first; b < group.last; ++b)
            store<channels>(centres[b - group.first], sprite + (group.row * grid.x.cells + b) * channels);
    }
};

// Colours and spreads of the rows of cells [begin, end).
template <int channels, class Method>
void colour_rows(const Picture& picture, const Grid& grid, Method, u8* sprite, float* spreads, i64 begin, i64 end) {
    for (i64 row = begin; row < end; ++row)
        for (i64 first = 0, last; first < grid.x.cells; first = last) {
            last = first + 1;
            while (last < grid.x.cells && grid.x.edges[last + 1] - grid.x.edges[first] <= TILE) ++last;
            const Group group{row, first, last};
            Method::template colours<channels>(picture, grid, group, sprite);
            disagree<channels>(picture, grid, group, sprite, spreads);
        }
}

template <int channels>
void colour_rows(const Picture& picture, const Grid& grid, int method, u8* sprite, float* spreads, i64 begin, i64 end) {
    if (method == INLIER) return colour_rows<channels>(picture, grid, Inlier(), sprite, spreads, begin, end);
    if (method == MEDIAN) return colour_rows<channels>(picture, grid, Median(), sprite, spreads, begin, end);
    if (method == MODE) return colour_rows<channels>(picture, grid, Mode(), sprite, spreads, begin, end);
    return colour_rows<channels>(picture, grid, Centre(), sprite, spreads, begin, end);
}

inline void colours(const Picture& picture, const Grid& grid, int channels, int method, u8* sprite, float* spreads, i64 begin,
                    i64 end) {
    if (channels == 1) return colour_rows<1>(picture, grid, method, sprite, spreads, begin, end);
    if (channels == 3) return colour_rows<3>(picture, grid, method, sprite, spreads, begin, end);
    return colour_rows<4>(picture, grid, method, sprite, spreads, begin, end);
}

}  // namespace pk::PK_LEVEL
