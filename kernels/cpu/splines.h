// The levels of a spline pyramid: prefilter along rows, along columns, down, and what is left of a level after up.
//
// Both recursions run along lines, LANES of them at a time, in blocks of doubles on the stack that are cut at fixed places:
// the same bits wherever the work is split. Rows lie side by side in the block, so that they vectorise as columns do. A
// level is filtered and reduced in place: nothing is kept but the result and 160 kB of stack.
#include "cpu/transposed_rows.h"

namespace pk::PK_LEVEL {

constexpr int STRIP = 64;  // columns times channels that are filtered together
static_assert(BLOCK % TILE == 0, "blocks of rows end with a tile");

// Filters LANES lines of n > 1 samples. read(k, to) gives sample k of each, times GAIN; write(k, from) takes coefficient k.
template <int LANES, class Read, class Write>
PK_INLINE void filter_lines(i64 n, const Read& read, const Write& write) {
    alignas(64) double a[(BLOCK + REACH) * LANES], state[LANES], sample[LANES];
    for (int lane = 0; lane < LANES; ++lane) state[lane] = 0;
    for (i64 k = REACH; k > 0; --k) {
        read(reflected(k, 0, n - 1), sample);
        for (int lane = 0; lane < LANES; ++lane) state[lane] = forward(sample[lane], state[lane]);
    }
    i64 made = 0;
    for (i64 first = 0;; first += BLOCK) {
        const bool rest = n - first <= BLOCK + REACH;
        const i64 end = rest ? n : first + BLOCK + REACH;
        if (first > 0) __builtin_memcpy(a, a + BLOCK * LANES, REACH * LANES * sizeof(double));
        for (i64 k = made; k < end; ++k) {
            double* at = a + (k - first) * LANES;
            read(k, sample);
            for (int lane = 0; lane < LANES; ++lane) at[lane] = state[lane] = forward(sample[lane], state[lane]);
        }
        made = end;
        double c[LANES];
        const double* last = a + (end - 1 - first) * LANES;
        if (rest)
            for (int lane = 0; lane < LANES; ++lane) c[lane] = last_coefficient(last[lane], last[lane - LANES]);
        else
            for (int lane = 0; lane < LANES; ++lane) c[lane] = last[lane];
        if (rest) write(end - 1, c);
        for (i64 k = end - 2; k >= first; --k) {
            const double* at = a + (k - first) * LANES;
            for (int lane = 0; lane < LANES; ++lane) c[lane] = backward(at[lane], c[lane]);
            if (rest || k < first + BLOCK) write(k, c);
        }
        if (rest) return;
    }
}

// Groups of ROWS rows of the image along their rows, into k = -1 .. cols + 1 of rows 1 .. rows of level 0.
template <int C, class T>
inline void filter_rows(const T* image, i64 rows, i64 cols, float* level, i64 begin, i64 end) {
    constexpr double factor = GAIN / UNIT<T>, unit = 1 / UNIT<T>;
    const i64 pitch = (cols + 3) * C;
    for (i64 group = begin; group < end; ++group) {
        const T* from[ROWS];
        float* to[ROWS];
        for (int i = 0; i < ROWS; ++i) {  // lines beyond the image are the last one again
            const i64 row = group * ROWS + i < rows ? group * ROWS + i : rows - 1;
            from[i] = image + row * cols * C;
            to[i] = level + (row + 1) * pitch + C;
        }
        alignas(64) float tile[TILE * C * ROWS], made[TILE * C * ROWS];
        const auto count = [&](i64 first) { return (int)(cols - first < TILE ? cols - first : TILE) * C; };
        i64 held = -TILE;
        const auto read = [&](i64 k, double* sample) {
            if (k < held || k >= held + TILE) {
                held = k / TILE * TILE;
                load_tile(from, held * C, count(held), tile);
            }
            const float* at = tile + (k - held) * C * ROWS;
            for (int i = 0; i < ROWS * C; ++i) sample[i] = at[i] * factor;
        };
        const auto write = [&](i64 k, const double* c) {  // from the last k of a tile to its first
            float* at = made + k % TILE * C * ROWS;
            for (int i = 0; i < ROWS * C; ++i) at[i] = (float)c[i];
            if (k % TILE == 0) store_tile(made, to, k * C, count(k));
        };
        if (cols > 1) {
            filter_lines<ROWS * C>(cols, read, write);
        } else {
            for (int i = 0; i < ROWS; ++i)
                for (int c = 0; c < C; ++c) to[i][c] = (float)(from[i][c] * unit);
        }
        for (int i = 0; i < ROWS; ++i)
            for (int c = 0; c < C; ++c) {
                to[i][c - C] = to[i][reflected(-1, 0, cols - 1) * C + c];
                for (i64 k = cols; k < cols + 2; ++k) to[i][k * C + c] = to[i][reflected(k, 0, cols - 1) * C + c];
            }
    }
}

// Strips of STRIP columns of level 0, in place; then k = -1 and rows .. rows + 1.
inline void filter_columns(float* level, i64 rows, i64 pitch, i64 begin, i64 end) {
    for (i64 strip = begin; strip < end; ++strip) {
        const i64 left = strip * STRIP;
        const int width = (int)(pitch - left < STRIP ? pitch - left : STRIP);
        float* columns = level + pitch + left;
        const auto read = [&](i64 k, double* sample) {
            const float* row = columns + k * pitch;
            if (width == STRIP)
                for (int i = 0; i < STRIP; ++i) sample[i] = row[i] * GAIN;
            else
                for (int i = 0; i < STRIP; ++i) sample[i] = i < width ? row[i] * GAIN : 0;
        };
        const auto write = [&](i64 k, const double* made) {
            float* row = columns + k * pitch;
            if (width == STRIP)
                for (int i = 0; i < STRIP; ++i) row[i] = (float)made[i];
            else
                for (int i = 0; i < width; ++i) row[i] = (float)made[i];
        };
        if (rows > 1) filter_lines<STRIP>(rows, read, write);
        const i64 outside[] = {-1, rows, rows + 1};
        for (const i64 k : outside)
            __builtin_memcpy(columns + k * pitch, columns + reflected(k, 0, rows - 1) * pitch, width * sizeof(float));
    }
}

// Rows begin..end of the next level.
template <int C>
inline void down_rows(const float* level, i64 rows, i64 cols, float* next, i64 next_cols, i64 begin, i64 end) {
    constexpr int PART = 256;  // coefficients of the next level at a time
    const auto at = [](i64 index, i64 count) { return reflected(index - 1, -1, count - 2) + 1; };
    float mixed[(2 * PART + 4) * C];
    for (i64 j = begin; j < end; ++j) {
        const float* row[5];
        for (int i = 0; i < 5; ++i) row[i] = level + at(2 * j - 3 + i, rows) * cols * C;
        for (i64 left = 0; left < next_cols; left += PART) {
            const i64 right = left + PART < next_cols ? left + PART : next_cols, first = 2 * left - 3, last = 2 * right;
            const auto mix = [&](i64 begin, i64 end, i64 to) {
                for (i64 i = 0; i < end - begin; ++i) {
                    const i64 from = begin + i;
                    mixed[to + i] = down(row[0][from], row[1][from], row[2][from], row[3][from], row[4][from]);
                }
            };
            const i64 inner = first < 0 ? 0 : first, inner_end = last < cols ? last : cols;
            mix(inner * C, inner_end * C, (inner - first) * C);
            for (i64 i = first; i < inner; ++i) mix(at(i, cols) * C, (at(i, cols) + 1) * C, (i - first) * C);
            for (i64 i = inner_end; i < last; ++i) mix(at(i, cols) * C, (at(i, cols) + 1) * C, (i - first) * C);
            float* to = next + (j * next_cols + left) * C;
            for (i64 k = 0; k < right - left; ++k)
                for (int c = 0; c < C; ++c) {
                    const float* m = mixed + 2 * k * C + c;
                    to[k * C + c] = down(m[0], m[C], m[2 * C], m[3 * C], m[4 * C]);
                }
        }
    }
}

// Rows begin..end of a level, in place: what the next one does not say of it.
template <int C>
inline void residual_rows(float* level, i64 cols, const float* next, i64 next_cols, i64 begin, i64 end) {
    constexpr int PART = 256;  // pairs of coefficients at a time
    double mixed[(PART + 2) * C], between[PART * C], on[PART * C];
    for (i64 row = begin; row < end; ++row) {
        const float* a = next + row / 2 * next_cols * C;
        const float *b = a + next_cols * C, *c = b + (row % 2) * next_cols * C;
        for (i64 left = 0; 2 * left < cols; left += PART) {
            const i64 pairs = 2 * (left + PART) < cols ? PART : (cols + 1) / 2 - left;
            const i64 wide = (left + pairs + 2 <= next_cols ? pairs + 2 : next_cols - left) * C;
            const float *above = a + left * C, *at = b + left * C, *below = c + left * C;
            if (row % 2)
                for (i64 i = 0; i < wide; ++i) mixed[i] = up_on(above[i], at[i], below[i]);
            else
                for (i64 i = 0; i < wide; ++i) mixed[i] = up_between(above[i], at[i]);
            for (i64 i = wide; i < (pairs + 2) * C; ++i) mixed[i] = 0;
            for (i64 i = 0; i < pairs * C; ++i) {
                between[i] = up_between(mixed[i], mixed[i + C]);
                on[i] = up_on(mixed[i], mixed[i + C], mixed[i + 2 * C]);
            }
            float* to = level + (row * cols + 2 * left) * C;
            const i64 whole = 2 * (left + pairs) <= cols ? pairs : pairs - 1;
            for (i64 p = 0; p < whole; ++p)
                for (int i = 0; i < C; ++i) {
                    to[2 * p * C + i] = (float)(to[2 * p * C + i] - between[p * C + i]);
                    to[(2 * p + 1) * C + i] = (float)(to[(2 * p + 1) * C + i] - on[p * C + i]);
                }
            if (whole < pairs)
                for (int i = 0; i < C; ++i) to[2 * whole * C + i] = (float)(to[2 * whole * C + i] - between[whole * C + i]);
        }
    }
}

template <class T>
inline void filter_image_rows(const T* image, i64 rows, i64 cols, i64 channels, float* level, i64 begin, i64 end) {
    if (channels == 1) return filter_rows<1>(image, rows, cols, level, begin, end);
    if (channels == 2) return filter_rows<2>(image, rows, cols, level, begin, end);
    if (channels == 3) return filter_rows<3>(image, rows, cols, level, begin, end);
    return filter_rows<4>(image, rows, cols, level, begin, end);
}
inline void down_level(const float* level, i64 rows, i64 cols, i64 channels, float* next, i64 next_cols, i64 begin, i64 end) {
    if (channels == 1) return down_rows<1>(level, rows, cols, next, next_cols, begin, end);
    if (channels == 2) return down_rows<2>(level, rows, cols, next, next_cols, begin, end);
    if (channels == 3) return down_rows<3>(level, rows, cols, next, next_cols, begin, end);
    return down_rows<4>(level, rows, cols, next, next_cols, begin, end);
}
inline void residual_level(float* level, i64 cols, i64 channels, const float* next, i64 next_cols, i64 begin, i64 end) {
    if (channels == 1) return residual_rows<1>(level, cols, next, next_cols, begin, end);
    if (channels == 2) return residual_rows<2>(level, cols, next, next_cols, begin, end);
    if (channels == 3) return residual_rows<3>(level, cols, next, next_cols, begin, end);
    return residual_rows<4>(level, cols, next, next_cols, begin, end);
}

}  // namespace pk::PK_LEVEL
