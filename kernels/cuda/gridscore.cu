// The GPU loops of grid profiles, summed-area tables, and what cells and lines of grids are like.
//
// Threads do not speak to each other: what they share are sums of integers, added atomically, which do not depend on an order.
// So any launch shape gives the bits of kernels/cpu/grid_{profiles,tables,measures}.h.
#include "maths/gridscore.h"

namespace pk {

constexpr int LANES = 32;         // threads that share a place of a profile
constexpr int CELL_LANES = 128;   // a grid
constexpr i64 CHUNK = 32;         // records that a thread adds up

PK_INLINE i64 first_item() { return blockIdx.x * (i64)blockDim.x + threadIdx.x; }
PK_INLINE i64 items_apart() { return (i64)gridDim.x * blockDim.x; }
PK_INLINE i64 smaller(i64 a, i64 b) { return a < b ? a : b; }

// One axis of a picture: `along` it and `across` it are distances in bytes.
struct Axis {
    const u8* pixels;
    i64 length, along, across;
    int channels;
};

// Right of a place less left of it, in a block of 2^k lines.
PK_INLINE u32 difference_at(const Axis& of, int k, i64 block, i64 place) {
    const i64 scale = (i64)1 << k, reach = smaller(scale, smaller(place, of.length - place));
    u32 sum = 0;
    for (int channel = 0; channel < of.channels; ++channel) {
        const u8* from = of.pixels + block * scale * of.across + channel;
        i32 step = 0;
        for (i64 j = 0; j < scale; ++j)
            for (i64 i = 0; i < reach; ++i)
                step += from[j * of.across + (place + i) * of.along] - from[j * of.across + (place - 1 - i) * of.along];
        sum += (u32)(step < 0 ? -step : step);
    }
    return (of.channels == 1 ? 3 : 1) * sum * (u32)scale / (u32)reach;
}

// Records of a table, or counts, `lanes` words each.
struct Table {
    i64 rows, cols, step;
    PK_INLINE i64 width() const { return (cols + step - 1) / step + 1; }
    PK_INLINE i64 height() const { return (rows + step - 1) / step + 1; }
    PK_INLINE i64 place(i64 part, i64 length) const { return smaller(part * step, length); }
};

// Lines through a table, each `along` apart; neighbouring lines are neighbouring words, in groups `outer` apart.
struct Lines {
    i64 count, length, along, group, outer;
    PK_INLINE i64 start(i64 line) const { return line / group * outer + line % group; }
    PK_INLINE i64 chunks() const { return (length + CHUNK - 1) / CHUNK; }
};

PK_INLINE u32 sum_between(const u32* top, const u32* bottom, i64 left, i64 right) {
    return bottom[right] - bottom[left] - top[right] + top[left];
}

PK_INLINE void add_piece(const Table& of, const u32* records, const u32* counts, Span down, Span across, CellSums& cell) {
    const i64 width = of.width();
    const u32 *top = records + down.begin * width * 4, *bottom = records + down.end * width * 4;
    for (int c = 0; c < 3; ++c) cell.channels[c] += sum_between(top + c, bottom + c, 4 * (i64)across.begin, 4 * (i64)across.end);
    cell.squares += sum_between(top + 3, bottom + 3, 4 * (i64)across.begin, 4 * (i64)across.end);
    cell.pixels += counts ? sum_between(counts + down.begin * width, counts + down.end * width, across.begin, across.end)
                          : (u64)((of.place(down.end, of.rows) - of.place(down.begin, of.rows)) *
                                  (of.place(across.end, of.cols) - of.place(across.begin, of.cols)));
}

struct Cell {
    CellSums sums;
    bool small;
};
PK_CALL Cell sums_of(const Table& of, const u32* records, const u32* counts, Span down, Span across) {
    const i64 area = (of.place(down.end, of.rows) - of.place(down.begin, of.rows)) *
                     (of.place(across.end, of.cols) - of.place(across.begin, of.cols));
    Cell cell = {{0, 0, {0, 0, 0}}, area <= MOST_PIXELS};
    const i32 side = of.step < 128 ? (i32)(128 / of.step) : 1;
    const i32 high = cell.small ? down.end - down.begin : side, wide = cell.small ? across.end - across.begin : side;
    for (i32 y = down.begin; y < down.end; y += high)
        for (i32 x = across.begin; x < across.end; x += wide)
            add_piece(of, records, counts, {y, (i32)smaller(y + high, down.end)}, {x, (i32)smaller(x + wide, across.end)}, cell.sums);
    return cell;
}
PK_INLINE i32 mean_in(const Cell& cell, int channel) {
    return large_mean(cell.sums.pixels, cell.sums.channels[channel]);
}
PK_INLINE u64 steps_between(const Cell& a, const Cell& b) {
    u64 sum = 0;
    for (int c = 0; c < 3; ++c) {
        const i64 step = mean_in(a, c) - mean_in(b, c);
        sum += (u64)(step * step);
    }
    return sum;
}

}  // namespace pk

