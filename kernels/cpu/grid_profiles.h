// Evidence for grid lines along both axes at up to four scales, in one pass over the rows of a picture.
//
// Boxes of s x s pixels come from four of half the size. For vertical lines they are aligned in y and at any x: `across`; for
// horizontal ones aligned in x and at any y: `down`. Each row goes into planes of 16 bits once; when s of them are there, a row
// of boxes is made, and compared with itself s columns back (vertical lines) or with the one s rows back (horizontal ones).
// Sums of 255 * 64 fit 16 bits, so do their differences over three channels, and evidence added over 64 rows: 120 s^2 * 64 / s.
// Places nearer to the border than s are done apart, with the boxes that fit.
namespace pk::PK_LEVEL {

constexpr i64 GROUP = 8, FLUSH = 64;  // rows: of the largest box; until columns of 16 bits are emptied
constexpr int SCALES = 4;

struct Picture {
    const u8* pixels;
    i64 rows, cols;
};

// Where rows lie in the scratch: `stride` is cols up to a multiple of 64.
template <int CHANNELS>
struct Rows {
    u16* base;
    i64 stride;
    // `down` boxes of scale 2^k: 2^(k + 1) rows of cols / 2^k, so that the one s rows back is still there
    PK_INLINE u16* down(int k, i64 y, int channel) const {
        const i64 slots = (i64)2 << k;
        return base + 2 * CHANNELS * stride * k + ((y & (slots - 1)) * CHANNELS + channel) * (stride >> k);
    }
    // pairs of them, side by side
    PK_INLINE u16* pairs(int k, i64 y, int channel) const {
        const i64 slots = (i64)2 << k;
        return base + CHANNELS * stride * (2 * SCALES + k) + ((y & (slots - 1)) * CHANNELS + channel) * (stride >> (k + 1));
    }
    // `across` boxes of scale 2^k, k > 0: two rows of cols
    PK_INLINE u16* across(int k, i64 block, int channel) const {
        if (k == 0) return down(0, block, channel);
        return base + CHANNELS * stride * (3 * SCALES + 2 * (k - 1) + (block & 1)) + channel * stride;
    }
    PK_INLINE u16* sums(int k) const { return base + stride * (CHANNELS * (5 * SCALES - 2) + k); }
    PK_INLINE u16* thresholds(int k) const { return base + stride * (CHANNELS * (5 * SCALES - 2) + SCALES + k); }
    PK_INLINE i16* steps() const { return (i16*)(base + stride * (CHANNELS * (5 * SCALES - 2) + 2 * SCALES)); }
};

template <int CHANNELS>
PK_INLINE void split_channels(const u8* __restrict row, i64 cols, u16* __restrict first, u16* __restrict second,
                              u16* __restrict third) {
    if constexpr (CHANNELS == 1) {
        for (i64 x = 0; x < cols; ++x) first[x] = row[x];
    } else {
        for (i64 x = 0; x < cols; ++x) {
            first[x] = row[3 * x];
            second[x] = row[3 * x + 1];
            third[x] = row[3 * x + 2];
        }
    }
}

PK_INLINE void add_pairs(const u16* __restrict from, u16* __restrict to, i64 count) {
    for (i64 i = 0; i < count; ++i) to[i] = (u16)(from[2 * i] + from[2 * i + 1]);
}
PK_INLINE void add_rows(const u16* __restrict a, const u16* __restrict b, u16* __restrict to, i64 count) {
    for (i64 i = 0; i < count; ++i) to[i] = (u16)(a[i] + b[i]);
}
PK_INLINE void add_boxes(const u16* __restrict a, const u16* __restrict b, i64 half, u16* __restrict to, i64 count) {
    for (i64 i = 0; i < count; ++i) to[i] = (u16)(a[i] + b[i] + a[i + half] + b[i + half]);
}

PK_INLINE u16 apart(u16 a, u16 b) { return (u16)((a > b ? a : b) - (a > b ? b : a)); }
PK_INLINE u16 above(u16 difference, u16 threshold, u16 cap) {
    const u16 rest = (u16)((difference > threshold ? difference : threshold) - threshold);
    return rest < cap ? rest : cap;
}

// Vertical lines: a row of boxes against itself.
template <int CHANNELS>
PK_INLINE void compare_columns(const u16* __restrict r, const u16* __restrict g, const u16* __restrict b, i64 scale, i64 count,
                               const u16* __restrict thresholds, u16 cap, u16* __restrict sums) {
    for (i64 i = 0; i < count; ++i) {
        u16 difference = apart(r[i + scale], r[i]);
        if constexpr (CHANNELS == 1)
            difference = (u16)(3 * difference);
        else
            difference = (u16)(difference + apart(g[i + scale], g[i]) + apart(b[i + scale], b[i]));
        sums[i] = (u16)(sums[i] + above(difference, thresholds[i], cap));
    }
}

// Horizontal lines: a row of boxes against an earlier one.
template <int CHANNELS>
PK_INLINE i64 compare_rows(const u16* __restrict r, const u16* __restrict g, const u16* __restrict b, const u16* __restrict r0,
                           const u16* __restrict g0, const u16* __restrict b0, i64 count, u16 threshold, u16 cap) {
    i64 sum = 0;
    for (i64 begin = 0; begin < count; begin += 4096) {
        const i64 end = begin + 4096 < count ? begin + 4096 : count;
        u32 part = 0;
        for (i64 i = begin; i < end; ++i) {
            u16 difference = apart(r[i], r0[i]);
            if constexpr (CHANNELS == 1)
                difference = (u16)(3 * difference);
            else
                difference = (u16)(difference + apart(g[i], g0[i]) + apart(b[i], b0[i]));
            part += above(difference, threshold, cap);
        }
        sum += part;
    }
    return sum;
}

// The difference at a place that has only `reach` < scale pixels on one side; `line(i, channel)` is the sum over `scale`
// pixels across.
template <int CHANNELS, class Line>
PK_INLINE u32 short_difference(i64 at, i64 reach, i64 scale, Line line) {
    u32 sum = 0;
    for (int channel = 0; channel < CHANNELS; ++channel) {
        i32 step = 0;
        for (i64 i = 0; i < reach; ++i) step += line(at + i, channel) - line(at - 1 - i, channel);
        sum += (u32)(step < 0 ? -step : step);
    }
    return (u32)((CHANNELS == 1 ? 3 : 1) * sum * (u32)scale / (u32)reach);
}

// The two ends of vertical lines' profile, where boxes are cut, for the block of rows that begins at `top`.
template <int CHANNELS>
inline void compare_end_columns(const Picture& picture, i64 top, i64 scale, const u16* thresholds, u32 cap, i64* sums) {
    const i64 cols = picture.cols;
    i32 ends[2][2 * GROUP][CHANNELS] = {};
    for (i64 y = top; y < top + scale; ++y) {
        const u8* row = picture.pixels + y * cols * CHANNELS;
        for (i64 i = 0; i < 2 * scale; ++i)
            for (int channel = 0; channel < CHANNELS; ++channel) {
                ends[0][i][channel] += row[i * CHANNELS + channel];
                ends[1][i][channel] += row[(cols - 2 * scale + i) * CHANNELS + channel];
            }
    }
    for (i64 reach = 1; reach < scale; ++reach) {
        const i64 right = cols - reach;
        const u32 first = short_difference<CHANNELS>(reach, reach, scale, [&](i64 i, int c) { return ends[0][i][c]; });
        const u32 last =
            short_difference<CHANNELS>(right, reach, scale, [&](i64 i, int c) { return ends[1][i - cols + 2 * scale][c]; });
        sums[reach] += evidence_above(first, thresholds[reach], cap);
        sums[right] += evidence_above(last, thresholds[right], cap);
    }
}

// The same of horizontal lines' profile, at y.
template <int CHANNELS>
inline i64 compare_end_rows(const Picture& picture, i64 y, i64 scale, u32 threshold, u32 cap, i16* __restrict steps) {
    const i64 reach = y < picture.rows - y ? y : picture.rows - y, count = picture.cols * CHANNELS;
    for (i64 i = 0; i < count; ++i) steps[i] = 0;
    for (i64 k = 0; k < reach; ++k) {
        const u8 *__restrict below = picture.pixels + (y + k) * count, *__restrict over = picture.pixels + (y - 1 - k) * count;
        for (i64 i = 0; i < count; ++i) steps[i] = (i16)(steps[i] + below[i] - over[i]);
    }
    i64 sum = 0;
    for (i64 block = 0; block < picture.cols / scale; ++block) {
        u32 difference = 0;
        for (int channel = 0; channel < CHANNELS; ++channel) {
            i32 step = 0;
            for (i64 i = 0; i < scale; ++i) step += steps[(block * scale + i) * CHANNELS + channel];
            difference += (u32)(step < 0 ? -step : step);
        }
        sum += evidence_above((CHANNELS == 1 ? 3 : 1) * difference * (u32)scale / (u32)reach, threshold, cap);
    }
    return sum;
}

struct Wanted {
    const i32* thresholds;  // [axis][scale][usual, multiples of 8]; below 0: this scale is not wanted
    PK_INLINE bool has(int k) const { return thresholds[2 * k] >= 0; }
    PK_INLINE int highest() const {
        int k = SCALES - 1;
        while (k > 0 && !has(k)) --k;
        return k;
    }
    PK_INLINE u32 at(int axis, int k, i64 place) const {
        return (u32)thresholds[(axis * SCALES + k) * 2 + (place % COMB == 0)] << 2 * k;
    }
};

// Evidence of rows begin..end, groups of GROUP: added to sums_x (SCALES, cols + 1), written to sums_y (SCALES, rows + 1).
template <int CHANNELS>
inline void gather_evidence(const Picture& picture, const Wanted& wanted, u16* scratch, i64* sums_x, i64* sums_y, i64 begin,
                            i64 end) {
    const i64 rows = picture.rows, cols = picture.cols;
    const Rows<CHANNELS> at{scratch, (cols + 63) / 64 * 64};
    const int highest = wanted.highest();
    constexpr int G = CHANNELS == 1 ? 0 : 1, B = CHANNELS == 1 ? 0 : 2;
    const auto cap = [](int k) { return EVIDENCE_CAP << 2 * k; };
    for (int k = 0; k <= highest; ++k)
        for (i64 x = 0; x < cols; ++x) {
            at.sums(k)[x] = 0;
            at.thresholds(k)[x] = wanted.has(k) ? (u16)wanted.at(0, k, x) : 0;
        }
    const auto flush = [&] {
        for (int k = 0; k <= highest; ++k)
            for (i64 x = 0; x < cols; ++x) sums_x[k * (cols + 1) + x] += at.sums(k)[x], at.sums(k)[x] = 0;
    };
    const i64 first = begin > GROUP ? begin - GROUP : 0, last = end + GROUP - 1 < rows ? end + GROUP - 1 : rows;
    for (i64 row = first; row < last; ++row) {
        split_channels<CHANNELS>(picture.pixels + row * cols * CHANNELS, cols, at.down(0, row, 0), at.down(0, row, G),
                                 at.down(0, row, B));
        for (int k = 0; k <= highest; ++k) {  // horizontal lines at y = row + 1 - scale
            const i64 scale = (i64)1 << k, y = row + 1 - scale;
            if (y < first) break;
            if (k > 0)
                for (int c = 0; c < CHANNELS; ++c)
                    add_rows(at.pairs(k - 1, y, c), at.pairs(k - 1, y + scale / 2, c), at.down(k, y, c), cols >> k);
            if (k < highest)
                for (int c = 0; c < CHANNELS; ++c) add_pairs(at.down(k, y, c), at.pairs(k, y, c), cols >> (k + 1));
            if (wanted.has(k) && y >= begin && y < end && y >= scale)
                sums_y[k * (rows + 1) + y] = compare_rows<CHANNELS>(
                    at.down(k, y, 0), at.down(k, y, G), at.down(k, y, B), at.down(k, y - scale, 0), at.down(k, y - scale, G),
                    at.down(k, y - scale, B), cols >> k, (u16)wanted.at(1, k, y), (u16)cap(k));
        }
        if (row < begin || row >= end) continue;
        for (int k = 0; k <= highest && (row + 1) % ((i64)1 << k) == 0; ++k) {  // vertical lines, the block that ends here
            const i64 scale = (i64)1 << k, block = row >> k;
            if (k > 0)
                for (int c = 0; c < CHANNELS; ++c)
                    add_boxes(at.across(k - 1, block * 2, c), at.across(k - 1, block * 2 + 1, c), scale / 2,
                              at.across(k, block, c), cols + 1 - scale);
            if (!wanted.has(k)) continue;
            compare_columns<CHANNELS>(at.across(k, block, 0), at.across(k, block, G), at.across(k, block, B), scale,
                                      cols + 1 - 2 * scale, at.thresholds(k) + scale, (u16)cap(k), at.sums(k) + scale);
            if (k > 0)
                compare_end_columns<CHANNELS>(picture, row + 1 - scale, scale, at.thresholds(k), cap(k), sums_x + k * (cols + 1));
        }
        if ((row + 1 - begin) % FLUSH == 0) flush();
    }
    flush();
    for (int k = 1; k <= highest; ++k)
        for (i64 y = begin > 1 ? begin : 1; y < end && wanted.has(k); ++y)
            if (const i64 scale = (i64)1 << k; y < scale || y > rows - scale)
                sums_y[k * (rows + 1) + y] = compare_end_rows<CHANNELS>(picture, y, scale, wanted.at(1, k, y), cap(k), at.steps());
}

inline void gather_any(const Picture& picture, int channels, const Wanted& wanted, u16* scratch, i64* sums_x, i64* sums_y,
                       i64 begin, i64 end) {
    if (channels == 1) return gather_evidence<1>(picture, wanted, scratch, sums_x, sums_y, begin, end);
    gather_evidence<3>(picture, wanted, scratch, sums_x, sums_y, begin, end);
}

}  // namespace pk::PK_LEVEL
