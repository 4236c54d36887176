// Rows of the expectation of a stochastic rendering and of its variance, in closed form: every level is a spline.
namespace pk::PK_LEVEL {

template <int channels, class T>
void expected_row(const Scene& scene, const float* gains, const Law& law, i64 row, float* scratch, T* out) {
    const Law still{0, nullptr, law.certain, law.certain};
    const i64 cols = scene.cols;
    float *values = scratch, *lines = scratch + cols * channels;
    float some[PIECE * channels];
    for (int step = 0; step <= scene.levels; ++step) {  // the base, then the details from the finest on, as render adds them
        const int l = step == 0 ? scene.levels : step - 1;
        const float gain = step == 0 ? 1 : gains[l];
        if (gain == 0) continue;
        const Columns at = scene.columns(l);
        float row_weights[4];
        scene.weights_of_row(l, row, row_weights);
        const float* line = level_line<channels, false>(scene.lattice(l), at, scene.first_row(l, row), row_weights,
                                                        step == 0 ? still : law, lines);
        for (i64 from = 0; from < cols; from += PIECE) {
            const i64 n = cols - from < PIECE ? cols - from : PIECE;
            take_taps<channels>(line, at, from, n, some);
            float* to = values + from * channels;
            for (i64 i = 0; i < n * channels; ++i) to[i] = step == 0 ? some[i] : to[i] + gain * some[i];
        }
    }
    store(values, cols * channels, out);
}

template <int channels>
void variance_row(const Scene& scene, const float* gains, float noise, const Law& law, i64 row, float* scratch, float* out) {
    const i64 cols = scene.cols;
    float means[PIECE * channels], squares[PIECE * channels];
    for (i64 i = 0; i < cols * channels; ++i) out[i] = noise * noise;
    for (int l = 0; l < scene.levels; ++l) {
        const float gain = gains[l];
        if (gain == 0) continue;
        const Columns at = scene.columns(l);
        float row_weights[4];
        scene.weights_of_row(l, row, row_weights);
        const i64 room = 2 * (scene.lattice(l).cols + 2 * law.reach) * channels;
        const float* mean = level_line<channels, false>(scene.lattice(l), at, scene.first_row(l, row), row_weights, law, scratch);
        const float* square = level_line<channels, true>(scene.lattice(l), at, scene.first_row(l, row), row_weights, law, scratch + room);
        for (i64 from = 0; from < cols; from += PIECE) {
            const i64 n = cols - from < PIECE ? cols - from : PIECE;
            take_taps<channels>(mean, at, from, n, means);
            take_taps<channels>(square, at, from, n, squares);
            for (i64 i = 0; i < n * channels; ++i) {
                const float spread = squares[i] - means[i] * means[i];
                // Below 0 by rounding alone. A gain at a time: its square may be more than a float holds, and no spread is none.
                out[from * channels + i] += gain * (gain * (spread < 0 ? 0 : spread));
            }
        }
    }
}

template <class T>
void expected_rows(const Scene& scene, const float* gains, const Law& law, int channels, float* scratch, T* out, i64 begin, i64 end) {
    for (i64 row = begin; row < end; ++row) {
        T* to = out + row * scene.cols * channels;
        if (channels == 1) expected_row<1>(scene, gains, law, row, scratch, to);
        if (channels == 2) expected_row<2>(scene, gains, law, row, scratch, to);
        if (channels == 3) expected_row<3>(scene, gains, law, row, scratch, to);
        if (channels == 4) expected_row<4>(scene, gains, law, row, scratch, to);
    }
}

inline void variance_rows(const Scene& scene, const float* gains, float noise, const Law& law, int channels, float* scratch,
                          float* out, i64 begin, i64 end) {
    for (i64 row = begin; row < end; ++row) {
        float* to = out + row * scene.cols * channels;
        if (channels == 1) variance_row<1>(scene, gains, noise, law, row, scratch, to);
        if (channels == 2) variance_row<2>(scene, gains, noise, law, row, scratch, to);
        if (channels == 3) variance_row<3>(scene, gains, noise, law, row, scratch, to);
        if (channels == 4) variance_row<4>(scene, gains, noise, law, row, scratch, to);
    }
}

}  // namespace pk::PK_LEVEL
