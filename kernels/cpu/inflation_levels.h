// The equations of coarse cells, from those of the four cells in each.
namespace pk::PK_LEVEL {

// Rows of what is merged: in order of Outline's planes, edges to the left, right, above and below.
struct Described {
    const float *load, *rightward, *downward, *edges[4], *distances[4];
};

// A row of cells from two rows half their size; `side` is the side of the smaller ones.
PK_INLINE void merge_rows(const Described& top, const Described& bottom, float side, i64 cells, float* __restrict load,
                          float* __restrict rightward, float* __restrict downward, float* const edges[4],
                          float* const distances[4]) {
    for (i64 j = 0; j < cells; ++j)
        load[j] = total(top.load[2 * j], top.load[2 * j + 1], bottom.load[2 * j], bottom.load[2 * j + 1]);
    // edges in pixels over the distance of centres in pixels, which has doubled
    for (i64 j = 0; j < cells; ++j) rightward[j] = 0.5f * (top.rightward[2 * j + 1] + bottom.rightward[2 * j + 1]);
    for (i64 j = 0; j < cells; ++j) downward[j] = 0.5f * (bottom.downward[2 * j] + bottom.downward[2 * j + 1]);
    for (int way = 0; way < 4; ++way) {
        const float *top_edges = top.edges[way], *top_distances = top.distances[way];
        const float *bottom_edges = bottom.edges[way], *bottom_distances = bottom.distances[way];
        float *__restrict count = edges[way], *__restrict distance = distances[way];
        for (i64 j = 0; j < cells; ++j) {
            const Edges a{top_edges[2 * j], top_distances[2 * j]}, b{top_edges[2 * j + 1], top_distances[2 * j + 1]};
            const Edges c{bottom_edges[2 * j], bottom_distances[2 * j]};
            const Edges d{bottom_edges[2 * j + 1], bottom_distances[2 * j + 1]};
            const Edges all = way == 0   ? of_coarse(a, c, b, d, side)
                              : way == 1 ? of_coarse(b, d, a, c, side)
                              : way == 2 ? of_coarse(a, b, c, d, side)
                                         : of_coarse(c, d, a, b, side);
            count[j] = all.count;
            distance[j] = all.distances;
        }
    }
}

// Columns first .. first + 2 cells of row i of the image; 0 beyond it. A neighbour beyond a free side counts as inside.
struct DescribedPixels {
    alignas(64) float planes[7][2 * HALF];

    PK_INLINE Described read(const Image& image, i64 i, i64 first, i64 cells) {
        const i64 wide = i >= image.rows ? 0 : first + 2 * cells < image.cols ? 2 * cells : image.cols - first;
        for (int plane = 0; plane < 7; ++plane)
            for (i64 j = wide; j < 2 * cells; ++j) planes[plane][j] = 0;
        const u8* own = image.inside + i * image.inside_row + first;
        const float at_top = image.free & TOP ? 1 : 0, at_bottom = image.free & BOTTOM ? 1 : 0;
        const bool is_top = i == 0, is_bottom = i + 1 == image.rows;
        const u8 *up = is_top ? own : own - image.inside_row, *down = is_bottom ? own : own + image.inside_row;
        for (i64 j = 0; j < wide; ++j) {
            const float inside = own[j], above = is_top ? at_top : (float)up[j], below = is_bottom ? at_bottom : (float)down[j];
            planes[0][j] = LOAD * inside;
            planes[2][j] = is_bottom ? 0 : inside * below;
            planes[5][j] = inside * (1 - above);
            planes[6][j] = inside * (1 - below);
        }
        // The first and last column have no pixel beside them.
        const i64 from = first == 0, to = first + wide == image.cols ? wide - 1 : wide;
        for (i64 j = from; j < wide; ++j) planes[3][j] = (float)own[j] * (1 - (float)own[j - 1]);
        for (i64 j = 0; j < to; ++j) planes[1][j] = (float)own[j] * (float)own[j + 1];
        for (i64 j = 0; j < to; ++j) planes[4][j] = (float)own[j] * (1 - (float)own[j + 1]);
        if (wide > 0 && from == 1) planes[3][0] = image.free & LEFT ? 0 : own[0];
        if (wide > 0 && to < wide) {
            planes[1][wide - 1] = 0;
            planes[4][wide - 1] = image.free & RIGHT ? 0 : own[wide - 1];
        }
        const float* edges = planes[3];
        return {planes[0], planes[1], planes[2], {edges, planes[4], planes[5], planes[6]}, {edges, planes[4], planes[5], planes[6]}};
    }
};

struct Written {
    float *load, *rightward, *downward, *edges[4], *distances[4];
};
PK_INLINE Written row_of(const Cells& cells, const Cells& outline, i64 k, i64 first) {
    const i64 at = k * cells.pitch() + first;
    const auto edges = [&](int way) { return outline.plane(way) + at; };
    const auto distances = [&](int way) { return outline.plane(4 + way) + at; };
    return {cells.plane(Cells::LOAD_ALL) + at,
            cells.plane(Cells::RIGHTWARD) + at,
            cells.plane(Cells::DOWNWARD) + at,
            {edges(0), edges(1), edges(2), edges(3)},
            {distances(0), distances(1), distances(2), distances(3)}};
}

// Rows begin..end of the level below the image.
inline void merge_pixels(const Image& image, const Cells& below, const Cells& outline, i64 begin, i64 end) {
    DescribedPixels top, bottom;
    for (i64 k = begin; k < end; ++k)
        for (i64 first = 0; first < below.cols; first += HALF) {
            const i64 cells = below.cols - first < HALF ? below.cols - first : HALF;
            const Written to = row_of(below, outline, k, first);
            merge_rows(top.read(image, 2 * k, 2 * first, cells), bottom.read(image, 2 * k + 1, 2 * first, cells), 1, cells,
                       to.load, to.rightward, to.downward, to.edges, to.distances);
        }
}

// Of the level below another one, whose cells have `side` pixels. Odd rows and columns end in the frame, which is 0.
inline void merge_cells(const Cells& at, const Cells& outline, float side, const Cells& below, const Cells& outline_below,
                        i64 begin, i64 end) {
    const auto described = [&](i64 i) {
        const Written row = row_of(at, outline, i, 0);
        const auto &e = row.edges, &d = row.distances;
        return Described{row.load, row.rightward, row.downward, {e[0], e[1], e[2], e[3]}, {d[0], d[1], d[2], d[3]}};
    };
    for (i64 k = begin; k < end; ++k) {
        const Written to = row_of(below, outline_below, k, 0);
        merge_rows(described(2 * k), described(2 * k + 1), side, below.cols, to.load, to.rightward, to.downward, to.edges,
                   to.distances);
    }
}

// What leaves cells, and the inverse of their diagonals; 0 where there is no pixel.
inline void close_cells(const Cells& at, const Cells& outline, i64 begin, i64 end) {
    const i64 pitch = at.pitch();
    for (i64 i = begin; i < end; ++i) {
        const Written row = row_of(at, outline, i, 0);
        float *__restrict hold = at.plane(Cells::HOLD) + i * pitch, *__restrict inverse = at.plane(Cells::INVERSE) + i * pitch;
        const float *__restrict right = row.rightward, *__restrict down = row.downward;
        for (i64 j = 0; j < at.cols; ++j) {
            const auto way = [&](int w) { return hold_of({row.edges[w][j], row.distances[w][j]}); };
            hold[j] = (way(0) + way(1)) + (way(2) + way(3));
            inverse[j] = inverse_diagonal(weights_at(right + j, down + j, hold + j, pitch));
        }
    }
}

}  // namespace pk::PK_LEVEL
