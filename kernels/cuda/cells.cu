// The GPU loops of the colours of cells and of the differences from them: a thread block per cell. Sums of weights have the
// additions of kernels/cpu/cells.h in their order, down each column and then from column to column; what is counted has no
// order. So the bits are the CPU's, for any number of blocks and threads.
#include "maths/cells.h"

namespace pk {

constexpr int LANES = 64;  // columns whose sums wait to be added; more of a cell's follow after

struct Picture {
    const u8* pixels;
    i64 cols;
};
struct Axis {
    i64 cells;
    const i32 *edges, *core, *core_end, *middle;
    const float *place, *inner;
};
struct Grid {
    Axis y, x;
};
__device__ Axis axis(const i32* whole, const float* places, i64 cells, i64 length) {
    const i32* core = whole + cells + 1;
    return {cells, whole, core, core + cells, core + 2 * cells, places, places + length};
}
struct Cell {
    i64 row, col;
};

// One pass of the estimate; called by all threads of a block, `centre` is shared.
template <int channels, bool by_colour>
__device__ void weigh(const Picture& picture, const Grid& grid, const Cell& cell, int pass, float* centre) {
    constexpr int count = Colours<channels>::count;
    __shared__ Gathered<count> colours[LANES];
    __shared__ Gathered<1> alphas[LANES];
    const float* across = by_colour ? grid.x.place : grid.x.inner;
    const float* down = by_colour ? grid.y.place : grid.y.inner;
    const i64 top = grid.y.edges[cell.row], bottom = grid.y.edges[cell.row + 1], right = grid.x.edges[cell.col + 1];
    Totals<channels> totals;
    for (i64 x0 = grid.x.edges[cell.col]; x0 < right; x0 += LANES) {
        const int n = (int)(right - x0 < LANES ? right - x0 : LANES);
        for (int i = threadIdx.x; i < n; i += blockDim.x) {
            Gathered<count> here = {};
            Gathered<1> alpha = {};
            for (i64 y = top; y < bottom; ++y) {
                const u8* pixel = picture.pixels + (y * picture.cols + x0 + i) * channels;
                float place = across[x0 + i];
                if (channels == 4) {
                    const auto opacity = [&](int) { return (float)pixel[channels - 1]; };
                    gather<1, by_colour>(opacity, down[y] * place, centre + channels - 1, pass, alpha);
                    place = place * (float)pixel[channels - 1];
                }
                gather<count, by_colour>([&](int c) { return (float)pixel[c]; }, down[y] * place, centre, pass, here);
            }
            colours[i] = here;
            alphas[i] = alpha;
        }
        __syncthreads();
        for (int i = 0; threadIdx.x == 0 && i < n; ++i) {
            totals.weight += (double)colours[i].weight;
            for (int c = 0; c < count; ++c) totals.sum[c] += (double)colours[i].sum[c];
            if (channels == 4) {
                totals.alpha_weight += (double)alphas[i].weight;
                totals.sum[channels - 1] += (double)alphas[i].sum[0];
            }
        }
        __syncthreads();
    }
    if (threadIdx.x == 0)
        estimate(totals, picture.pixels + (grid.y.middle[cell.row] * picture.cols + grid.x.middle[cell.col]) * channels, centre);
    __syncthreads();
}

template <int channels>
__device__ float disagreement(const Picture& picture, const Grid& grid, const Cell& cell, const u8* colour) {
    __shared__ float weights[LANES], squares[LANES];
    const i64 top = grid.y.edges[cell.row], bottom = grid.y.edges[cell.row + 1], right = grid.x.edges[cell.col + 1];
    double weight = 0, sum = 0;
    for (i64 x0 = grid.x.edges[cell.col]; x0 < right; x0 += LANES) {
        const int n = (int)(right - x0 < LANES ? right - x0 : LANES);
        for (int i = threadIdx.x; i < n; i += blockDim.x) {
            float column_weight = 0, column_squares = 0;
            for (i64 y = top; y < bottom; ++y) {
                const u8* pixel = picture.pixels + (y * picture.cols + x0 + i) * channels;
                float off_squares = 0, place = grid.y.place[y] * grid.x.place[x0 + i];
                if (channels == 4) place *= (float)pixel[channels - 1];
                for (int c = 0; c < Colours<channels>::count; ++c) {
                    const float off = (float)pixel[c] - (float)colour[c];
                    off_squares += off * off;
                }
                column_weight += place;
                column_squares += place * off_squares;
            }
            weights[i] = column_weight;
            squares[i] = column_squares;
        }
        __syncthreads();
        for (int i = 0; threadIdx.x == 0 && i < n; ++i) {
            weight += (double)weights[i];
            sum += (double)squares[i];
        }
        __syncthreads();
    }
    return spread(sum, weight, Colours<channels>::count);  // of thread 0
}

// Calls each(pixel) with the pixels of a core, shared out among the threads.
template <int channels, class Each>
__device__ void for_core(const Picture& picture, const Grid& grid, const Cell& cell, const Each& each) {
    const i64 left = grid.x.core[cell.col], wide = grid.x.core_end[cell.col] - left;
    const i64 top = grid.y.core[cell.row], n = (grid.y.core_end[cell.row] - top) * wide;
    for (i64 i = threadIdx.x; i < n; i += blockDim.x)
        each(picture.pixels + ((top + i / wide) * picture.cols + left + i % wide) * channels);
    __syncthreads();
}

__device__ void clear(u32* bins, int n) {
    for (int i = threadIdx.x; i < n; i += blockDim.x) bins[i] = 0;
    __syncthreads();
}

// The lower median of the values of a core that are not negative; the same for all threads.
template <int channels, class Value>
__device__ int lower_median(const Picture& picture, const Grid& grid, const Cell& cell, const Value& value, u32* bins) {
    clear(bins, 256);
    for_core<channels>(picture, grid, cell, [&](const u8* pixel) {
        const int v = value(pixel);
        if (v >= 0) atomicAdd(bins + v, 1u);
    });
    u32 n = 0, below = 0;
    for (int i = 0; i < 256; ++i) n += bins[i];
    int at = 0;
    if (n > 0)
        while (below + bins[at] <= (n - 1) / 2) below += bins[at++];
    __syncthreads();
    return at;
}

// The bin that most values of a core are in that are not negative, the lowest of several; the same for all threads.
template <int channels, class Value>
__device__ int fullest(const Picture& picture, const Grid& grid, const Cell& cell, const Value& value, u32* bins) {
    __shared__ int bests[LANES];
    clear(bins, BINS);
    for_core<channels>(picture, grid, cell, [&](const u8* pixel) {
        const int at = value(pixel);
        if (at >= 0) atomicAdd(bins + at, 1u);
    });
    constexpr int share = BINS / LANES;
    for (int lane = threadIdx.x; lane < LANES; lane += blockDim.x) {
        int best = lane * share;
        for (int at = best + 1; at < (lane + 1) * share; ++at)
            if (bins[at] > bins[best]) best = at;
        bests[lane] = best;
    }
    __syncthreads();
    int best = bests[0];
    for (int lane = 1; lane < LANES; ++lane)
        if (bins[bests[lane]] > bins[best]) best = bests[lane];
    __syncthreads();
    return best;
}

// The mean of channel c over the pixels of a core that `chosen` says; the same for all threads.
template <int channels, class Chosen>
__device__ int mean(const Picture& picture, const Grid& grid, const Cell& cell, const Chosen& chosen, int c) {
    __shared__ u64 sum, n;
    if (threadIdx.x == 0) sum = n = 0;
    __syncthreads();
    for_core<channels>(picture, grid, cell, [&](const u8* pixel) {
        if (!chosen(pixel)) return;
        atomicAdd(&sum, (u64)pixel[c]);
        atomicAdd(&n, (u64)1);
    });
    const int result = n ? (int)((2 * sum + n) / (2 * n)) : 0;
    __syncthreads();
    return result;
}

template <int channels>
__device__ void median(const Picture& picture, const Grid& grid, const Cell& cell, u32* bins, u8* to) {
    int alpha = 255;
    if (channels == 4) {
        alpha = lower_median<channels>(picture, grid, cell, [](const u8* pixel) { return (int)pixel[channels - 1]; }, bins);
        to[channels - 1] = (u8)alpha;
    }
    for (int c = 0; c < Colours<channels>::count; ++c) {
        const auto value = [&](const u8* pixel) { return counts<channels>(pixel, alpha) ? (int)pixel[c] : -1; };
        const int found = lower_median<channels>(picture, grid, cell, value, bins);
        to[c] = alpha ? (u8)found : (u8)0;
    }
}

template <int channels>
__device__ void mode(const Picture& picture, const Grid& grid, const Cell& cell, u32* bins, u8* to) {
    int alpha = 255;
    if (channels == 4) {
        const auto level = [](const u8* pixel) { return pixel[channels - 1] >> 4; };
        const int best = fullest<channels>(picture, grid, cell, level, bins);
        alpha = mean<channels>(picture, grid, cell, [&](const u8* pixel) { return level(pixel) == best; }, channels - 1);
        to[channels - 1] = (u8)alpha;
    }
    const auto value = [&](const u8* pixel) { return counts<channels>(pixel, alpha) ? bin<channels>(pixel) : -1; };
    const int best = fullest<channels>(picture, grid, cell, value, bins);
    for (int c = 0; c < Colours<channels>::count; ++c) {
        const int found = mean<channels>(picture, grid, cell, [&](const u8* pixel) { return value(pixel) == best; }, c);
        to[c] = alpha ? (u8)found : (u8)0;
    }
}

template <int channels>
__device__ void colours(const Picture& picture, const Grid& grid, u8* sprite, int method, float* spreads) {
    __shared__ u32 bins[BINS];
    __shared__ float centre[channels];
    __shared__ u8 colour[channels];
    for (i64 at = blockIdx.x; at < grid.y.cells * grid.x.cells; at += gridDim.x) {
        const Cell cell{at / grid.x.cells, at % grid.x.cells};
        if (method == INLIER) {
            for (int c = 0; c < channels; ++c) centre[c] = 0;
            __syncthreads();
            weigh<channels, false>(picture, grid, cell, 0, centre);
            PK_ROLLED
            for (int pass = 0; pass < PASSES; ++pass) weigh<channels, true>(picture, grid, cell, pass, centre);
            if (threadIdx.x == 0) store<channels>(centre, colour);
        } else if (method == MEDIAN) {
            median<channels>(picture, grid, cell, bins, colour);  // every thread writes the same
        } else if (method == MODE) {
            mode<channels>(picture, grid, cell, bins, colour);
        } else if (threadIdx.x == 0) {
            const i64 middle = grid.y.middle[cell.row] * picture.cols + grid.x.middle[cell.col];
            for (int c = 0; c < channels; ++c) colour[c] = picture.pixels[middle * channels + c];
        }
        __syncthreads();
        const float off = disagreement<channels>(picture, grid, cell, colour);
        if (threadIdx.x == 0) {
            for (int c = 0; c < channels; ++c) sprite[at * channels + c] = colour[c];
            spreads[at] = off;
        }
        __syncthreads();
    }
}

template <int channels>
__device__ void difference(const Picture& picture, const Grid& grid, const u8* sprite, int threshold, i32* core, i32* halo) {
    __shared__ u32 found[2];
    for (i64 at = blockIdx.x; at < grid.y.cells * grid.x.cells; at += gridDim.x) {
        const i64 row = at / grid.x.cells, col = at % grid.x.cells;
        clear(found, 2);
        const i64 left = grid.x.edges[col], wide = grid.x.edges[col + 1] - left;
        const i64 top = grid.y.edges[row], n = (grid.y.edges[row + 1] - top) * wide;
        for (i64 i = threadIdx.x; i < n; i += blockDim.x) {
            const i64 y = top + i / wide, x = left + i % wide;
            if (!differs<channels>(picture.pixels + (y * picture.cols + x) * channels, sprite + at * channels, threshold)) continue;
            const bool inside = y >= grid.y.core[row] && y < grid.y.core_end[row] && x >= grid.x.core[col] && x < grid.x.core_end[col];
            atomicAdd(found + (inside ? 0 : 1), 1u);
        }
        __syncthreads();
        if (threadIdx.x == 0) {
            core[at] = (i32)found[0];
            halo[at] = (i32)found[1];
        }
        __syncthreads();
    }
}

}  // namespace pk

