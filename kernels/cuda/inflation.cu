// The GPU loops of inflation: one thread per pixel or cell, sweeps from plane to plane as on the CPU; any launch shape.
#include "maths/inflation.h"

namespace pk {

struct Image {
    const u8* inside;
    i64 inside_row, rows, cols;
    int free;
    PK_INLINE i64 pitch() const { return cols + 2; }
    PK_INLINE float own(i64 i, i64 j) const { return inside[i * inside_row + j]; }
    // Beyond a free side as if inside: no edge to the outside.
    PK_INLINE float beside(i64 i, i64 j) const {
        if (i < 0) return free & TOP ? 1 : 0;
        if (i >= rows) return free & BOTTOM ? 1 : 0;
        if (j < 0) return free & LEFT ? 1 : 0;
        if (j >= cols) return free & RIGHT ? 1 : 0;
        return own(i, j);
    }
};

struct Cells {
    enum { U, OTHER_U, RESIDUAL, LOAD_ALL, RIGHTWARD, DOWNWARD, HOLD, INVERSE };
    float* planes;
    i64 rows, cols;
    PK_INLINE i64 pitch() const { return cols + 2; }
    PK_INLINE float* plane(int number) const { return planes + (number * (rows + 2) + 1) * pitch() + 1; }
    PK_INLINE float* at(int number, i64 i, i64 j) const { return plane(number) + i * pitch() + j; }
};

// A value of u, and its copies in the frame beside free sides.
PK_INLINE void put(const Image& image, float* u, i64 i, i64 j, float value) {
    const i64 pitch = image.pitch();
    float* at = u + i * pitch + j;
    *at = value;
    if (j == 0 && image.free & LEFT) at[-1] = value;
    if (j == image.cols - 1 && image.free & RIGHT) at[1] = value;
    if (i == 0 && image.free & TOP) at[-pitch] = value;
    if (i == image.rows - 1 && image.free & BOTTOM) at[pitch] = value;
}

PK_INLINE float residual_of(const Image& image, const float* u, i64 i, i64 j) {
    if (i >= image.rows || j >= image.cols) return 0;
    const i64 pitch = image.pitch();
    const float* at = u + i * pitch + j;
    return pixel_residual(image.own(i, j), inflow(at[0], at[-1], at[1], at[-pitch], at[pitch]));
}

PK_INLINE Weights weights_of(const Cells& cells, i64 i, i64 j) {
    const float *right = cells.at(Cells::RIGHTWARD, i, j), *down = cells.at(Cells::DOWNWARD, i, j);
    return {right[-1], right[0], down[-cells.pitch()], down[0], *cells.at(Cells::HOLD, i, j)};
}

PK_INLINE float residual_of(const Cells& cells, int load, int from, i64 i, i64 j) {
    if (i >= cells.rows || j >= cells.cols) return 0;
    const i64 pitch = cells.pitch();
    const float* u = cells.at(from, i, j);
    return cell_residual(weights_of(cells, i, j), *cells.at(load, i, j), u[0], u[-1], u[1], u[-pitch], u[pitch]);
}

PK_INLINE i64 within(i64 i, i64 n) { return i < 0 ? 0 : i < n ? i : n - 1; }

PK_INLINE float correction(const Cells& below, int from, i64 i, i64 j) {
    const i64 k = i / 2, l = j / 2;
    const i64 above = within(i % 2 ? k + 1 : k - 1, below.rows), beside = within(j % 2 ? l + 1 : l - 1, below.cols);
    return corrected(*below.at(from, k, l), *below.at(from, k, beside), *below.at(from, above, l), *below.at(from, above, beside));
}

// What a pixel has to the outside and to its neighbours, in the order of planes.
struct Described {
    float load, rightward, downward;
    Edges edges[4];
};
PK_INLINE Described described(const Image& image, i64 i, i64 j) {
    if (i >= image.rows || j >= image.cols) return {};
    const float own = image.own(i, j);
    const float left = own * (1 - image.beside(i, j - 1)), right = own * (1 - image.beside(i, j + 1));
    const float up = own * (1 - image.beside(i - 1, j)), down = own * (1 - image.beside(i + 1, j));
    return {LOAD * own,
            j + 1 < image.cols ? own * image.own(i, j + 1) : 0,
            i + 1 < image.rows ? own * image.own(i + 1, j) : 0,
            {{left, left}, {right, right}, {up, up}, {down, down}}};
}
PK_INLINE Described described(const Cells& cells, const Cells& outline, i64 i, i64 j) {
    const auto edges = [&](int way) { return Edges{*outline.at(way, i, j), *outline.at(4 + way, i, j)}; };
    return {*cells.at(Cells::LOAD_ALL, i, j), *cells.at(Cells::RIGHTWARD, i, j), *cells.at(Cells::DOWNWARD, i, j),
            {edges(0), edges(1), edges(2), edges(3)}};
}
PK_INLINE void merge(const Described& a, const Described& b, const Described& c, const Described& d, float side,
                     const Cells& to, const Cells& outline, i64 k, i64 l) {
    *to.at(Cells::LOAD_ALL, k, l) = total(a.load, b.load, c.load, d.load);
    *to.at(Cells::RIGHTWARD, k, l) = 0.5f * (b.rightward + d.rightward);
    *to.at(Cells::DOWNWARD, k, l) = 0.5f * (c.downward + d.downward);
    const Edges all[4] = {of_coarse(a.edges[0], c.edges[0], b.edges[0], d.edges[0], side),
                          of_coarse(b.edges[1], d.edges[1], a.edges[1], c.edges[1], side),
                          of_coarse(a.edges[2], b.edges[2], c.edges[2], d.edges[2], side),
                          of_coarse(c.edges[3], d.edges[3], a.edges[3], b.edges[3], side)};
    for (int way = 0; way < 4; ++way) {
        *outline.at(way, k, l) = all[way].count;
        *outline.at(4 + way, k, l) = all[way].distances;
    }
}

}  // namespace pk

