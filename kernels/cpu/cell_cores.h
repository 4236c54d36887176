// Colours from the cores of cells alone: median, mode and the pixel in the middle. The pixels of a core are counted where they
// are, in tables of fixed size, so a core may have any number of them; what was counted is set back to zero pixel by pixel, for
// a table is larger than most cores. Takes 16 kB of stack.
namespace pk::PK_LEVEL {

// The lower median of the values of a core that are not negative, 0 if there are none. The tables are zero before and after.
template <class Core, class Value>
PK_INLINE int lower_median(const Core& core, const Value& value, u32* sixteens, u32* ones) {
    u32 n = 0;
    core([&](const u8* pixel) {
        const int v = value(pixel);
        if (v < 0) return;
        ++sixteens[v >> 4];
        ++ones[v];
        ++n;
    });
    if (n == 0) return 0;
    u32 below = 0;
    const u32 rank = (n - 1) / 2;
    int at = 0;
    while (below + sixteens[at] <= rank) below += sixteens[at++];
    at *= 16;
    while (below + ones[at] <= rank) below += ones[at++];
    core([&](const u8* pixel) {
        const int v = value(pixel);
        if (v >= 0) sixteens[v >> 4] = ones[v] = 0;
    });
    return at;
}

struct Median {
    template <int channels>
    static void colours(const Picture& picture, const Grid& grid, const Group& group, u8* sprite) {
        u32 sixteens[16] = {}, ones[256] = {};
        for_cores<channels>(picture, grid, group, [&](i64 b, const auto& core) {
            u8* to = sprite + (group.row * grid.x.cells + b) * channels;
            int alpha = 255;
            if (channels == 4) {
                alpha = lower_median(core, [](const u8* pixel) { return (int)pixel[channels - 1]; }, sixteens, ones);
                to[channels - 1] = (u8)alpha;
            }
            for (int c = 0; c < Colours<channels>::count; ++c) {
                const auto value = [&](const u8* pixel) { return counts<channels>(pixel, alpha) ? (int)pixel[c] : -1; };
                to[c] = alpha ? (u8)lower_median(core, value, sixteens, ones) : (u8)0;
            }
        });
    }
};

// The bin that most values of a core are in that are not negative, the lowest of several. `bins` are zero before and after.
template <class Core, class Value>
PK_INLINE int fullest(const Core& core, const Value& value, u32* bins) {
    u32 most = 0;
    int best = 0;
    core([&](const u8* pixel) {
        const int at = value(pixel);
        if (at >= 0) ++bins[at];
    });
    core([&](const u8* pixel) {
        const int at = value(pixel);
        if (at < 0 || bins[at] < most || (bins[at] == most && at > best)) return;
        most = bins[at];
        best = at;
    });
    core([&](const u8* pixel) {
        const int at = value(pixel);
        if (at >= 0) bins[at] = 0;
    });
    return best;
}

// The means of channels [first, first + count) over the pixels of a core that `chosen` says, to the nearest integer, halves up.
template <int first, int count, class Core, class Chosen>
PK_INLINE void means(const Core& core, const Chosen& chosen, u8* to) {
    i64 sums[count] = {}, n = 0;
    core([&](const u8* pixel) {
        if (!chosen(pixel)) return;
        for (int c = 0; c < count; ++c) sums[c] += pixel[first + c];
        ++n;
    });
    for (int c = 0; c < count; ++c) to[first + c] = n ? (u8)((2 * sums[c] + n) / (2 * n)) : (u8)0;
}

struct Mode {
    template <int channels>
    static void colours(const Picture& picture, const Grid& grid, const Group& group, u8* sprite) {
        u32 bins[BINS] = {};
        for_cores<channels>(picture, grid, group, [&](i64 b, const auto& core) {
            u8* to = sprite + (group.row * grid.x.cells + b) * channels;
            int alpha = 255;
            if (channels == 4) {
                const auto level = [](const u8* pixel) { return pixel[channels - 1] >> 4; };
                const int best = fullest(core, level, bins);
                means<channels - 1, 1>(core, [&](const u8* pixel) { return level(pixel) == best; }, to);
                alpha = to[channels - 1];
            }
            const auto value = [&](const u8* pixel) { return counts<channels>(pixel, alpha) ? bin<channels>(pixel) : -1; };
            const int best = fullest(core, value, bins);
            means<0, Colours<channels>::count>(core, [&](const u8* pixel) { return alpha && value(pixel) == best; }, to);
        });
    }
};

struct Centre {
    template <int channels>
    static void colours(const Picture& picture, const Grid& grid, const Group& group, u8* sprite) {
        for (i64 b = group.first; b < group.last; ++b) {
            const u8* pixel = picture.pixels + (grid.y.middle[group.row] * picture.cols + grid.x.middle[b]) * channels;
            for (int c = 0; c < channels; ++c) sprite[(group.row * grid.x.cells + b) * channels + c] = pixel[c];
        }
    }
};

}  // namespace pk::PK_LEVEL
