// Rows of normals from heights or depths, and what a mask spans. Blocks of columns as planes, with a pixel more on each side.
namespace pk::PK_LEVEL {

constexpr int NORMALS = 256;  // columns at a time

// One row of a block: values and whether they are inside, columns left - 1 to left + count.
struct HeightRow {
    alignas(64) double value[NORMALS + 2];
    alignas(64) u8 inside[NORMALS + 2];
};

template <class T, class M>
PK_INLINE void read_row(const Heights<T, M>& of, i64 r, i64 left, i64 count, HeightRow& row) {
    if (r < 0 || r >= of.rows) {
        for (i64 j = 0; j < count + 2; ++j) row.value[j] = 0;
        for (i64 j = 0; j < count + 2; ++j) row.inside[j] = 0;
        return;
    }
    const T* z = of.z + r * of.cols;
    const i64 from = left > 0 ? 0 : 1, to = left + count < of.cols ? count + 2 : count + 1;
    row.value[0] = row.value[count + 1] = 0;
    row.inside[0] = row.inside[count + 1] = 0;
    for (i64 j = from; j < to; ++j) row.value[j] = (double)z[left - 1 + j];
    if (of.mask) {
        const M* mask = of.mask + r * of.cols;
        for (i64 j = from; j < to; ++j) row.inside[j] = mask[left - 1 + j] > 0;
    } else {
        for (i64 j = from; j < to; ++j) row.inside[j] = 1;
    }
}

template <class T, class M>
inline void normal_rows(const Heights<T, M>& of, float* normals, i64 begin, i64 end) {
    alignas(64) float x[NORMALS], y[NORMALS], z[NORMALS];
    HeightRow rows[3];
    for (i64 left = 0; left < of.cols; left += NORMALS) {
        const i64 count = of.cols - left < NORMALS ? of.cols - left : NORMALS;
        for (i64 k = 0; k < 2; ++k) read_row(of, begin - 1 + k, left, count, rows[k]);
        for (i64 r = begin; r < end; ++r) {
            const HeightRow &above = rows[(r - begin) % 3], &here = rows[(r - begin + 1) % 3];
            HeightRow& below = rows[(r - begin + 2) % 3];
            read_row(of, r + 1, left, count, below);
            for (i64 j = 0; j < count; ++j) {
                const double middle = here.value[j + 1];
                const double right = slope(here.value[j], middle, here.value[j + 2], here.inside[j], here.inside[j + 2]);
                const double up = slope(below.value[j + 1], middle, above.value[j + 1], below.inside[j + 1], above.inside[j + 1]);
                const Normal n = normal(of.scale * right, of.scale * up);
                x[j] = here.inside[j + 1] ? n.x : 0;
                y[j] = here.inside[j + 1] ? n.y : 0;
                z[j] = here.inside[j + 1] ? n.z : 1;
            }
            float* to = normals + (r * of.cols + left) * 3;
            for (i64 j = 0; j < count; ++j) {
                to[3 * j] = x[j];
                to[3 * j + 1] = y[j];
                to[3 * j + 2] = z[j];
            }
        }
    }
}

// The least and the largest value of columns first..last of a row, and whether any is not finite. One of LANES columns each:
// a minimum over all of them would be a chain, which GCC does not turn into vectors.
template <class T>
struct Extremes {
    static constexpr int LANES = 32;
    alignas(64) T least[LANES], most[LANES];
    alignas(64) u8 strange[LANES];

    template <bool masked, class M>
    PK_INLINE void add(const T* z, const M* mask, int whole, i64 first, i64 last) {
        const auto one = [&](i64 j, int k) {
            const T value = !masked || at_least_half(mask[j], whole) ? z[j] : least[k];
            least[k] = value < least[k] ? value : least[k];
            most[k] = value > most[k] ? value : most[k];
            strange[k] |= (T)(value - value) != 0;
        };
        for (int k = 0; k < LANES; ++k) {
            least[k] = most[k] = z[first];
            strange[k] = 0;
        }
        i64 j = first;
        for (; j + LANES <= last + 1; j += LANES)
            for (int k = 0; k < LANES; ++k) one(j + k, k);
        for (; j <= last; ++j) one(j, 0);
        for (int k = 1; k < LANES; ++k) {
            least[0] = least[k] < least[0] ? least[k] : least[0];
            most[0] = most[k] > most[0] ? most[k] : most[0];
            strange[0] |= strange[k];
        }
    }
};

// Per row, of the pixels that are at least half inside: the least and the largest value, the first and the last column.
// A row without any has (inf, -inf, cols, -1); one with a value that is not finite has NaN first.
template <class T, class M>
inline void extent_rows(const Heights<T, M>& of, int whole, double* records, i64 begin, i64 end) {
    const double infinity = 1 / 0.0;
    for (i64 r = begin; r < end; ++r) {
        const T* z = of.z + r * of.cols;
        const M* mask = of.mask ? of.mask + r * of.cols : nullptr;
        double* record = records + 4 * r;
        i64 first = 0, last = of.cols - 1;
        while (mask && first < of.cols && !at_least_half(mask[first], whole)) ++first;
        while (mask && last >= first && !at_least_half(mask[last], whole)) --last;
        record[0] = infinity;
        record[1] = -infinity;
        record[2] = (double)first;
        record[3] = last < first ? -1.0 : (double)last;
        if (last < first) continue;
        Extremes<T> extremes;
        if (mask)
            extremes.template add<true>(z, mask, whole, first, last);
        else
            extremes.template add<false>(z, mask, whole, first, last);
        record[0] = extremes.strange[0] ? not_a_number() : (double)extremes.least[0];
        record[1] = (double)extremes.most[0];
    }
}

}  // namespace pk::PK_LEVEL
