// How often each difference occurs, in a sample of blocks of lines along either axis: where thresholds come from.
//
// The lines of a block are added into a plane per channel, planes into boxes of `scale` along the axis, in place, by
// doubling; what is left of a place and what is right of it are then two boxes.
namespace pk::PK_LEVEL {

// One axis of a picture: `along` it and `across` it are distances in bytes.
struct Axis {
    const u8* pixels;
    i64 length, along, across;
};

// A block of lines that are the picture's rows, and of columns.
template <int CHANNELS, int SCALE>
PK_INLINE void add_rows_up(const Axis& of, const u8* from, u16* const planes[3]) {
    split_channels<CHANNELS>(from, of.length, planes[0], planes[1], planes[2]);
    for (int j = 1; j < SCALE; ++j) {
        const u8* __restrict row = from + j * of.across;
        for (int c = 0; c < CHANNELS; ++c) {
            u16* __restrict plane = planes[c];
            for (i64 x = 0; x < of.length; ++x) plane[x] = (u16)(plane[x] + row[CHANNELS * x + c]);
        }
    }
}
template <int CHANNELS, int SCALE>
PK_INLINE void add_columns_up(const Axis& of, const u8* from, u16* const planes[3]) {
    for (i64 y = 0; y < of.length; ++y) {
        const u8* pixels = from + y * of.along;
        u16 sums[CHANNELS] = {};
        for (int j = 0; j < SCALE; ++j)
            for (int c = 0; c < CHANNELS; ++c) sums[c] = (u16)(sums[c] + pixels[j * CHANNELS + c]);
        for (int c = 0; c < CHANNELS; ++c) planes[c][y] = sums[c];
    }
}

template <int CHANNELS>
PK_INLINE void measure_steps(const u16* __restrict r, const u16* __restrict g, const u16* __restrict b, i64 scale, int shift,
                             u16* __restrict to, i64 count) {
    for (i64 i = 0; i < count; ++i) {
        const u16 step = apart(r[i + scale], r[i]);
        const u16 all = (u16)(CHANNELS == 1 ? 3 * step : step + apart(g[i + scale], g[i]) + apart(b[i + scale], b[i]));
        to[i] = (u16)(all >> shift);
    }
}

// Blocks `begin` to `end` of every `every`-th; counts [3][VALUES], see place_class. Scratch: CHANNELS + 1 rows of `length` up to
// a multiple of 64.
template <int CHANNELS, int SCALE>
inline void count_blocks(const Axis& of, i64 every, u16* scratch, u64* counts, i64 begin, i64 end) {
    constexpr int shift = SCALE == 1 ? 0 : SCALE == 2 ? 2 : SCALE == 4 ? 4 : 6;
    const i64 length = of.length, stride = (length + 63) / 64 * 64;
    u16 *const planes[3] = {scratch, scratch + (CHANNELS > 1) * stride, scratch + 2 * (CHANNELS > 1) * stride};
    u16* steps = scratch + CHANNELS * stride;
    const auto line = [&](i64 i, int channel) { return (i32)planes[channel][i]; };
    u64* of_place[COMB];
    for (int i = 0; i < COMB; ++i) of_place[i] = counts + place_class(i) * VALUES;
    const auto count = [&](i64 place, u32 value) { ++of_place[(u64)place % COMB][value]; };
    for (i64 block = begin; block < end; ++block) {
        const u8* from = of.pixels + block * every * SCALE * of.across;
        if (of.along == CHANNELS)
            add_rows_up<CHANNELS, SCALE>(of, from, planes);
        else
            add_columns_up<CHANNELS, SCALE>(of, from, planes);
        for (i64 reach = 1; reach < SCALE; ++reach) {
            count(reach, short_difference<CHANNELS>(reach, reach, SCALE, line) >> shift);
            count(length - reach, short_difference<CHANNELS>(length - reach, reach, SCALE, line) >> shift);
        }
        for (int half = 1; half < SCALE; half *= 2)
            for (int c = 0; c < CHANNELS; ++c)
                for (i64 i = 0; i + 2 * half <= length; ++i) planes[c][i] = (u16)(planes[c][i] + planes[c][i + half]);
        measure_steps<CHANNELS>(planes[0], planes[1], planes[2], SCALE, shift, steps, length + 1 - 2 * SCALE);
        for (i64 place = SCALE; place <= length - SCALE; ++place) count(place, steps[place - SCALE]);
    }
}

inline void count_any(const Axis& of, int channels, int k, i64 every, u16* scratch, u64* counts, i64 begin, i64 end) {
    const auto grey = k == 0 ? count_blocks<1, 1> : k == 1 ? count_blocks<1, 2> : k == 2 ? count_blocks<1, 4> : count_blocks<1, 8>;
    const auto rgb = k == 0 ? count_blocks<3, 1> : k == 1 ? count_blocks<3, 2> : k == 2 ? count_blocks<3, 4> : count_blocks<3, 8>;
    (channels == 1 ? grey : rgb)(of, every, scratch, counts, begin, end);
}

}  // namespace pk::PK_LEVEL
