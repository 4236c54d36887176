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

// Per row, of the pixels that are at least half inside: the least and the largest value, the first and the last column.
// A row without any has (inf, -inf, cols, -1); one with a value that is not finite has NaN first.
template <class T, class M>
inline void extent_rows(const Heights<T, M>& of, int whole, double* records, i64 begin, i64 end) {
    const double infinity = 1 / 0.0;
    for (i64 r = begin; r < end; ++r) {
        const T* z = of.z + r * of.cols;
        const M* mask = of.mask ? of.mask + r * of.cols : nullptr;
        double least = infinity, most = -infinity, strange = 0;
        i64 first = of.cols, last = -1;
        for (i64 j = 0; j < of.cols; ++j) {
            const bool inside = !mask || at_least_half(mask[j], whole);
            const double value = (double)z[j];
            least = inside && value < least ? value : least;
            most = inside && value > most ? value : most;
            strange = inside ? strange + (value - value) : strange;
            first = inside && j < first ? j : first;
            last = inside ? j : last;
        }
        double* record = records + 4 * r;
        record[0] = strange == 0 ? least : not_a_number();
        record[1] = most;
        record[2] = (double)first;
        record[3] = (double)last;
    }
}

}  // namespace pk::PK_LEVEL
