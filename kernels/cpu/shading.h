// Shading, and the one pass from albedo to picture: a block of pixels is turned into planes of light, shaded, laid over
// its background and rounded once, all on the stack (30 kB, 50 kB for 16 bits).
namespace pk::PK_LEVEL {

template <class Real>
struct Surface {
    alignas(64) Real x[BLOCK], y[BLOCK], z[BLOCK];
};

// Three planes of factors, or one that all channels share, or none.
template <class Real>
struct Factors {
    alignas(64) float planes[3][BLOCK];
    const float* of[3];
    PK_INLINE Factors(const Map& map, i64 begin, i64 count) {
        if (map.channels == 3)
            for (int c = 0; c < 3; ++c)
                for (i64 j = 0; j < count; ++j) planes[c][j] = map.values[3 * (begin + j) + c];
        for (int c = 0; c < 3; ++c) of[c] = map.channels == 3 ? planes[c] : map.channels == 1 ? map.values + begin : nullptr;
    }
    PK_INLINE void apply(Real (*to)[BLOCK], i64 count) const {
        for (int c = 0; c < 3; ++c) {
            if (!of[c]) return;
            const float* by = of[c];
            for (i64 j = 0; j < count; ++j) to[c][j] *= (Real)by[j];
        }
    }
};

template <class Real>
PK_INLINE void read_normals(const float* normals, i64 count, Surface<Real>& n) {
    for (i64 j = 0; j < count; ++j) {
        n.x[j] = (Real)normals[3 * j];
        n.y[j] = (Real)normals[3 * j + 1];
        n.z[j] = (Real)normals[3 * j + 2];
    }
}

// S of a block.
template <class Real>
PK_INLINE void shade_block(const Scene& scene, const Surface<Real>& n, const Factors<Real>& shadow,
                           const Factors<Real>& occlusion, i64 count, Real (*to)[BLOCK]) {
    alignas(64) Real facing[BLOCK], around[3][BLOCK];
    for (int c = 0; c < 3; ++c)
        for (i64 j = 0; j < count; ++j) to[c][j] = 0;
    for (i64 i = 0; i < scene.lights; ++i) {
        const double* light = scene.light + i * LIGHT_SIZE;
        const Real x = (Real)light[LIGHT_X], y = (Real)light[LIGHT_Y], z = (Real)light[LIGHT_Z];
        for (i64 j = 0; j < count; ++j) facing[j] = positive(product(n.x[j], n.y[j], n.z[j], x, y, z));
        for (int c = 0; c < 3; ++c) {
            const Real intensity = (Real)light[LIGHT_RED + c];
            for (i64 j = 0; j < count; ++j) to[c][j] += intensity * facing[j];
        }
    }
    shadow.apply(to, count);
    for (int c = 0; c < 3; ++c) {
        Real k[TERMS];
        for (int i = 0; i < TERMS; ++i) k[i] = (Real)scene.terms[c * TERMS + i];
        if (scene.has_environment)
            for (i64 j = 0; j < count; ++j) around[c][j] = environment(n.x[j], n.y[j], n.z[j], k);
        else
            for (i64 j = 0; j < count; ++j) around[c][j] = k[TERMS - 1];
    }
    occlusion.apply(around, count);
    for (int c = 0; c < 3; ++c)
        for (i64 j = 0; j < count; ++j) to[c][j] = around[c][j] + to[c][j];
}

template <class Model, class Real>
PK_INLINE void add_highlights(const Scene& scene, const Surface<Real>& n, i64 count, Real (*to)[BLOCK]) {
    alignas(64) double value[BLOCK];
    for (i64 i = 0; i < scene.lights; ++i) {
        const double* light = scene.light + i * LIGHT_SIZE;
        for (i64 j = 0; j < count; ++j)
            value[j] = Model::value((double)n.x[j], (double)n.y[j], (double)n.z[j], light, scene.sharpness);
        for (int c = 0; c < 3; ++c) {
            const double factor = light[LIGHT_RED + c] * scene.strength;
            for (i64 j = 0; j < count; ++j) to[c][j] += (Real)(factor * value[j]);
        }
    }
}

template <class Real>
PK_INLINE void highlights(const Scene& scene, const Surface<Real>& n, i64 count, Real (*to)[BLOCK]) {
    for (int c = 0; c < 3; ++c)
        for (i64 j = 0; j < count; ++j) to[c][j] = 0;
    if (scene.highlight == PHONG) add_highlights<Phong>(scene, n, count, to);
    if (scene.highlight == BLINN) add_highlights<Blinn>(scene, n, count, to);
    if (scene.highlight == GGX) add_highlights<Ggx>(scene, n, count, to);
}

// S of pixels begin..end.
inline void shading_pixels(const Scene& scene, float* shading, i64 begin, i64 end) {
    for (i64 first = begin; first < end; first += BLOCK) {
        const i64 count = end - first < BLOCK ? end - first : BLOCK;
        Surface<float> n;
        alignas(64) float light[3][BLOCK];
        read_normals(scene.normals + 3 * first, count, n);
        const Factors<float> shadow(scene.shadow, first, count), occlusion(scene.occlusion, first, count);
        shade_block(scene, n, shadow, occlusion, count, light);
        encode<3>(light, count, true, shading + 3 * first);
    }
}

template <class T>
inline void shade_pixels(const Scene& scene, const T* albedo, const T* background, const Weights& mask, T* out, i64 begin,
                         i64 end) {
    using Real = typename Light<T>::Real;
    const Decoder<T> decoder;
    for (i64 first = begin; first < end; first += BLOCK) {
        const i64 count = end - first < BLOCK ? end - first : BLOCK;
        alignas(64) Real weights[BLOCK], light[3][BLOCK], shades[3][BLOCK];
        const Cover cover = read_weights(mask, first, count, weights);
        if (!cover.some) {
            for (i64 i = 3 * first; i < 3 * (first + count); ++i) out[i] = background ? background[i] : (T)0;
            continue;
        }
        Surface<Real> n;
        read_normals(scene.normals + 3 * first, count, n);
        const Factors<Real> shadow(scene.shadow, first, count), occlusion(scene.occlusion, first, count);
        shade_block(scene, n, shadow, occlusion, count, shades);
        decoder.template planes<3>(albedo + 3 * first, count, light);
        for (int c = 0; c < 3; ++c)
            for (i64 j = 0; j < count; ++j) light[c][j] *= shades[c][j];
        if (scene.highlight != NO_HIGHLIGHT) {
            highlights(scene, n, count, shades);
            shadow.apply(shades, count);
            for (int c = 0; c < 3; ++c)
                for (i64 j = 0; j < count; ++j) light[c][j] += shades[c][j];
        }
        if (cover.gaps) {
            if (background)
                decoder.template planes<3>(background + 3 * first, count, shades);
            else
                for (int c = 0; c < 3; ++c)
                    for (i64 j = 0; j < count; ++j) shades[c][j] = 0;
            lay_over<3>(light, shades, weights, count);
        }
        encode<3>(light, count, true, out + 3 * first);
    }
}

template <int channels, class T>
inline void composite_pixels(const T* foreground, const T* background, const Weights& mask, bool linear, T* out, i64 begin,
                             i64 end) {
    using Real = typename Light<T>::Real;
    const Decoder<T> decoder(linear);
    for (i64 first = begin; first < end; first += BLOCK) {
        const i64 count = end - first < BLOCK ? end - first : BLOCK, at = channels * first, samples = channels * count;
        alignas(64) Real weights[BLOCK], front[channels][BLOCK], back[channels][BLOCK];
        const Cover cover = read_weights(mask, first, count, weights);
        if (!cover.some || !cover.gaps) {
            const T* from = cover.some ? foreground : background;
            for (i64 i = at; i < at + samples; ++i) out[i] = from[i];
            continue;
        }
        decoder.template planes<channels>(foreground + at, count, front);
        decoder.template planes<channels>(background + at, count, back);
        lay_over<channels>(front, back, weights, count);
        encode<channels>(front, count, linear, out + at);
    }
}

// Samples begin..end: codes to light, float32 codes too, and light to codes.
template <class T>
inline void linear_samples(const T* codes, float* light, i64 begin, i64 end) {
    if constexpr (sizeof(T) == 1) {
        const Decoder<u8> decoder;
        for (i64 i = begin; i < end; ++i) light[i] = decoder.light[codes[i]];
    } else {
        constexpr double whole = sizeof(T) == 2 ? 65535 : 1;
        for (i64 i = begin; i < end; ++i) light[i] = (float)linear_from_code((double)codes[i] / whole);
    }
}
inline void code_samples(const float* light, u8* codes, i64 begin, i64 end) {
    for (i64 i = begin; i < end; ++i) codes[i] = (u8)nearest_code(light[i], u8());
}
inline void code_samples(const float* light, u16* codes, i64 begin, i64 end) {
    for (i64 i = begin; i < end; ++i) codes[i] = (u16)nearest_code((double)light[i], u16());
}
inline void code_samples(const float* light, float* codes, i64 begin, i64 end) {
    for (i64 i = begin; i < end; ++i) codes[i] = (float)code_from_linear((double)light[i]);
}

}  // namespace pk::PK_LEVEL
