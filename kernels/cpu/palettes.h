// Colours and palettes: Oklab, the nearest entry, and diffusion of the error that it leaves.
namespace pk::PK_LEVEL {

// `points` colours as three planes of linear light, to three planes of Oklab.
inline void oklab_points(const double* linear, i64 points, double* oklab, i64 begin, i64 end) {
    for (i64 j = begin; j < end; ++j) {
        const Oklab to = linear_to_oklab(linear[j], linear[points + j], linear[2 * points + j]);
        oklab[j] = to.lightness;
        oklab[points + j] = to.a;
        oklab[2 * points + j] = to.b;
    }
}

// The entry with the least squared distance plus its handicap; of equals the first. Blocks of points, entry by entry: that
// vectorises over points, and an index held as a double has the width of what it belongs to.
inline void nearest_entries(const double* where, i64 points, const double* entries, const double* handicap, i64 count,
                            i32* index, i64 begin, i64 end) {
    constexpr i64 block = 256;
    double best[block], chosen[block];
    for (i64 from = begin; from < end; from += block) {
        const i64 size = end - from < block ? end - from : block;
        const double *x = where + from, *y = x + points, *z = y + points;
        for (i64 j = 0; j < size; ++j) {
            best[j] = infinite;
            chosen[j] = 0;
        }
        for (i64 k = 0; k < count; ++k) {
            const double ex = entries[3 * k], ey = entries[3 * k + 1], ez = entries[3 * k + 2], extra = handicap[k];
            const double number = (double)k;
            for (i64 j = 0; j < size; ++j) {
                const double dx = x[j] - ex, dy = y[j] - ey, dz = z[j] - ez;
                const double distance = dx * dx + dy * dy + dz * dz + extra;
                const bool nearer = distance < best[j];
                best[j] = nearer ? distance : best[j];
                chosen[j] = nearer ? number : chosen[j];
            }
        }
        for (i64 j = 0; j < size; ++j) index[from + j] = (i32)chosen[j];
    }
}

// Error diffusion of Floyd & Steinberg, "An adaptive algorithm for spatial grey scale", Proc. SID 17(2), 1976: rows from left to
// right, 7/16 of what an entry leaves to the right, 3/16, 5/16 and 1/16 below. Errors are of linear light, which is what an
// eye averages; entries are chosen in Oklab, which puts the border between black and white at an eighth of the light: errors
// reach from -7/8 to 1/8 there. What is wanted is clipped to [-1, 2], which costs no light that any entry can take up, and
// keeps what none can from piling up. `linear` and `entries` have three numbers a colour; `error` is two rows of cols + 2.
// Pixels that are not `solid` take and give nothing and keep the index they came with.
inline void diffuse(const double* linear, const u8* solid, i64 rows, i64 cols, const double* entries,
                    const double* entries_oklab, i64 count, double* error, i32* index) {
    const i64 width = 3 * (cols + 2);
    double *here = error, *below = error + width;
    for (i64 j = 0; j < 2 * width; ++j) error[j] = 0;
    for (i64 r = 0; r < rows; ++r) {
        for (i64 c = 0; c < cols; ++c) {
            if (!solid[r * cols + c]) continue;
            double wanted[3];
            for (int k = 0; k < 3; ++k) {
                const double sum = linear[3 * (r * cols + c) + k] + here[3 * (c + 1) + k];
                wanted[k] = sum < -1 ? -1 : sum > 2 ? 2 : sum;
            }
            const Oklab at = linear_to_oklab(wanted[0], wanted[1], wanted[2]);
            double best = infinite;
            i64 chosen = 0;
            for (i64 k = 0; k < count; ++k) {
                const double dl = at.lightness - entries_oklab[3 * k], da = at.a - entries_oklab[3 * k + 1];
                const double db = at.b - entries_oklab[3 * k + 2], distance = dl * dl + da * da + db * db;
                chosen = distance < best ? k : chosen;
                best = distance < best ? distance : best;
            }
            index[r * cols + c] = (i32)chosen;
            for (int k = 0; k < 3; ++k) {
                const double left = (wanted[k] - entries[3 * chosen + k]) * 0.0625;
                here[3 * (c + 2) + k] += 7 * left;
                below[3 * c + k] += 3 * left;
                below[3 * (c + 1) + k] += 5 * left;
                below[3 * (c + 2) + k] += left;
            }
        }
        double* done = here;
        here = below;
        below = done;
        for (i64 j = 0; j < width; ++j) below[j] = 0;
    }
}

}  // namespace pk::PK_LEVEL
