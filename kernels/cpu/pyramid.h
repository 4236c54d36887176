// A level of a pyramid in one pass: REDUCE, EXPAND and the residual while the rows are in the cache, and the way back.
//
// Work is cut into strips of columns and rolls down each strip one row of the smaller level at a time. To write the
// residuals of rows 2k and 2k + 1 it needs rows k - 1, k, k + 1 of the smaller level, which it keeps in a ring of three; those
// take rows 2k - 4 .. 2k + 4 of the image, just read. So the image comes from memory once, and every result goes there once.
// A strip makes one column of the smaller level more on each side than it owns, and a range of rows one row more at each
// end: every value is the same expression of the same samples wherever the work is cut.
//
// Rows are summed first: contiguous, whatever the number of channels. Then even and odd pixels are parted (or, in EXPAND,
// made apart and put together), so that the sums over columns are contiguous as well. Takes 140 kB of stack.
namespace pk::PK_LEVEL {

// Samples of the smaller level. 8 kB: 0.8 of the time that 1 kB takes, 2048 x 2048, EPYC with 1 MB of L2, 2026-11.
template <class T>
constexpr i64 STRIP = 8192 / (i64)sizeof(T);
template <class T>
constexpr i64 ROOM = STRIP<T> + 4 * 4 + 8;  // two pixels of 4 channels on each side, and what copies write beyond the end

template <class T>
using SumOf = typename Pyramid<T>::Sum;
template <class T>
using ResidualOf = typename Pyramid<T>::Residual;

// A strip, in pixels of the smaller level: it owns begin..end and makes first..last.
struct Strip {
    i64 begin, end, first, last;
};

// Copies one pixel of C samples; of 3, it writes a fourth, which the next pixel overwrites.
template <int C, class T>
PK_INLINE void copy_pixel(T* to, const T* from) {
    __builtin_memcpy(to, from, (C == 3 ? 4 : C) * sizeof(T));
}
template <int C, class T>
PK_INLINE void part_pixels(const T* __restrict both, T* __restrict even, T* __restrict odd, i64 pixels) {
    for (i64 i = 0; i < pixels; ++i) copy_pixel<C>(even + i * C, both + 2 * i * C);
    for (i64 i = 0; i < pixels; ++i) copy_pixel<C>(odd + i * C, both + (2 * i + 1) * C);
}
template <int C, class T>
PK_INLINE void join_pixels(const T* __restrict even, const T* __restrict odd, T* __restrict both, i64 pixels) {
    for (i64 i = 0; i < pixels; ++i) {
        copy_pixel<C>(both + 2 * i * C, even + i * C);
        copy_pixel<C>(both + (2 * i + 1) * C, odd + i * C);
    }
}

// Row k of the smaller level, pixels first..last, from rows 2k - 2 .. 2k + 2 of x.
template <int C, class T>
PK_INLINE void reduce_row(const T* x, i64 rows, i64 cols, i64 k, i64 first, i64 last, T* __restrict low) {
    using Sum = SumOf<T>;
    alignas(64) Sum both[2 * ROOM<T>], even[ROOM<T>], odd[ROOM<T>];
    const i64 origin = 2 * first - 2;  // the pixel at both[0]
    const i64 begin = origin > 0 ? origin : 0, end = 2 * last + 1 < cols ? 2 * last + 1 : cols;
    const auto row = [&](i64 j) { return x + (reflected(2 * k + j, rows) * cols + begin) * C; };
    const T *a = row(-2), *b = row(-1), *c = row(0), *d = row(1), *e = row(2);
    Sum* sums = both + (begin - origin) * C;
    const i64 samples = (end - begin) * C, made = (last - first) * C;
    // 1.3x, bytes, EPYC, 2026-11: the two rows that the next row reads first are fetched while this one is made.
    constexpr i64 ahead = 256;
    const T *f = row(3), *g = row(4);
    for (i64 from = 0; from < samples; from += ahead) {
        const i64 to = from + ahead < samples ? from + ahead : samples;
        for (i64 i = from; i < to; i += 64 / (i64)sizeof(T)) {
            __builtin_prefetch(f + i);
            __builtin_prefetch(g + i);
        }
        for (i64 i = from; i < to; ++i) sums[i] = reduced((Sum)a[i], (Sum)b[i], (Sum)c[i], (Sum)d[i], (Sum)e[i]);
    }
    const auto mirror = [&](i64 pixel) {
        for (int s = 0; s < C; ++s) both[(pixel - origin) * C + s] = both[(reflected(pixel, cols) - origin) * C + s];
    };
    for (i64 pixel = origin; pixel < 0; ++pixel) mirror(pixel);
    for (i64 pixel = end; pixel <= 2 * last; ++pixel) mirror(pixel);
    part_pixels<C>(both, even, odd, last - first + 2);
    const Sum *e0 = even, *e1 = even + C, *e2 = even + 2 * C, *o0 = odd, *o1 = odd + C;
    for (i64 i = 0; i < made; ++i) low[i] = Pyramid<T>::of_reduced(reduced(e0[i], o0[i], e1[i], o1[i], e2[i]));
}

// Two rows of `sums`, which holds pixels begin - 1 .. end of the smaller level, at twice the width.
template <int C, class T>
PK_INLINE void expand_columns(const SumOf<T>* __restrict sums, i64 pixels, T* __restrict both) {
    using Sum = SumOf<T>;
    alignas(64) T even[ROOM<T>], odd[ROOM<T>];
    const Sum *before = sums, *here = sums + C, *after = sums + 2 * C;
    for (i64 i = 0; i < pixels * C; ++i) even[i] = Pyramid<T>::of_expanded(expanded(before[i], here[i], after[i]));
    for (i64 i = 0; i < pixels * C; ++i) odd[i] = Pyramid<T>::of_expanded(expanded(here[i], after[i]));
    join_pixels<C>(even, odd, both, pixels);
}

// Rows 2k and 2k + 1 of what EXPAND makes of the rows k - 1, k, k + 1 of the smaller level, given from pixel at.first on.
template <int C, class T>
PK_INLINE void expand_rows(const T* __restrict before, const T* __restrict here, const T* __restrict after, i64 low_cols,
                           const Strip& at, T* __restrict even_row, T* __restrict odd_row) {
    using Sum = SumOf<T>;
    alignas(64) Sum even[ROOM<T>], odd[ROOM<T>];
    const i64 origin = at.begin - 1, samples = (at.last - at.first) * C;
    Sum *even_sums = even + (at.first - origin) * C, *odd_sums = odd + (at.first - origin) * C;
    for (i64 i = 0; i < samples; ++i) even_sums[i] = expanded((Sum)before[i], (Sum)here[i], (Sum)after[i]);
    for (i64 i = 0; i < samples; ++i) odd_sums[i] = expanded((Sum)here[i], (Sum)after[i]);
    const auto fill = [&](i64 pixel) {
        for (int s = 0; s < C; ++s) {
            even[(pixel - origin) * C + s] = even[(expandable(pixel, low_cols) - origin) * C + s];
            odd[(pixel - origin) * C + s] = odd[(expandable(pixel, low_cols) - origin) * C + s];
        }
    };
    if (at.begin == 0) fill(-1);
    if (at.end == low_cols) fill(low_cols);
    expand_columns<C, T>(even, at.end - at.begin, even_row);
    expand_columns<C, T>(odd, at.end - at.begin, odd_row);
}

// Calls `each` with the strips of a level.
template <int C, class T, class Each>
PK_INLINE void for_strips(i64 low_cols, Each each) {
    constexpr i64 wide = STRIP<T> / C;
    for (i64 begin = 0; begin < low_cols; begin += wide) {
        const i64 end = begin + wide < low_cols ? begin + wide : low_cols;
        each(Strip{begin, end, begin > 0 ? begin - 1 : 0, end < low_cols ? end + 1 : low_cols});
    }
}

// Rows begin..end of the smaller level of one image.
template <int C, class T>
inline void reduce_image(const Size& size, const T* x, T* low, i64 begin, i64 end) {
    const i64 low_cols = (size.cols + 1) / 2;
    for_strips<C, T>(low_cols, [&](const Strip& at) {
        for (i64 k = begin; k < end; ++k)
            reduce_row<C>(x, size.rows, size.cols, k, at.begin, at.end, low + (k * low_cols + at.begin) * C);
    });
}

// The same, and rows 2 begin .. 2 end of the residual.
template <int C, class T>
inline void split_image(const Size& size, const T* x, T* low, ResidualOf<T>* residual, i64 begin, i64 end) {
    const i64 low_rows = (size.rows + 1) / 2, low_cols = (size.cols + 1) / 2;
    for_strips<C, T>(low_cols, [&](const Strip& at) {
        alignas(64) T ring[3][ROOM<T>], guess[2][2 * ROOM<T>];
        const i64 right = 2 * at.end < size.cols ? 2 * at.end : size.cols, samples = (right - 2 * at.begin) * C;
        i64 made = begin > 0 ? begin - 1 : 0;
        for (i64 k = begin; k < end; ++k) {
            for (const i64 wanted = k + 2 < low_rows ? k + 2 : low_rows; made < wanted; ++made) {
                T* row = ring[made % 3];
                reduce_row<C>(x, size.rows, size.cols, made, at.first, at.last, row);
                if (made >= begin && made < end)
                    __builtin_memcpy(low + (made * low_cols + at.begin) * C, row + (at.begin - at.first) * C,
                                     (at.end - at.begin) * C * sizeof(T));
            }
            expand_rows<C, T>(ring[expandable(k - 1, low_rows) % 3], ring[k % 3], ring[expandable(k + 1, low_rows) % 3],
                              low_cols, at, guess[0], guess[1]);
            for (int odd = 0; odd < 2 && 2 * k + odd < size.rows; ++odd) {
                const i64 offset = ((2 * k + odd) * size.cols + 2 * at.begin) * C;
                const T *__restrict sample = x + offset, *__restrict guessed = guess[odd];
                ResidualOf<T>* __restrict to = residual + offset;
                for (i64 i = 0; i < samples; ++i) to[i] = Pyramid<T>::residual(sample[i], guessed[i]);
            }
        }
    });
}

// The way back: rows 2 begin .. 2 end of x.
template <int C, class T>
inline void join_image(const Size& size, const T* low, const ResidualOf<T>* residual, T* x, i64 begin, i64 end) {
    const i64 low_rows = (size.rows + 1) / 2, low_cols = (size.cols + 1) / 2;
    for_strips<C, T>(low_cols, [&](const Strip& at) {
        alignas(64) T guess[2][2 * ROOM<T>];
        const i64 right = 2 * at.end < size.cols ? 2 * at.end : size.cols, samples = (right - 2 * at.begin) * C;
        const auto row = [&](i64 k) { return low + (expandable(k, low_rows) * low_cols + at.first) * C; };
        for (i64 k = begin; k < end; ++k) {
            expand_rows<C, T>(row(k - 1), row(k), row(k + 1), low_cols, at, guess[0], guess[1]);
            for (int odd = 0; odd < 2 && 2 * k + odd < size.rows; ++odd) {
                const i64 offset = ((2 * k + odd) * size.cols + 2 * at.begin) * C;
                const T* __restrict guessed = guess[odd];
                const ResidualOf<T>* __restrict missed = residual + offset;
                T* __restrict to = x + offset;
                for (i64 i = 0; i < samples; ++i) to[i] = Pyramid<T>::sample(guessed[i], missed[i]);
            }
        }
    });
}

// Calls `use` with each image of a batch that rows begin..end of the smaller level touch, counted through all images, with
// its rows, and with the number of channels as a type.
template <int C>
struct Channels {
    static constexpr int count = C;
};
template <class Use>
PK_INLINE void for_images(const Size& size, i64 begin, i64 end, Use use) {
    const i64 low_rows = (size.rows + 1) / 2;
    while (begin < end) {
        const i64 image = begin / low_rows, first = begin % low_rows;
        const i64 last = end - begin < low_rows - first ? first + end - begin : low_rows;
        if (size.channels == 1) use(Channels<1>(), image, first, last);
        if (size.channels == 2) use(Channels<2>(), image, first, last);
        if (size.channels == 3) use(Channels<3>(), image, first, last);
        if (size.channels == 4) use(Channels<4>(), image, first, last);
        begin += last - first;
    }
}

template <class T>
inline void reduce_rows(const Size& size, const T* x, T* low, i64 begin, i64 end) {
    for_images(size, begin, end, [&](auto channels, i64 image, i64 first, i64 last) {
        reduce_image<decltype(channels)::count>(size, x + image * size.samples(), low + image * size.low_samples(), first, last);
    });
}
template <class T>
inline void split_rows(const Size& size, const T* x, T* low, ResidualOf<T>* residual, i64 begin, i64 end) {
    for_images(size, begin, end, [&](auto channels, i64 image, i64 first, i64 last) {
        split_image<decltype(channels)::count>(size, x + image * size.samples(), low + image * size.low_samples(),
                                               residual + image * size.samples(), first, last);
    });
}
template <class T>
inline void join_rows(const Size& size, const T* low, const ResidualOf<T>* residual, T* x, i64 begin, i64 end) {
    for_images(size, begin, end, [&](auto channels, i64 image, i64 first, i64 last) {
        join_image<decltype(channels)::count>(size, low + image * size.low_samples(), residual + image * size.samples(),
                                              x + image * size.samples(), first, last);
    });
}

}  // namespace pk::PK_LEVEL