#define PK_EACH(count)                                                                                                   \
    for (pk::i64 n = blockIdx.x * (pk::i64)blockDim.x + threadIdx.x; n < (count); n += (pk::i64)gridDim.x * blockDim.x)
#define PK_IMAGE const pk::u8 *__restrict__ inside, pk::i64 inside_row, pk::i64 rows, pk::i64 cols, int free
#define PK_KERNEL extern "C" __global__ void __launch_bounds__(256)
using pk::i64;

PK_KERNEL sweep(PK_IMAGE, const float* __restrict__ u, float* __restrict__ to, float omega) {
    const pk::Image image{inside, inside_row, rows, cols, free};
    const i64 pitch = image.pitch();
    const float step = omega / 4;
    PK_EACH(rows * cols) {
        const i64 i = n / cols, j = n % cols;
        const float* at = u + (i + 1) * pitch + 1 + j;
        const float flow = pk::inflow(at[0], at[-1], at[1], at[-pitch], at[pitch]);
        pk::put(image, to + pitch + 1, i, j, at[0] + step * pk::pixel_residual(image.own(i, j), flow));
    }
}

PK_KERNEL restrict(PK_IMAGE, const float* __restrict__ u, float* planes, i64 below_rows, i64 below_cols) {
    const pk::Image image{inside, inside_row, rows, cols, free};
    const pk::Cells below{planes, below_rows, below_cols};
    u += image.pitch() + 1;
    PK_EACH(below_rows * below_cols) {
        const i64 k = n / below_cols, l = n % below_cols;
        float worst = 0, r[4];
        for (int part = 0; part < 4; ++part) {
            r[part] = pk::residual_of(image, u, 2 * k + part / 2, 2 * l + part % 2);
            const float size = r[part] < 0 ? -r[part] : r[part];
            worst = size > worst ? size : worst;
        }
        *below.at(pk::Cells::RESIDUAL, k, l) = pk::total(r[0], r[1], r[2], r[3]);
        *below.at(pk::Cells::U, k, l) = worst;
    }
}

PK_KERNEL correct(PK_IMAGE, float* u, float* planes, i64 below_rows, i64 below_cols, int source, int start) {
    const pk::Image image{inside, inside_row, rows, cols, free};
    const pk::Cells below{planes, below_rows, below_cols};
    u += image.pitch() + 1;
    PK_EACH(rows * cols) {
        const i64 i = n / cols, j = n % cols;
        const float more = image.own(i, j) * pk::correction(below, source, i, j);
        pk::put(image, u, i, j, start ? more : u[i * image.pitch() + j] + more);
    }
}

PK_KERNEL merge(PK_IMAGE, float* planes, i64 below_rows, i64 below_cols, float* edges) {
    const pk::Image image{inside, inside_row, rows, cols, free};
    const pk::Cells below{planes, below_rows, below_cols}, outline{edges, below_rows, below_cols};
    PK_EACH(below_rows * below_cols) {
        const i64 k = n / below_cols, l = n % below_cols;
        pk::merge(pk::described(image, 2 * k, 2 * l), pk::described(image, 2 * k, 2 * l + 1),
                  pk::described(image, 2 * k + 1, 2 * l), pk::described(image, 2 * k + 1, 2 * l + 1), 1, below, outline, k, l);
    }
}