#define PK_CHANNELS(channels)                                                                                                \
    extern "C" __global__ void cell_colours_##channels(const pk::u8* pixels, pk::i64 rows, pk::i64 cols, const pk::i32* y,   \
                                                       const float* places_y, pk::i64 down, const pk::i32* x,                \
                                                       const float* places_x, pk::i64 across, pk::u8* sprite, int method,    \
                                                       float* spreads) {                                                     \
        const pk::Grid grid{pk::axis(y, places_y, down, rows), pk::axis(x, places_x, across, cols)};                         \
        pk::colours<channels>({pixels, cols}, grid, sprite, method, spreads);                                                \
    }                                                                                                                        \
    extern "C" __global__ void cell_difference_##channels(const pk::u8* pixels, pk::i64 rows, pk::i64 cols,                  \
                                                          const pk::i32* y, const float* places_y, pk::i64 down,             \
                                                          const pk::i32* x, const float* places_x, pk::i64 across,           \
                                                          const pk::u8* sprite, int threshold, pk::i32* core,                \
                                                          pk::i32* halo) {                                                   \
        const pk::Grid grid{pk::axis(y, places_y, down, rows), pk::axis(x, places_x, across, cols)};                         \
        pk::difference<channels>({pixels, cols}, grid, sprite, threshold, core, halo);                                       \
    }
PK_CHANNELS(1)
PK_CHANNELS(3)
PK_CHANNELS(4)
