// Albedos in codes of the image's dtype: what each method makes of a pixel, mixed with the image, rounded once. After retinex.h.
namespace pk::PK_LEVEL {

// Where `out` is the image itself, a run is read before it is written: only here may pointers promise not to overlap.
template <class T>
inline void put_run(const float* __restrict values, int n, T* __restrict out) {
    for (int i = 0; i < n; ++i) put(values[i], out[i]);
}

// Runs of pixels of rows begin..end: `make(start, n, codes, values)` fills values 0..1 of n samples from sample `start` of the
// image, whose codes are given as 0..1 too.
template <class T, class M, class Make>
inline void albedo_rows(const T* image, const M* mask, i64 cols, i64 channels, const Mix& mix, T* out, i64 begin, i64 end,
                        Make make) {
    alignas(64) float codes[EXPANDED], values[EXPANDED], weights[EXPANDED];
    alignas(64) u32 counts[EXPANDED];
    const i64 samples = cols * channels;
    for (i64 row = begin; row < end; ++row)
        for (i64 i0 = 0; i0 < samples; i0 += EXPANDED) {
            const int n = (int)(samples - i0 < EXPANDED ? samples - i0 : EXPANDED);
            const i64 start = row * samples + i0;
            T* to = out + start;
            const int pixels = (int)(n / channels);
            const M* run = Masked<M>::value ? mask + start / channels : mask;
            const Cover covered = cover(run, pixels);
            if (covered == NOTHING) {
                for (int i = 0; i < n; ++i) to[i] = 0;
                continue;
            }
            for (int i = 0; i < n; ++i) codes[i] = finite_code((float)image[start + i] * mix.unit);
            make(row, i0, n, codes, values);
            for (int i = 0; i < n; ++i) values[i] = mixed(values[i], codes[i], mix);
            if (covered == PARTS) {
                load_weights(channels, run, pixels, weights, counts);
                for (int i = 0; i < n; ++i) values[i] = weights[i] > 0.0f ? values[i] : 0.0f;
            }
            put_run(values, n, to);
        }
}

// A Retinex of each channel, stretched.
template <class T, class M>
inline void stretch_rows(const T* image, const M* mask, i64 cols, i64 channels, const Mix& mix, const float* retinex,
                         const float* low, const float* gain, T* out, i64 begin, i64 end) {
    alignas(64) float lows[EXPANDED], gains[EXPANDED];
    for (int i = 0; i < EXPANDED; ++i) {
        lows[i] = low[i % channels];
        gains[i] = gain[i % channels];
    }
    albedo_rows(image, mask, cols, channels, mix, out, begin, end,
                [&](i64 row, i64 i0, int n, const float*, float* __restrict values) {
                    const float* __restrict from = retinex + row * cols * channels + i0;
                    for (int i = 0; i < n; ++i) values[i] = stretched(from[i], lows[i], gains[i]);
                });
}

// A Retinex of the intensity, stretched, on all three channels alike.
template <class T, class M>
inline void luminance_rows(const T* image, const M* mask, i64 cols, const Mix& mix, const float* retinex, float low, float gain,
                           T* out, i64 begin, i64 end) {
    albedo_rows(image, mask, cols, 3, mix, out, begin, end,
                [&](i64 row, i64 i0, int n, const float* __restrict codes, float* __restrict values) {
                    const float* __restrict from = retinex + row * cols + i0 / 3;
                    for (int x = 0; x < n / 3; ++x) {
                        const float r = codes[3 * x], g = codes[3 * x + 1], b = codes[3 * x + 2];
                        const float factor = common_factor(stretched(from[x], low, gain), intensity(r, g, b), largest(r, g, b));
                        values[3 * x] = factor * r;
                        values[3 * x + 1] = factor * g;
                        values[3 * x + 2] = factor * b;
                    }
                });
}

// The image over its blur, times `means` of each channel, 0..1.
template <class T, class M>
inline void division_rows(const T* image, const M* mask, i64 channels, const Mix& mix, const Cells& cells, const float* means,
                          T* out, i64 begin, i64 end) {
    alignas(64) float sums[EXPANDED], each[EXPANDED];
    for (int i = 0; i < EXPANDED; ++i) each[i] = means[i % channels];
    albedo_rows(image, mask, cells.cols, channels, mix, out, begin, end,
                [&](i64 row, i64 i0, int n, const float* __restrict codes, float* __restrict values) {
                    expand(channels, cells, cells.values, channels, row, i0, n, values);
                    if (cells.weights) {
                        expand(channels, cells, cells.weights, 1, row, i0, n, sums);
                        for (int i = 0; i < n; ++i) values[i] = quotient(values[i], sums[i]);
                    }
                    for (int i = 0; i < n; ++i) values[i] = quotient(codes[i], values[i] * (1.0f / 255)) * each[i];
                });
}

// Intensities of pixels begin..end, 0..255.
template <class T>
inline void intensities(const T* image, float scale, float* out, i64 begin, i64 end) {
    for (i64 x = begin; x < end; ++x)
        out[x] = intensity(finite_code((float)image[3 * x] * scale), finite_code((float)image[3 * x + 1] * scale),
                           finite_code((float)image[3 * x + 2] * scale));
}

// Lightness of pixels begin..end, 0..1, and its square.
template <class T>
inline void lightnesses(const T* image, float unit, float* out, i64 begin, i64 end) {
    alignas(64) float light[3][EXPANDED];
    for (i64 x0 = begin; x0 < end; x0 += EXPANDED) {
        const int n = (int)(end - x0 < EXPANDED ? end - x0 : EXPANDED);
        for (int c = 0; c < 3; ++c)
            for (int x = 0; x < n; ++x) light[c][x] = held((float)image[3 * (x0 + x) + c] * unit, 1.0f);
        float *__restrict r = light[0], *__restrict g = light[1], *__restrict b = light[2];
        for (int x = 0; x < n; ++x) r[x] = light_of_code(r[x]);
        for (int x = 0; x < n; ++x) g[x] = light_of_code(g[x]);
        for (int x = 0; x < n; ++x) b[x] = light_of_code(b[x]);
        for (int x = 0; x < n; ++x) r[x] = lightness(lab_root(luminance(r[x], g[x], b[x])));
        for (int x = 0; x < n; ++x) {
            out[2 * (x0 + x)] = r[x];
            out[2 * (x0 + x) + 1] = r[x] * r[x];
        }
    }
}

// Means and means of squares of pixels begin..end become the two coefficients of a guided filter.
inline void guide_pixels(float* __restrict pairs, float flat, i64 begin, i64 end) {
    for (i64 x = begin; x < end; ++x) pk::guide(pairs[2 * x], pairs[2 * x + 1], flat);
}

// Lightness over its base, times `mean`; a and b stay.
template <class T, class M>
inline void lab_rows(const T* image, const M* mask, i64 cols, const Mix& mix, const float* lightness, const float* pairs,
                     float mean, T* out, i64 begin, i64 end) {
    alignas(64) float planes[4][EXPANDED];
    albedo_rows(image, mask, cols, 3, mix, out, begin, end,
                [&](i64 row, i64 i0, int n, const float* __restrict codes, float* __restrict values) {
                    const i64 start = row * cols + i0 / 3;
                    const int pixels = n / 3;
                    float *__restrict r = planes[0], *__restrict g = planes[1], *__restrict b = planes[2], *__restrict l = planes[3];
                    for (int x = 0; x < pixels; ++x) {
                        const i64 at = 2 * (start + x);
                        l[x] = flattened(lightness[at], pairs[at], pairs[at + 1], mean);
                    }
                    for (int x = 0; x < pixels; ++x) {
                        r[x] = held(codes[3 * x], 1.0f);
                        g[x] = held(codes[3 * x + 1], 1.0f);
                        b[x] = held(codes[3 * x + 2], 1.0f);
                    }
                    for (int x = 0; x < pixels; ++x) relight_lab(r[x], g[x], b[x], l[x]);
                    for (int x = 0; x < pixels; ++x) {
                        values[3 * x] = r[x];
                        values[3 * x + 1] = g[x];
                        values[3 * x + 2] = b[x];
                    }
                });
}

}  // namespace pk::PK_LEVEL