using pk::i32;
using pk::i64;
using pk::u32;
using pk::u64;
using pk::u8;

// Counts [3][VALUES] of the differences in every `every`-th of the blocks; see place_class.
extern "C" __global__ void count_differences(const u8* __restrict__ pixels, i64 length, i64 along, i64 across, i32 channels, i32 k,
                                             i64 every, i64 sampled, u64* __restrict__ counts) {
    const pk::Axis axis{pixels, length, along, across, channels};
    for (i64 i = pk::first_item(); i < sampled * (length - 1); i += pk::items_apart()) {
        const i64 place = 1 + i % (length - 1), block = i / (length - 1) * every;
        const u32 value = pk::difference_at(axis, k, block, place) >> 2 * k;
        atomicAdd(counts + pk::place_class(place) * pk::VALUES + value, (u64)1);
    }
}

// Evidence at every place of an axis, added to sums (length + 1,). Neighbouring threads are on neighbouring places if
// `places_first`, else on neighbouring blocks: whichever are neighbours in memory.
extern "C" __global__ void gather_evidence(const u8* __restrict__ pixels, i64 length, i64 along, i64 across, i32 channels, i32 k,
                                           i64 blocks, i32 places_first, i32 usual, i32 comb, u64* __restrict__ sums) {
    const pk::Axis axis{pixels, length, along, across, channels};
    for (i64 i = pk::first_item(); i < pk::LANES * (length - 1); i += pk::items_apart()) {
        const i64 place = 1 + (places_first ? i % (length - 1) : i / pk::LANES);
        const u32 threshold = (u32)(place % pk::COMB == 0 ? comb : usual) << 2 * k;
        u64 sum = 0;
        for (i64 block = places_first ? i / (length - 1) : i % pk::LANES; block < blocks; block += pk::LANES)
            sum += pk::evidence_above(pk::difference_at(axis, k, block, place), threshold, pk::EVIDENCE_CAP << 2 * k);
        atomicAdd(sums + place, sum);
    }
}

// float32 of sums over 2^k.
extern "C" __global__ void finish_profile(const u64* __restrict__ sums, i32 k, i64 count, float* __restrict__ profile) {
    for (i64 i = pk::first_item(); i < count; i += pk::items_apart()) profile[i] = (float)((double)(i64)sums[i] / (double)(1 << k));
}

// Each part's own sums at the record below and right of it; the first row and column are 0.
extern "C" __global__ void fill_records(const u8* __restrict__ pixels, const u8* __restrict__ mask, i64 rows, i64 cols,
                                        i32 channels, i64 step, u32* __restrict__ records, u32* __restrict__ counts) {
    const pk::Table table{rows, cols, step};
    const i64 width = table.width();
    for (i64 i = pk::first_item(); i < table.height() * width; i += pk::items_apart()) {
        const i64 row = i / width, col = i % width;
        u32 sums[4] = {0, 0, 0, 0}, counted = 0;
        for (i64 y = row ? (row - 1) * step : rows; y < table.place(row, rows); ++y)
            for (i64 x = col ? (col - 1) * step : cols; x < table.place(col, cols); ++x) {
                if (mask && !mask[y * cols + x]) continue;
                ++counted;
                for (int c = 0; c < 3; ++c) {
                    const u32 value = pixels[(y * cols + x) * channels + (channels == 1 ? 0 : c)];
                    sums[c] += value, sums[3] += value * value;
                }
            }
        for (int c = 0; c < 4; ++c) records[4 * i + c] = sums[c];
        if (counts) counts[i] = counted;
    }
}

