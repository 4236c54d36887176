// Rows of pixels to planes and back. Alpha, and the one channel of grey, are planes as they are.
namespace pk::PK_LEVEL {

PK_INLINE void transform(float r, float g, float b, float& y, float& u, float& v) { to_ycocg(r, g, b, y, u, v); }
PK_INLINE void transform(i32 r, i32 g, i32 b, i32& y, i32& u, i32& v) { to_reversible(r, g, b, y, u, v); }
PK_INLINE void restore(float y, float u, float v, float& r, float& g, float& b) { from_ycocg(y, u, v, r, g, b); }
PK_INLINE void restore(i32 y, i32 u, i32 v, i32& r, i32& g, i32& b) { from_reversible(y, u, v, r, g, b); }

// planes[0] of channel `first`, or of the three from there on if `colours` is 3; `middle` is taken off the first plane.
template <class T, class V>
void split_rows(const Picture& of, const T* pixels, i64 first, i64 colours, V middle, V* planes, i64 begin, i64 end) {
    const i64 cols = of.cols, channels = of.channels, size = of.rows * cols;
    for (i64 r = begin; r < end; ++r) {
        const T* p = pixels + r * cols * channels + first;
        V *y = planes + r * cols, *u = y + size, *v = u + size;
        if (colours == 1)
            for (i64 j = 0; j < cols; ++j) y[j] = (V)p[j * channels] - middle;
        else if (channels == 3)
            for (i64 j = 0; j < cols; ++j) {
                transform((V)p[3 * j], (V)p[3 * j + 1], (V)p[3 * j + 2], y[j], u[j], v[j]);
                y[j] -= middle;
            }
        else
            for (i64 j = 0; j < cols; ++j) {
                transform((V)p[4 * j], (V)p[4 * j + 1], (V)p[4 * j + 2], y[j], u[j], v[j]);
                y[j] -= middle;
            }
    }
}

// Samples first, then their interleaving: loops that GCC turns into vectors one by one and not together.
template <class T, class V>
void join_rows(const Picture& of, const V* planes, i64 first, i64 colours, V middle, i32 most, T* pixels, i64 begin, i64 end) {
    constexpr i64 block = 512;
    T red[block], green[block], blue[block];
    const i64 cols = of.cols, channels = of.channels, size = of.rows * cols;
    for (i64 r = begin; r < end; ++r)
        for (i64 left = 0; left < cols; left += block) {
            const i64 count = cols - left < block ? cols - left : block;
            T* p = pixels + (r * cols + left) * channels + first;
            const V *y = planes + r * cols + left, *u = y + size, *v = u + size;
            if (colours == 1) {
                for (i64 j = 0; j < count; ++j) green[j] = (T)to_sample(moved(y[j], middle), most);
                for (i64 j = 0; j < count; ++j) p[j * channels] = green[j];
                continue;
            }
            for (i64 j = 0; j < count; ++j) {
                V ends[2], centre;
                restore(moved(y[j], middle), u[j], v[j], ends[0], centre, ends[1]);
                red[j] = (T)to_sample(ends[0], most);
                green[j] = (T)to_sample(centre, most);
                blue[j] = (T)to_sample(ends[1], most);
            }
            if (channels == 3)
                for (i64 j = 0; j < count; ++j) {
                    p[3 * j] = red[j];
                    p[3 * j + 1] = green[j];
                    p[3 * j + 2] = blue[j];
                }
            else
                for (i64 j = 0; j < count; ++j) {
                    p[4 * j] = red[j];
                    p[4 * j + 1] = green[j];
                    p[4 * j + 2] = blue[j];
                }
        }
}

}  // namespace pk::PK_LEVEL
