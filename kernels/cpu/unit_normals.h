// Pixels of vectors to unit normals, in blocks of planes; what became of them is counted.
namespace pk::PK_LEVEL {

constexpr int VECTORS = 512;  // pixels at a time

// Pixels [begin, end) of (x, y, z) each; those of weight 0 become (0, 0, 1) and count for nothing. `counts` grows by
// strange, lost, away.
template <class T, class M>
inline void unit_normal_pixels(const T* vectors, const M* mask, float* normals, i64* counts, i64 begin, i64 end) {
    alignas(64) double x[VECTORS], y[VECTORS], z[VECTORS], square[VECTORS], scale[VECTORS];
    alignas(64) float to_x[VECTORS], to_y[VECTORS], to_z[VECTORS];
    alignas(64) i64 inside[VECTORS];
    i64 strange = 0, lost = 0, away = 0;
    for (i64 left = begin; left < end; left += VECTORS) {
        const int count = (int)(end - left < VECTORS ? end - left : VECTORS);
        const T* from = vectors + 3 * left;
        for (int j = 0; j < count; ++j) {
            x[j] = component(from[3 * j]);
            y[j] = component(from[3 * j + 1]);
            z[j] = component(from[3 * j + 2]);
        }
        if (mask)
            for (int j = 0; j < count; ++j) inside[j] = mask[left + j] > 0;
        else
            for (int j = 0; j < count; ++j) inside[j] = 1;
        for (int j = 0; j < count; ++j) {  // outside, whatever stands there, a vector without length
            square[j] = inside[j] ? squared_length(x[j], y[j], z[j]) : 0;
            scale[j] = scale_to_unit(square[j]);
        }
        for (int j = 0; j < count; ++j) to_x[j] = unit_component(x[j], scale[j], 0);
        for (int j = 0; j < count; ++j) to_y[j] = unit_component(y[j], scale[j], 0);
        for (int j = 0; j < count; ++j) to_z[j] = unit_component(z[j], scale[j], 1);
        for (int j = 0; j < count; ++j) strange += !(square[j] - square[j] == 0);
        for (int j = 0; j < count; ++j) lost += inside[j] & (i64)(square[j] <= SHORTEST * SHORTEST);
        for (int j = 0; j < count; ++j) away += to_z[j] < 0;
        float* to = normals + 3 * left;
        for (int j = 0; j < count; ++j) {
            to[3 * j] = to_x[j];
            to[3 * j + 1] = to_y[j];
            to[3 * j + 2] = to_z[j];
        }
    }
    counts[0] += strange;
    counts[1] += lost;
    counts[2] += away;
}

}  // namespace pk::PK_LEVEL