// Running sums along lines of words, in chunks: what a chunk adds up to, what all before it do, and the sums themselves.
extern "C" __global__ void total_chunks(const u32* __restrict__ words, i64 count, i64 length, i64 along, i64 group, i64 outer,
                                        u32* __restrict__ totals) {
    const pk::Lines lines{count, length, along, group, outer};
    for (i64 i = pk::first_item(); i < count * lines.chunks(); i += pk::items_apart()) {
        const i64 line = i % count, begin = i / count * pk::CHUNK, end = pk::smaller(begin + pk::CHUNK, length);
        u32 sum = 0;
        for (i64 k = begin; k < end; ++k) sum += words[lines.start(line) + k * along];
        totals[i] = sum;
    }
}
extern "C" __global__ void start_chunks(u32* __restrict__ totals, i64 count, i64 chunks) {
    for (i64 line = pk::first_item(); line < count; line += pk::items_apart()) {
        u32 sum = 0;
        for (i64 chunk = 0; chunk < chunks; ++chunk) {
            const u32 own = totals[chunk * count + line];
            totals[chunk * count + line] = sum;
            sum += own;
        }
    }
}
extern "C" __global__ void sum_chunks(u32* __restrict__ words, i64 count, i64 length, i64 along, i64 group, i64 outer,
                                      const u32* __restrict__ starts) {
    const pk::Lines lines{count, length, along, group, outer};
    for (i64 i = pk::first_item(); i < count * lines.chunks(); i += pk::items_apart()) {
        const i64 line = i % count, begin = i / count * pk::CHUNK, end = pk::smaller(begin + pk::CHUNK, length);
        u32 sum = starts[i];
        for (i64 k = begin; k < end; ++k) {
            u32* word = words + lines.start(line) + k * along;
            sum += *word;
            *word = sum;
        }
    }
}

// GridSums of each grid, added to zeros. A thread takes every CELL_LANES-th cell, with its neighbours to the left and above.
extern "C" __global__ void __launch_bounds__(128)
    measure_meshes(const u32* __restrict__ records, const u32* __restrict__ counts, i64 rows, i64 cols, i64 step,
                   const double* __restrict__ lines_x, const i64* __restrict__ first_x, const double* __restrict__ lines_y,
                   const i64* __restrict__ first_y, i64 meshes, u64* __restrict__ sums) {
    const pk::Table table{rows, cols, step};
    for (i64 item = pk::first_item(); item < meshes * pk::CELL_LANES; item += pk::items_apart()) {
        const i64 mesh = item / pk::CELL_LANES;
        const double *x = lines_x + first_x[mesh], *y = lines_y + first_y[mesh];
        const i64 cells_x = first_x[mesh + 1] - first_x[mesh] - 1, cells_y = first_y[mesh + 1] - first_y[mesh] - 1;
        const auto across = [&](i64 i) { return pk::interior(x[i], x[i + 1], (i32)step, (i32)table.width() - 1); };
        const auto down = [&](i64 j) { return pk::interior(y[j], y[j + 1], (i32)step, (i32)table.height() - 1); };
        const auto cell_at = [&](i64 i, i64 j) { return pk::sums_of(table, records, counts, down(j), across(i)); };
        pk::GridSums all = {0, 0, 0, 0, 0, 0, 0};
        for (i64 cell = item % pk::CELL_LANES; cell < cells_x * cells_y; cell += pk::CELL_LANES) {
            const i64 i = cell % cells_x, j = cell / cells_x;
            const pk::Cell here = cell_at(i, j);
            const pk::CellSums& in = here.sums;
            if (!in.pixels) continue;
            all.pixels += in.pixels, all.cells += 1;
            all.deviations += here.small ? pk::deviation((u32)in.pixels, (u32)in.channels[0], (u32)in.channels[1], (u32)in.channels[2],
                                                         (u32)in.squares, 1 / pk::real_of(in.pixels))
                                         : pk::large_deviation(in);
            if (const pk::Cell left = cell_at(i > 0 ? i - 1 : 0, j); i > 0 && left.sums.pixels)
                all.steps_x += pk::steps_between(here, left), all.pairs_x += 1;
            if (const pk::Cell above = cell_at(i, j > 0 ? j - 1 : 0); j > 0 && above.sums.pixels)
                all.steps_y += pk::steps_between(here, above), all.pairs_y += 1;
        }
        const u64 parts[7] = {all.deviations, all.pixels, all.cells, all.steps_x, all.pairs_x, all.steps_y, all.pairs_y};
        for (int k = 0; k < 7; ++k)
            if (parts[k]) atomicAdd(sums + mesh * 7 + k, parts[k]);
    }
}

// residue_of() of each grid's lines along an axis, from the profile (count, length + 1) of the scale that suits its pitch.
extern "C" __global__ void line_residues(const float* __restrict__ profiles, i64 length, const i32* __restrict__ scales, i64 count,
                                         const double* __restrict__ lines, const i64* __restrict__ first, i64 meshes,
                                         double* __restrict__ ratios) {
    for (i64 mesh = pk::first_item(); mesh < meshes; mesh += pk::items_apart()) {
        const double* of = lines + first[mesh];
        const i64 borders = first[mesh + 1] - first[mesh];
        const double pitch = pk::pitch_of(of, borders);
        i64 k = 0;
        while (k + 1 < count && pk::suits(scales[k + 1], pitch)) ++k;
        ratios[mesh] = pk::residue_of(profiles + k * (length + 1), length, of, borders, pitch);
    }
}
