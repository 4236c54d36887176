// The fused backward warp: positions of a block of output pixels, then their samples; no coordinate array.
//
// A block is BLOCK pixels of one output row, always cut at multiples of BLOCK, so that the result depends on
// neither threads nor ranges. Its positions are made at nodes (maths/path.h) and kept on the stack. A pixel
// whose taps all lie inside the image goes through a loop without border checks; the few others are done by
// `sample` of maths/interpolation.h afterwards, with the same additions in the same order.
namespace pk::PK_LEVEL {

struct Block {
    alignas(64) i32 x[BLOCK], y[BLOCK];
    alignas(64) float fx[BLOCK], fy[BLOCK];

    Position operator[](int i) const { return {x[i], y[i], fx[i], fy[i]}; }
};

// The lens at pixels x0, x0 + step, ... of one row.
inline void lens_at(const Warp& warp, const Chromatic* chromatic, i64 row, i64 x0, i64 step, int count,
                    double* __restrict xs, double* __restrict ys) {
    if (warp.callback) {
        for (int i = 0; i < count; ++i) xs[i] = ys[i] = __builtin_nan("");  // what is left if the function gives up
        warp.callback((double)row, (double)x0, (double)step, count, xs, ys);
    } else {
        with_model(*warp.lens, [&](auto model, auto solves) {
            for (int i = 0; i < count; ++i)
                photo_position<decltype(model), decltype(solves)::value>(*warp.lens, (double)(x0 + i * step), (double)row, xs[i], ys[i]);
        });
    }
    if (chromatic)
        for (int i = 0; i < count; ++i) disperse(*chromatic, xs[i], ys[i]);
}

// The residual's displacement of n pixels of one row.
inline void residual_at(const Residual& residual, i64 row, i64 out_rows, i64 out_cols, i64 x0, int n,
                        float* __restrict dx, float* __restrict dy) {
    i64 top, left;
    float down, along;
    cell_of(row, out_rows, residual.rows, top, down);
    const float* upper = residual.at + top * residual.cols * 2;
    const float* lower = top + 1 < residual.rows ? upper + residual.cols * 2 : upper;
    for (int i = 0; i < n;) {
        cell_of(x0 + i, out_cols, residual.cols, left, along);
        const i64 spans = residual.cols - 1, last = out_cols > 1 ? out_cols - 1 : 1;
        const i64 right = left < spans ? left + 1 : left;
        const float ax = lerp(upper[2 * left], lower[2 * left], down), bx = lerp(upper[2 * right], lower[2 * right], down);
        const float ay = lerp(upper[2 * left + 1], lower[2 * left + 1], down);
        const float by = lerp(upper[2 * right + 1], lower[2 * right + 1], down);
        i64 end = n;  // pixels of this cell: the next cell starts at the first x with x spans >= (left + 1) last
        if (spans > 0 && left + 1 < spans) end = ((left + 1) * last + spans - 1) / spans - x0;
        if (end > n) end = n;
        const i64 first = (x0 + i) * spans - left * last;
        const int count = (int)(end - i);
        float* __restrict tx = dx + i;
        float* __restrict ty = dy + i;
        for (int k = 0; k < count; ++k) {
            const float weight = spans > 0 ? (float)(first + k * spans) / (float)last : 0;
            tx[k] = lerp(ax, bx, weight);
            ty[k] = lerp(ay, by, weight);
        }
        i = (int)end;
    }
}

inline void along_path(const double* nodes, int n, const float* extra, i32* __restrict whole, float* __restrict fraction) {
    for (int s = 0; s * STEP < n; ++s) {
        const Segment path = segment(nodes[s], nodes[s + 1], nodes[s + 2], nodes[s + 3]);
        for (int i = 0; i < STEP; ++i) {
            const int at = s * STEP + i;
            follow(path, i, extra ? extra[at] : 0.0f, whole[at], fraction[at]);
        }
    }
}

inline bool all_smooth(const double* nodes, int count) {
    bool ok = true;
    for (int i = 0; i + 4 < count; ++i) ok &= smooth(nodes[i], nodes[i + 1], nodes[i + 2], nodes[i + 3], nodes[i + 4]);
    return ok;
}

// Positions of n pixels of an output row from x0 on.
inline void locate(const Warp& warp, const Chromatic* chromatic, i64 row, i64 x0, int n, Block& block) {
    alignas(64) double xs[BLOCK], ys[BLOCK];
    alignas(64) float dx[BLOCK] = {}, dy[BLOCK] = {};
    const bool refined = warp.residual.rows > 0;
    if (refined) residual_at(warp.residual, row, warp.out_rows, warp.out_cols, x0, n, dx, dy);
    if (!warp.callback) {
        const int count = (n + STEP - 1) / STEP + 3;
        lens_at(warp, chromatic, row, x0 - STEP, STEP, count, xs, ys);
        if (all_smooth(xs, count) && all_smooth(ys, count)) {
            along_path(xs, n, refined ? dx : nullptr, block.x, block.fx);
            along_path(ys, n, refined ? dy : nullptr, block.y, block.fy);
            return;
        }
    }
    lens_at(warp, chromatic, row, x0, 1, n, xs, ys);
    for (int i = 0; i < n; ++i) {
        split(xs[i] + dx[i], block.x[i], block.fx[i]);
        split(ys[i] + dy[i], block.y[i], block.fy[i]);
    }
}

// Positions of n pixels of a grid in [-1, 1], corners on the centres of the corner pixels.
template <class Real>
inline void locate(const Real* __restrict grid, i64 rows, i64 cols, int n, Block& block) {
    const double half_x = 0.5 * (double)(cols - 1), half_y = 0.5 * (double)(rows - 1);
    for (int i = 0; i < n; ++i) {
        split((grid[2 * i] + 1.0) * half_x, block.x[i], block.fx[i]);
        split((grid[2 * i + 1] + 1.0) * half_y, block.y[i], block.fy[i]);
    }
}

typedef float float4 __attribute__((vector_size(16)));
typedef float float8 __attribute__((vector_size(32)));
typedef i32 int4 __attribute__((vector_size(16)));
typedef i32 int8 __attribute__((vector_size(32)));
typedef u8 byte4 __attribute__((vector_size(4)));
typedef u8 byte8 __attribute__((vector_size(8)));
typedef u16 word4 __attribute__((vector_size(8)));
typedef u16 word8 __attribute__((vector_size(16)));

template <class Narrow, class Integers, class Floats, class T>
PK_INLINE Floats widened(const T* p) {
    Narrow narrow;
    __builtin_memcpy(&narrow, p, sizeof narrow);
    return __builtin_convertvector(__builtin_convertvector(narrow, Integers), Floats);
}
PK_INLINE void load(const u8* p, float4& to) { to = widened<byte4, int4, float4>(p); }
PK_INLINE void load(const u8* p, float8& to) { to = widened<byte8, int8, float8>(p); }
PK_INLINE void load(const u16* p, float4& to) { to = widened<word4, int4, float4>(p); }
PK_INLINE void load(const u16* p, float8& to) { to = widened<word8, int8, float8>(p); }
PK_INLINE void load(const float* p, float4& to) { __builtin_memcpy(&to, p, sizeof to); }
PK_INLINE void load(const float* p, float8& to) { __builtin_memcpy(&to, p, sizeof to); }

template <int channels, class T>
PK_INLINE void store_pixel(const float4& value, T* to) {
    for (int c = 0; c < channels; ++c) store(value[c], to[c]);
}

// Values a pixel's fast loop reads beyond its last tap, in pixels.
template <int channels>
constexpr int OVERREAD = (4 - channels + channels - 1) / channels;

// Bilinear: four pixels as vectors of channels.
template <int channels, class T>
inline void bilinear(const Warp& warp, const T* image, const Block& block, const bool* inside, int n, T* __restrict out) {
    const i64 stride = warp.cols * channels;
    for (int i = 0; i < n; ++i) {
        const T* p = image + (inside[i] ? block.y[i] * stride + (i64)block.x[i] * channels : 0);
        const T* q = p + (inside[i] ? stride : 0);
        float4 a, b, d, e;
        load(p, a);
        load(p + channels, b);
        load(q, d);
        load(q + channels, e);
        const float4 left = a + block.fy[i] * (d - a), right = b + block.fy[i] * (e - b);
        store_pixel<channels>(left + block.fx[i] * (right - left), out + i * channels);
    }
}

// The same for bytes: blocks of bytes as structure of arrays, 16 pixels at a time.
template <int channels>
inline void bilinear(const Warp& warp, const u8* image, const Block& block, const bool* inside, int n, u8* __restrict out) {
    alignas(64) u32 a[BLOCK], b[BLOCK], d[BLOCK], e[BLOCK], packed[BLOCK];
    const i64 stride = warp.cols * channels;
    for (int i = 0; i < n; ++i) {
        const u8* p = image + (inside[i] ? block.y[i] * stride + (i64)block.x[i] * channels : 0);
        const u8* q = p + (inside[i] ? stride : 0);
        __builtin_memcpy(a + i, p, 4);
        __builtin_memcpy(b + i, p + channels, 4);
        __builtin_memcpy(d + i, q, 4);
        __builtin_memcpy(e + i, q + channels, 4);
    }
    for (int i = 0; i < n; ++i) {
        u32 sum = 0;
#pragma GCC unroll 4
        for (int c = 0; c < channels; ++c) {
            const auto byte = [c](u32 word) { return (float)(i32)((word >> (8 * c)) & 255); };
            const float left = lerp(byte(a[i]), byte(d[i]), block.fy[i]), right = lerp(byte(b[i]), byte(e[i]), block.fy[i]);
            sum |= (u32)(i32)(lerp(left, right, block.fx[i]) + 0.5f) << (8 * c);
        }
        packed[i] = sum;
    }
    for (int i = 0; i + 4 <= n; ++i) __builtin_memcpy(out + i * channels, packed + i, 4);  // the next pixel mends the rest
    for (int i = n > 3 ? n - 3 : 0; i < n; ++i) __builtin_memcpy(out + i * channels, packed + i, channels);
}

// Convolution with taps x taps pixels: rows are summed as vectors over taps and channels at once.
template <class Kernel, int channels, class T>
inline void convolve(const Warp& warp, const T* image, const Block& block, const bool* inside, int n, T* __restrict out) {
    constexpr int taps = Kernel::taps, lanes = taps * channels;
    const i64 stride = warp.cols * channels;
    for (int i = 0; i < n; ++i) {
        if (!inside[i]) continue;
        const T* p = image + (block.y[i] + Kernel::first) * stride + (i64)(block.x[i] + Kernel::first) * channels;
        if (block.fx[i] == 0 && block.fy[i] == 0) {
            for (int c = 0; c < channels; ++c) out[i * channels + c] = p[-Kernel::first * (stride + channels) + c];
            continue;
        }
        float wx[taps], wy[taps];
        alignas(32) float sums[lanes];
        Kernel::weights(block.fx[i], wx);
        Kernel::weights(block.fy[i], wy);
        float4 acc[lanes / 4];
#pragma GCC unroll 8
        for (int j = 0; j < taps; ++j, p += stride) {
#pragma GCC unroll 8
            for (int l = 0; l < lanes / 4; ++l) {
                float4 v;
                load(p + 4 * l, v);
                acc[l] = j ? acc[l] + wy[j] * v : wy[j] * v;
            }
        }
        __builtin_memcpy(sums, acc, sizeof sums);
        for (int c = 0; c < channels; ++c) {
            float value = wx[0] * sums[c];
            for (int k = 1; k < taps; ++k) value += wx[k] * sums[k * channels + c];
            store(value, out[i * channels + c]);
        }
    }
}

template <int channels, class T>
inline void nearest(const Warp& warp, const T* image, const Block& block, const bool* inside, int n, T* __restrict out) {
    for (int i = 0; i < n; ++i) {
        const i64 row = block.y[i] + (block.fy[i] >= 0.5f), col = block.x[i] + (block.fx[i] >= 0.5f);
        const T* p = image + (inside[i] ? (row * warp.cols + col) * channels : 0);
        for (int c = 0; c < channels; ++c) out[i * channels + c] = p[c];
    }
}

// Samples `channels` channels, `warp.channels` values apart, of a block; those not `inside` at the end.
template <int channels, class T>
inline void sample_block(const Warp& warp, const T* image, const Block& block, int n, T* __restrict out) {
    alignas(64) bool inside[BLOCK];
    int first = 0, last = 1;
    if (warp.interpolation == BICUBIC) first = Bicubic::first, last = first + Bicubic::taps - 1;
    if (warp.interpolation == LANCZOS4) first = Lanczos4::first, last = first + Lanczos4::taps - 1;
    const int over = warp.interpolation == BILINEAR ? OVERREAD<channels> : 0;
    const i64 cols = warp.cols - (last - first) - over, rows = warp.rows - (last - first);
    int count = 0;
    if (cols > 0 && rows > 0) {
        const u32 width = (u32)cols, height = (u32)rows;
        for (int i = 0; i < n; ++i) {
            inside[i] = ((u32)(block.x[i] + first) < width) & ((u32)(block.y[i] + first) < height);
            count += inside[i];
        }
    }
    if (count) {
        if (warp.interpolation == NEAREST) nearest<channels>(warp, image, block, inside, n, out);
        if (warp.interpolation == BILINEAR) bilinear<channels>(warp, image, block, inside, n, out);
        if (warp.interpolation == BICUBIC) convolve<Bicubic, channels>(warp, image, block, inside, n, out);
        if (warp.interpolation == LANCZOS4) convolve<Lanczos4, channels>(warp, image, block, inside, n, out);
    }
    if (count == n) return;
    for (int i = 0; i < n; ++i)
        if (!count || !inside[i])
            for (int c = 0; c < channels; ++c)
                out[i * channels + c] = sample(Plane<T>{image + c, (i32)warp.rows, (i32)warp.cols, channels}, block[i],
                                               warp.interpolation, warp.border);
}

// One channel of a block, of an image of any number of channels.
template <class T>
inline void sample_channel(const Warp& warp, const T* image, i64 channel, const Block& block, int n, T* __restrict out) {
    const Plane<T> plane{image + channel, (i32)warp.rows, (i32)warp.cols, warp.channels};
    for (int i = 0; i < n; ++i)
        out[i * warp.channels + channel] = sample(plane, block[i], warp.interpolation, warp.border);
}

template <class T>
inline void sample_any(const Warp& warp, const T* image, const Block& block, int n, T* __restrict out) {
    switch (warp.channels) {
        case 1: return sample_block<1>(warp, image, block, n, out);
        case 2: return sample_block<2>(warp, image, block, n, out);
        case 3: return sample_block<3>(warp, image, block, n, out);
        case 4: return sample_block<4>(warp, image, block, n, out);
    }
    for (i64 c = 0; c < warp.channels; ++c) sample_channel(warp, image, c, block, n, out);
}

// Rows begin..end of the output, counted through all images of the batch.
template <class T>
inline void warp_rows(const Warp& warp, const T* image, T* __restrict out, i64 begin, i64 end) {
    Block block;
    for (i64 line = begin; line < end; ++line) {
        const T* from = image + (line / warp.out_rows) * warp.rows * warp.cols * warp.channels;
        const i64 row = line % warp.out_rows;
        for (i64 x0 = 0; x0 < warp.out_cols; x0 += BLOCK) {
            const int n = (int)(warp.out_cols - x0 < BLOCK ? warp.out_cols - x0 : BLOCK);
            T* to = out + (line * warp.out_cols + x0) * warp.channels;
            if (!warp.chromatic) {
                locate(warp, nullptr, row, x0, n, block);
                sample_any(warp, from, block, n, to);
                continue;
            }
            for (i64 c = 0; c < warp.channels; ++c) {
                locate(warp, warp.chromatic + c, row, x0, n, block);
                sample_channel(warp, from, c, block, n, to);
            }
        }
    }
}

// Rows of a grid of its own for each image.
template <class T, class Real>
inline void grid_rows(const Warp& warp, const T* image, const Real* grid, T* __restrict out, i64 begin, i64 end) {
    Block block;
    for (i64 line = begin; line < end; ++line) {
        const T* from = image + (line / warp.out_rows) * warp.rows * warp.cols * warp.channels;
        for (i64 x0 = 0; x0 < warp.out_cols; x0 += BLOCK) {
            const int n = (int)(warp.out_cols - x0 < BLOCK ? warp.out_cols - x0 : BLOCK);
            locate(grid + (line * warp.out_cols + x0) * 2, warp.rows, warp.cols, n, block);
            sample_any(warp, from, block, n, out + (line * warp.out_cols + x0) * warp.channels);
        }
    }
}

// The positions themselves, (rows, cols, 2).
inline void position_rows(const Warp& warp, double* __restrict out, i64 begin, i64 end) {
    Block block;
    for (i64 row = begin; row < end; ++row)
        for (i64 x0 = 0; x0 < warp.out_cols; x0 += BLOCK) {
            const int n = (int)(warp.out_cols - x0 < BLOCK ? warp.out_cols - x0 : BLOCK);
            double* to = out + (row * warp.out_cols + x0) * 2;
            locate(warp, nullptr, row, x0, n, block);
            for (int i = 0; i < n; ++i) {
                const bool somewhere = block.x[i] != NOWHERE && block.y[i] != NOWHERE;
                to[2 * i] = somewhere ? block.x[i] + (double)block.fx[i] : __builtin_nan("");
                to[2 * i + 1] = somewhere ? block.y[i] + (double)block.fy[i] : __builtin_nan("");
            }
        }
}

}  // namespace pk::PK_LEVEL
