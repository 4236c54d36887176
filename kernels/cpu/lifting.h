// One level of a wavelet transform, fused: columns are lifted on the way in, rows on the way out, each sample is read
// once and each coefficient written once, to its place in the Mallat layout.
//
// Vertical steps roll down the plane a pair of rows at a time and keep, per column, only what the next pair needs.
// They come first and horizontal ones second, as in ITU-T T.800 Annex F: with integers the order changes bits. A strip of
// STRIP pairs of columns is done at a time so that all of this stays in the cache. It is lifted MARGIN pairs wider than
// what it writes: there, samples whose neighbours it does not have come out wrong, and nobody reads them. So every
// coefficient is the same expression of the same samples wherever the work is cut. Takes 130 kB of stack.
namespace pk::PK_LEVEL {

// In pairs. STRIP: 4096 x 4096 floats take 0.7 of the time they take with 512 (EPYC, 1 MB of L2, 2026-11). MARGIN: more
// than any REACH, and whole cache lines.
constexpr int STRIP = 2048, MARGIN = 8, MOST = STRIP + 2 * MARGIN;

// A step over one line: target[i] gains what others[i - 1], others[i] (evens) or others[i], others[i + 1] (odds) say.
template <class W, int step, bool inverse, class T>
PK_INLINE void lift_line(T* __restrict target, i64 count, const T* __restrict others, i64 other_count) {
    const auto one = [&](i64 i, i64 left, i64 right) {
        target[i] = inverse ? unlift<W, step>(target[i], others[left], others[right])
                            : lift<W, step>(target[i], others[left], others[right]);
    };
    const i64 both = count < other_count ? count : other_count;
    if (W::REACH == 0) {
        for (i64 i = 0; i < both; ++i) one(i, i, i);
    } else if (step % 2 == 0) {
        const i64 inner = other_count - 1 < count ? other_count - 1 : count;
        for (i64 i = 0; i < inner; ++i) one(i, i, i + 1);
        if (inner < count) one(inner, inner, inner);
    } else {
        one(0, 0, 0);
        for (i64 i = 1; i < both; ++i) one(i, i - 1, i);
        if (both < count) one(both, both - 1, both - 1);
    }
}

template <class W, class T>
PK_INLINE void lift_evens_and_odds(T* evens, i64 even_count, T* odds, i64 odd_count) {
    lift_line<W, 0, false>(odds, odd_count, evens, even_count);
    lift_line<W, 1, false>(evens, even_count, odds, odd_count);
    if constexpr (W::STEPS == 4) {
        lift_line<W, 2, false>(odds, odd_count, evens, even_count);
        lift_line<W, 3, false>(evens, even_count, odds, odd_count);
    }
}

template <class W, class T>
PK_INLINE void unlift_evens_and_odds(T* evens, i64 even_count, T* odds, i64 odd_count) {
    if constexpr (W::STEPS == 4) {
        lift_line<W, 3, true>(evens, even_count, odds, odd_count);
        lift_line<W, 2, true>(odds, odd_count, evens, even_count);
    }
    lift_line<W, 1, true>(evens, even_count, odds, odd_count);
    lift_line<W, 0, true>(odds, odd_count, evens, even_count);
}

// The window of a strip: its pairs of columns, the samples it lifts, and what of them it keeps.
struct Window {
    i64 first;              // pair of the plane that is the window's pair 0
    i64 samples, evens, odds;
    i64 skip, lows, highs;  // pairs before the strip; how many of each band it writes
};

PK_INLINE Window window(i64 cols, i64 pair) {
    const i64 pairs = (cols + 1) / 2, first = pair > MARGIN ? pair - MARGIN : 0;
    const i64 end = pair + STRIP < pairs ? pair + STRIP : pairs;
    const i64 last = 2 * (end + MARGIN) < cols ? 2 * (end + MARGIN) : cols;
    const u32 width = (u32)(last - 2 * first), samples = width < 2 * MOST ? width : 2 * MOST;  // for GCC, which cannot know
    return {first, samples, (samples + 1) / 2, samples / 2, pair - first, end - pair, (end < cols / 2 ? end : cols / 2) - pair};
}

// A row of the window into its two bands.
template <class W, class T>
PK_INLINE void analyse_row(const Window& at, const T* __restrict row, T* __restrict low, T* __restrict high, float low_gain,
                           float high_gain) {
    if (at.odds < 1) {
        low[0] = scaled(row[0], low_gain);
        return;
    }
    alignas(64) T evens[MOST], odds[MOST];
    for (i64 i = 0; i < at.odds; ++i) {
        evens[i] = row[2 * i];
        odds[i] = row[2 * i + 1];
    }
    if (at.evens > at.odds) evens[at.odds] = row[2 * at.odds];
    lift_evens_and_odds<W>(evens, at.evens, odds, at.odds);
    const T *made_low = evens + at.skip, *made_high = odds + at.skip;
    for (i64 i = 0; i < at.lows; ++i) low[i] = scaled(made_low[i], low_gain);
    for (i64 i = 0; i < at.highs; ++i) high[i] = scaled(made_high[i], high_gain);
}

// Two bands, at the window's pair 0, into a row of the window.
template <class W, class T>
PK_INLINE void synthesise_row(const Window& at, const T* __restrict low, const T* __restrict high, T* __restrict row,
                              float low_gain, float high_gain) {
    if (at.odds < 1) {
        row[0] = scaled(low[0], low_gain);
        return;
    }
    alignas(64) T evens[MOST], odds[MOST];
    for (i64 i = 0; i < at.evens; ++i) evens[i] = scaled(low[i], low_gain);
    for (i64 i = 0; i < at.odds; ++i) odds[i] = scaled(high[i], high_gain);
    unlift_evens_and_odds<W>(evens, at.evens, odds, at.odds);
    for (i64 i = 0; i < at.odds; ++i) {
        row[2 * i] = evens[i];
        row[2 * i + 1] = odds[i];
    }
    if (at.evens > at.odds) row[2 * at.odds] = evens[at.odds];
}

// What rolling down a plane keeps per column.
template <class T>
struct Kept {
    alignas(64) T a[2 * MOST], b[2 * MOST], c[2 * MOST], d[2 * MOST];
};

// Pair k of the rows goes in, pair k - DELAY of the two bands comes out, from pair k - DELAY - REACH on a true one.
template <class W>
constexpr int DELAY = W::STEPS / 2 - 1;

template <class W, class T>
PK_INLINE void analyse_pair(const T* __restrict even, const T* __restrict odd, const T* __restrict next, Kept<T>& kept,
                            T* __restrict low, T* __restrict high, i64 n) {
    T *__restrict a = kept.a, *__restrict b = kept.b, *__restrict c = kept.c;
    for (i64 i = 0; i < n; ++i) {
        const T o = lift<W, 0>(odd[i], even[i], next[i]), e = lift<W, 1>(even[i], a[i], o);
        if constexpr (W::STEPS == 2) {
            low[i] = e;
            high[i] = o;
        } else {
            const T high_before = lift<W, 2>(a[i], b[i], e);
            low[i] = lift<W, 3>(b[i], c[i], high_before);
            high[i] = high_before;
            b[i] = e;
            c[i] = high_before;
        }
        a[i] = o;
    }
}

// The other way: pair k of the bands goes in, pair k - STEPS / 2 of the rows comes out.
template <class W, class T>
PK_INLINE void synthesise_pair(const T* __restrict low, const T* __restrict high, Kept<T>& kept, T* __restrict even,
                               T* __restrict odd, i64 n) {
    T *__restrict a = kept.a, *__restrict b = kept.b, *__restrict c = kept.c, *__restrict d = kept.d;
    for (i64 i = 0; i < n; ++i) {
        if constexpr (W::STEPS == 2) {
            const T e = unlift<W, 1>(low[i], a[i], high[i]);
            even[i] = b[i];
            odd[i] = unlift<W, 0>(a[i], b[i], e);
            b[i] = e;
        } else {
            const T e = unlift<W, 3>(low[i], a[i], high[i]), o = unlift<W, 2>(a[i], b[i], e);
            const T before = unlift<W, 1>(b[i], c[i], o);
            even[i] = d[i];
            odd[i] = unlift<W, 0>(c[i], d[i], before);
            b[i] = e;
            c[i] = o;
            d[i] = before;
        }
        a[i] = high[i];
    }
}

// Pairs of rows begin..end of one plane, one strip of columns.
template <class W, class T>
inline void analyse_strip(const Planes<T>& level, i64 plane, i64 pair, i64 begin, i64 end) {
    const Window at = window(level.cols, pair);
    const Gains gain = gains<W>(level.rows, level.cols);
    const i64 rows = level.rows, low_rows = (rows + 1) / 2, low_cols = (level.cols + 1) / 2;
    const T* x = level.x + plane * level.x_plane + 2 * at.first;
    T* low = level.low + plane * level.low_plane + pair;
    T* bands = level.bands + plane * level.bands_plane + pair;
    const auto row = [&](i64 i) { return x + mirrored(i, rows) * level.x_row; };
    const auto put_low = [&](i64 k, const T* from) {
        analyse_row<W>(at, from, low + k * level.low_row, bands + k * level.bands_row + low_cols, gain.ll, gain.hl);
    };
    if (rows == 1) return put_low(0, x);
    Kept<T> kept;
    for (i64 i = 0; i < at.samples; ++i) kept.a[i] = kept.b[i] = kept.c[i] = 0;
    alignas(64) T lows[2 * MOST], highs[2 * MOST];
    for (i64 k = begin - W::REACH; k < end + DELAY<W>; ++k) {
        const i64 made = k - DELAY<W>;
        if (W::REACH == 0 && 2 * k + 1 == rows) return put_low(k, row(2 * k));  // no partner
        analyse_pair<W>(row(2 * k), row(2 * k + 1), row(2 * k + 2), kept, lows, highs, at.samples);
        if (made < begin) continue;
        put_low(made, lows);
        if (2 * made + 1 < rows) {
            T* to = bands + (low_rows + made) * level.bands_row;
            analyse_row<W>(at, highs, to, to + low_cols, gain.lh, gain.hh);
        }
    }
}

template <class W, class T>
inline void synthesise_strip(const Planes<T>& level, i64 plane, i64 pair, i64 begin, i64 end) {
    const Window at = window(level.cols, pair);
    const Gains gain = inverse_gains<W>(level.rows, level.cols);
    const i64 rows = level.rows, low_rows = (rows + 1) / 2, low_cols = (level.cols + 1) / 2;
    const i64 n = at.lows + at.highs;
    T* x = level.x + plane * level.x_plane + 2 * pair;
    const T* low = level.low + plane * level.low_plane + at.first;
    const T* bands = level.bands + plane * level.bands_plane + at.first;
    Kept<T> kept;
    for (i64 i = 0; i < n; ++i) kept.a[i] = kept.b[i] = kept.c[i] = kept.d[i] = 0;
    alignas(64) T low_row[2 * MOST], high_row[2 * MOST], nowhere[2 * MOST];
    const T *lows = low_row + 2 * at.skip, *highs = high_row + 2 * at.skip;
    const auto get_low = [&](i64 k) {
        synthesise_row<W>(at, low + k * level.low_row, bands + k * level.bands_row + low_cols, low_row, gain.ll, gain.hl);
    };
    const auto without_partner = [&](i64 k) {
        get_low(k);
        T* to = x + 2 * k * level.x_row;
        for (i64 i = 0; i < n; ++i) to[i] = lows[i];
    };
    if (rows == 1) return without_partner(0);
    constexpr int delay = W::REACH;
    for (i64 k = begin - W::REACH; k < end + delay; ++k) {
        const i64 made = k - delay;
        if (W::REACH == 0 && 2 * k + 1 == rows) return without_partner(k);
        get_low(mirrored(2 * k, rows) / 2);
        const T* from = bands + (low_rows + mirrored(2 * k + 1, rows) / 2) * level.bands_row;
        synthesise_row<W>(at, from, from + low_cols, high_row, gain.lh, gain.hh);
        T* even = made < begin ? nowhere : x + 2 * made * level.x_row;
        T* odd = made < begin || 2 * made + 1 >= rows ? nowhere : even + level.x_row;
        if constexpr (W::REACH == 0)
            for (i64 i = 0; i < n; ++i) {
                even[i] = unlift<W, 1>(lows[i], highs[i], highs[i]);
                odd[i] = unlift<W, 0>(highs[i], even[i], even[i]);
            }
        else
            synthesise_pair<W>(lows, highs, kept, even, odd, n);
    }
}

// Pairs of rows begin..end, counted through all planes.
template <bool inverse, class T>
inline void transform_level(const Planes<T>& level, int wavelet, i64 begin, i64 end) {
    const i64 pairs = (level.rows + 1) / 2, across = (level.cols + 1) / 2;
    with_wavelet(wavelet, T(), [&](auto type) {
        using W = decltype(type);
        for (i64 unit = begin; unit < end;) {
            const i64 plane = unit / pairs, first = unit % pairs;
            const i64 last = end - unit < pairs - first ? first + end - unit : pairs;
            for (i64 pair = 0; pair < across; pair += STRIP)
                if constexpr (inverse)
                    synthesise_strip<W>(level, plane, pair, first, last);
                else
                    analyse_strip<W>(level, plane, pair, first, last);
            unit += last - first;
        }
    });
}

// All levels of planes begin..end, LL of a level but the last in `scratch`, one after the other.
template <bool inverse, class T>
inline void transform_planes(const Planes<T>& top, int levels, T* scratch, i64 scratch_plane, int wavelet, i64 begin, i64 end) {
    constexpr int most = 16;
    Planes<T> chain[most];
    for (i64 plane = begin; plane < end; ++plane) {
        T *x = top.x + plane * top.x_plane, *bands = top.bands + plane * top.bands_plane, *spare = scratch + plane * scratch_plane;
        i64 rows = top.rows, cols = top.cols, x_row = top.x_row;
        for (int level = 0; level < levels; ++level) {
            const i64 low_rows = (rows + 1) / 2, low_cols = (cols + 1) / 2;
            const bool last = level + 1 == levels;
            T* low = last ? bands : spare;
            const i64 low_row = last ? top.bands_row : low_cols;
            chain[level] = {rows, cols, x, x_row, 0, low, low_row, 0, bands, top.bands_row, 0};
            spare += low_rows * low_cols;
            rows = low_rows, cols = low_cols, x = low, x_row = low_row;
        }
        for (int step = 0; step < levels; ++step) {
            const Planes<T>& now = chain[inverse ? levels - 1 - step : step];
            transform_level<inverse>(now, wavelet, 0, (now.rows + 1) / 2);
        }
    }
}

}  // namespace pk::PK_LEVEL