PK_KERNEL finish(PK_IMAGE, const float* __restrict__ u, float* __restrict__ height, i64 height_row) {
    PK_EACH(rows * cols) {
        const i64 i = n / cols, j = n % cols;
        height[i * height_row + j] = pk::height_of(u[(i + 1) * (cols + 2) + 1 + j]);
    }
}

PK_KERNEL sweep_cells(float* planes, i64 rows, i64 cols, int load, int source, int to, float omega) {
    const pk::Cells cells{planes, rows, cols};
    PK_EACH(rows * cols) {
        const i64 i = n / cols, j = n % cols;
        const float inverse = *cells.at(pk::Cells::INVERSE, i, j);
        if (source < 0)
            *cells.at(to, i, j) = omega * (inverse * *cells.at(load, i, j));
        else
            *cells.at(to, i, j) = *cells.at(source, i, j) + omega * (inverse * pk::residual_of(cells, load, source, i, j));
    }
}

PK_KERNEL restrict_cells(float* planes, i64 rows, i64 cols, int load, int source, float* below_planes, i64 below_rows,
                         i64 below_cols) {
    const pk::Cells cells{planes, rows, cols}, below{below_planes, below_rows, below_cols};
    PK_EACH(below_rows * below_cols) {
        const i64 k = n / below_cols, l = n % below_cols;
        const auto part = [&](i64 i, i64 j) { return pk::residual_of(cells, load, source, 2 * k + i, 2 * l + j); };
        *below.at(pk::Cells::RESIDUAL, k, l) = pk::total(part(0, 0), part(0, 1), part(1, 0), part(1, 1));
    }
}

PK_KERNEL correct_cells(float* planes, i64 rows, i64 cols, int to, float* below_planes, i64 below_rows, i64 below_cols,
                        int source, int start) {
    const pk::Cells cells{planes, rows, cols}, below{below_planes, below_rows, below_cols};
    PK_EACH(rows * cols) {
        const i64 i = n / cols, j = n % cols;
        const float more = *cells.at(pk::Cells::INVERSE, i, j) > 0 ? pk::correction(below, source, i, j) : 0;
        float* u = cells.at(to, i, j);
        *u = start ? more : *u + more;
    }
}

PK_KERNEL merge_cells(float* planes, i64 rows, i64 cols, float* edges, float side, float* below_planes, i64 below_rows,
                      i64 below_cols, float* below_edges) {
    const pk::Cells cells{planes, rows, cols}, outline{edges, rows, cols}, below{below_planes, below_rows, below_cols};
    const pk::Cells below_outline{below_edges, below_rows, below_cols};
    PK_EACH(below_rows * below_cols) {
        const i64 k = n / below_cols, l = n % below_cols;
        const auto part = [&](i64 i, i64 j) { return pk::described(cells, outline, 2 * k + i, 2 * l + j); };
        pk::merge(part(0, 0), part(0, 1), part(1, 0), part(1, 1), side, below, below_outline, k, l);
    }
}

PK_KERNEL close_cells(float* planes, i64 rows, i64 cols, float* edges) {
    const pk::Cells cells{planes, rows, cols}, outline{edges, rows, cols};
    PK_EACH(rows * cols) {
        const i64 i = n / cols, j = n % cols;
        const auto way = [&](int w) { return pk::hold_of({*outline.at(w, i, j), *outline.at(4 + w, i, j)}); };
        *cells.at(pk::Cells::HOLD, i, j) = (way(0) + way(1)) + (way(2) + way(3));
        *cells.at(pk::Cells::INVERSE, i, j) = pk::inverse_diagonal(pk::weights_of(cells, i, j));
    }
}

#define PK_LUMA(dtype, T)                                                                                                \
    PK_KERNEL luma_##dtype(const T* __restrict__ image, float* __restrict__ out, i64 count, i64 channels, float scale) { \
        PK_EACH(count) {                                                                                                 \
            const T* from = image + n * channels;                                                                        \
            out[n] = scale * (channels == 1 ? (float)from[0] : pk::luma((float)from[0], (float)from[1], (float)from[2])); \
        }                                                                                                                \
    }
PK_LUMA(uint8, pk::u8)
PK_LUMA(uint16, pk::u16)
PK_LUMA(float32, float)

PK_KERNEL relief(const float* __restrict__ fine, const float* __restrict__ coarse, const pk::u8* __restrict__ inside,
                 int masked, float* __restrict__ out, i64 count, float height) {
    PK_EACH(count) out[n] = masked && !inside[n] ? 0 : pk::relief(fine[n], coarse[n], height);
}
