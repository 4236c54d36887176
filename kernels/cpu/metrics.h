// Differences of two images: squared errors, and structural similarity in one pass that stores no map.
//
// Similarity goes down the image in tiles of 144 values (columns times interleaved channels): each row of a tile is
// weighed along the row and put into a ring of as many rows as the window has taps; the ring, weighed down the columns,
// gives a row of windows. Of those only their sum is kept, one slot per row and channel.
namespace pk::PK_LEVEL {

// Sums of squared differences of blocks begin..end, each ERROR_BLOCK samples of an image of n.
template <class T>
inline void squared_errors(const T* a, const T* b, i64 n, double* __restrict slots, i64 begin, i64 end) {
    using Lane = typename Errors<T>::sum;
    using Step = typename Errors<T>::difference;
    const i64 blocks = (n + ERROR_BLOCK - 1) / ERROR_BLOCK;
    for (i64 block = begin; block < end; ++block) {
        const i64 first = block % blocks * ERROR_BLOCK, rest = n - first, start = block / blocks * n + first;
        const int count = (int)(rest < ERROR_BLOCK ? rest : ERROR_BLOCK), full = count / ERROR_LANES * ERROR_LANES;
        const T* __restrict x = a + start;
        const T* __restrict y = b + start;
        alignas(64) Lane lanes[ERROR_LANES] = {};
        for (int i = 0; i < full; i += ERROR_LANES)
            for (int k = 0; k < ERROR_LANES; ++k) {
                const Step d = (Step)x[i + k] - (Step)y[i + k];
                lanes[k] += (Lane)(d * d);
            }
        for (int i = full; i < count; ++i) {
            const Step d = (Step)x[i] - (Step)y[i];
            lanes[i - full] += (Lane)(d * d);
        }
        double sum = 0;
        for (int k = 0; k < ERROR_LANES; ++k) sum += (double)lanes[k];
        slots[block] = sum;
    }
}

template <class Window, class Sum>
struct Tile {
    static constexpr int WIDE = TILE + (Window::TAPS - 1) * MOST_TOGETHER;
    alignas(64) Sum row[MOMENTS][WIDE];
    alignas(64) Sum ring[Window::TAPS][MOMENTS][TILE];
    alignas(64) Sum moments[MOMENTS][TILE];
    alignas(64) double values[TILE];
};

// `count` pixels of `together` channels, interleaved as in the image or picked from its further ones; then zeros.
template <class Sum, class T>
inline void load(const T* __restrict from, i64 channels, int together, int count, int wide, Sum* __restrict to) {
    const int n = count * together;
    if (together == channels)
        for (int i = 0; i < n; ++i) to[i] = (Sum)from[i];
    else
        for (int p = 0; p < count; ++p)
            for (int c = 0; c < together; ++c) to[p * together + c] = (Sum)from[p * channels + c];
    for (int i = n; i < wide; ++i) to[i] = 0;
}

// One weighted sum per value of a tile. The taps are rows of the tile that `to` is not; GCC cannot see it.
template <class Window, class Sum>
inline void weigh(const Sum* const (&taps)[Window::TAPS], Sum* __restrict to) {
#pragma GCC ivdep
    for (int i = 0; i < TILE; ++i) to[i] = Window::template weigh<Sum>([&](int k) { return taps[k][i]; });
}

template <class Window, class Sum>
inline void weigh_row(Tile<Window, Sum>& tile, int together, int slot) {
    const Sum* __restrict x = tile.row[0];
    const Sum* __restrict y = tile.row[1];
    Sum* __restrict squares = tile.row[2];
    Sum* __restrict product = tile.row[3];
    for (int i = 0; i < tile.WIDE; ++i) {
        squares[i] = x[i] * x[i] + y[i] * y[i];
        product[i] = x[i] * y[i];
    }
    for (int m = 0; m < MOMENTS; ++m) {
        const Sum* taps[Window::TAPS];
        for (int k = 0; k < Window::TAPS; ++k) taps[k] = tile.row[m] + k * together;
        weigh<Window>(taps, tile.ring[slot][m]);
    }
}

// The sums of a row of windows whose first row is in ring[oldest].
template <class Window, class Sum>
inline void weigh_columns(Tile<Window, Sum>& tile, int oldest) {
    for (int m = 0; m < MOMENTS; ++m) {
        const Sum* taps[Window::TAPS];
        for (int k = 0; k < Window::TAPS; ++k) taps[k] = tile.ring[(oldest + k) % Window::TAPS][m];
        weigh<Window>(taps, tile.moments[m]);
    }
}

// Adds the values of n windows to the slots of their channels.
template <class Window, class Term, class Sum>
inline void add_values(Tile<Window, Sum>& tile, const Stabilisers& add, int together, int n, double* __restrict slots) {
    for (int i = 0; i < TILE; ++i)
        tile.values[i] = Term::template value<Window>((double)tile.moments[0][i], (double)tile.moments[1][i],
                                                      (double)tile.moments[2][i], (double)tile.moments[3][i], add);
    for (int i = n; i < TILE; ++i) tile.values[i] = 0;
    alignas(64) double lanes[LANES] = {};
    for (int i = 0; i < TILE; i += LANES)
        for (int k = 0; k < LANES; ++k) lanes[k] += tile.values[i + k];
    for (int k = 0; k < LANES; ++k) slots[k % together] += lanes[k];
}

// Columns first..last of one row of an image of half the size; an odd image's last row or column counts twice.
template <class T>
inline void halve(const T* image, const Pair& shape, i64 row, i64 first, i64 last, float* __restrict out) {
    const i64 channels = shape.channels, line = shape.cols * channels;
    const T* __restrict top = image + 2 * row * line;
    const T* __restrict below = 2 * row + 1 < shape.rows ? top + line : top;
    float* __restrict to = out + row * ((shape.cols + 1) / 2) * channels;
    for (i64 p = first; p < last; ++p) {
        const i64 left = 2 * p * channels, right = 2 * p + 1 < shape.cols ? left + channels : left;
        for (i64 c = 0; c < channels; ++c)
            to[p * channels + c] = mean_of_four((float)top[left + c], (float)top[right + c], (float)below[left + c],
                                                (float)below[right + c]);
    }
}

// The windows of rows first..last of one pair of images; with `halves`, also the rows of the smaller pair that begin there.
template <class Window, class Term, class T>
inline void similarity_strip(const Pair& shape, const T* a, const T* b, const Stabilisers& add, double* slots,
                             const Halves& halves, i64 first, i64 last) {
    using Sum = typename Sums<T, Window>::type;
    constexpr int TAPS = Window::TAPS;
    const i64 rows = shape.rows - TAPS + 1, cols = shape.cols - TAPS + 1, channels = shape.channels;
    Tile<Window, Sum> tile;
    for (i64 c0 = 0; c0 < channels; c0 += MOST_TOGETHER) {
        const int together = (int)(channels - c0 < MOST_TOGETHER ? channels - c0 : MOST_TOGETHER), across = TILE / together;
        for (i64 x0 = 0; x0 < cols; x0 += across) {
            const bool rightmost = x0 + across >= cols;
            const int n = (int)(rightmost ? cols - x0 : across);
            for (i64 r = first; r < last + TAPS - 1; ++r) {
                const i64 start = (r * shape.cols + x0) * channels + c0;
                load(a + start, channels, together, n + TAPS - 1, tile.WIDE, tile.row[0]);
                load(b + start, channels, together, n + TAPS - 1, tile.WIDE, tile.row[1]);
                weigh_row(tile, together, (int)(r % TAPS));
                const i64 row = r - TAPS + 1;
                if (row < first) continue;
                weigh_columns(tile, (int)(row % TAPS));
                add_values<Window, Term>(tile, add, together, n * together, slots + row * channels + c0);
                if (!halves.a || c0) continue;
                const i64 half_cols = rightmost ? (shape.cols + 1) / 2 : (x0 + across) / 2;
                const i64 half_rows = row + 1 < rows ? row / 2 + 1 : (shape.rows + 1) / 2;
                for (i64 half = (row + 1) / 2; half < half_rows; ++half) {
                    halve(a, shape, half, x0 / 2, half_cols, halves.a);
                    halve(b, shape, half, x0 / 2, half_cols, halves.b);
                }
            }
        }
    }
}

// Rows begin..end of windows, counted through all pairs of the batch; adds to slots (pairs, rows of windows, channels).
template <class Window, class Term, class T>
inline void similarity_rows(Window, Term, const Pair& shape, const T* a, const T* b, const Stabilisers& add,
                            double* slots, const Halves& halves, i64 begin, i64 end) {
    const i64 rows = shape.rows - Window::TAPS + 1, size = shape.rows * shape.cols * shape.channels;
    const i64 half_size = (shape.rows + 1) / 2 * ((shape.cols + 1) / 2) * shape.channels;
    for (i64 line = begin; line < end;) {
        const i64 pair = line / rows, first = line % rows, rest = first + end - line, last = rest < rows ? rest : rows;
        const Halves smaller{halves.a ? halves.a + pair * half_size : nullptr, halves.a ? halves.b + pair * half_size : nullptr};
        similarity_strip<Window, Term>(shape, a + pair * size, b + pair * size, add, slots + pair * rows * shape.channels,
                                       smaller, first, last);
        line += last - first;
    }
}

}  // namespace pk::PK_LEVEL
