// Rows of patterns: of kinds with a formula, of cells, of noise, of shapes.
//
// Sample (row, col) is at ((left + col) pitch, (top + row) pitch).
namespace pk::PK_LEVEL {

template <class Kind>
void shade_rows(const PatternNumbers& p, const SampleGrid& at, float* out, i64 begin, i64 end) {
    for (i64 row = begin; row < end; ++row) {
        const float v = at.v(row);
        for (i64 col = 0; col < at.cols; ++col) out[row * at.cols + col] = Kind::shade(p, at.u(col), v);
    }
}

// A run of samples in one square of the grid has the same nine points about it.
inline void voronoi_rows(const PatternNumbers& p, const SampleGrid& at, float* out, i64 begin, i64 end) {
    for (i64 row = begin; row < end; ++row) {
        const float y = (at.v(row) - p.y) / p.size;
        const i32 square = floor_of(y);
        for (i64 from = 0; from < at.cols;) {
            const i32 col = floor_of((at.u(from) - p.x) / p.size);
            i64 to = from + 1;
            while (to < at.cols && floor_of((at.u(to) - p.x) / p.size) == col) ++to;
            const Points points = Voronoi::around(p, col, square);
            for (i64 x = from; x < to; ++x)
                out[row * at.cols + x] =
                    Voronoi::shade(p, points, (at.u(x) - p.x) / p.size - (float)col, y - (float)square);
            from = to;
        }
    }
}

// Slopes by central differences, one-sided at the ends.
inline void noise_shade_rows(const float* noise, i64 rows, i64 cols, float threshold, float width, float* out, i64 begin, i64 end) {
    for (i64 row = begin; row < end; ++row) {
        const i64 up = row > 0 ? row - 1 : row, down = row + 1 < rows ? row + 1 : row;
        const float *here = noise + row * cols, *above = noise + up * cols, *below = noise + down * cols;
        const float span = down - up > 1 ? 0.5f : 1;
        float* shade = out + row * cols;
        for (i64 x = 0; x < cols; x += cols > 1 ? cols - 1 : 1) {
            const i64 left = x > 0 ? x - 1 : x, right = x + 1 < cols ? x + 1 : x;
            shade[x] = shade_of_noise(here[x], here[right] - here[left], span * (below[x] - above[x]), threshold, width);
        }
        for (i64 x = 1; x + 1 < cols; ++x)
            shade[x] = shade_of_noise(here[x], 0.5f * (here[x + 1] - here[x - 1]), span * (below[x] - above[x]), threshold, width);
    }
}

// Indices first .. last, that one not, of the samples within lo .. hi, of positions (start + i) pitch, and some about them.
PK_INLINE void samples_within(float lo, float hi, double start, double pitch, i64 count, i64& first, i64& last) {
    const double low = (double)lo / pitch - start - 1, high = (double)hi / pitch - start + 2;
    first = low < 0 ? 0 : low > (double)count ? count : (i64)low;
    last = high < 0 ? 0 : high > (double)count ? count : (i64)high;
}

template <class Shape>
PK_INLINE void paint(const Shape& shape, float opacity, const SampleGrid& at, float* out, i64 begin, i64 end) {
    const Box box = box_of(shape, (float)at.pitch);
    const float scale = 1 / (float)at.pitch;
    i64 top, bottom, left, right;
    samples_within(box.top, box.bottom, at.top, at.pitch, end, top, bottom);
    samples_within(box.left, box.right, at.left, at.pitch, at.cols, left, right);
    for (i64 row = top < begin ? begin : top; row < bottom; ++row) {
        const float v = at.v(row);
        float* line = out + row * at.cols;
        for (i64 x = left; x < right; ++x) line[x] = painted(line[x], coverage_of(shape, at.u(x), v, scale), opacity);
    }
}

inline void shapes_rows(const float* shapes, i64 count, const SampleGrid& at, float* out, i64 begin, i64 end) {
    for (i64 i = begin * at.cols; i < end * at.cols; ++i) out[i] = 0;
    for (i64 k = 0; k < count; ++k) {
        const float* n = shapes + k * SHAPE;
        if (n[0] == 0)
            paint(stroke_of(n), n[1], at, out, begin, end);
        else
            paint(leaf_of(n), n[1], at, out, begin, end);
    }
}

}  // namespace pk::PK_LEVEL
