// The fused backward warp: positions of a block of output pixels, then their samples; no coordinate array.
//
// A block is BLOCK pixels of one output row, always cut at multiples of BLOCK, so that the result depends on
// neither threads nor ranges. Its positions are made at nodes (maths/path.h) and kept on the stack. A pixel
// whose taps all lie inside the image goes through a loop without border checks; the few others are done by
// `sample` of maths/interpolation.h afterwards, with the same additions in the same order.
namespace pk::PK_LEVEL {

typedef float float4 __attribute__((vector_size(16)));
typedef float float8 __attribute__((vector_size(32)));
typedef i32 int4 __attribute__((vector_size(16)));
typedef i32 int8 __attribute__((vector_size(32)));
typedef u8 byte4 __attribute__((vector_size(4)));
typedef u8 byte8 __attribute__((vector_size(8)));
typedef u8 byte16 __attribute__((vector_size(16)));
typedef u16 word4 __attribute__((vector_size(8)));
typedef u16 word8 __attribute__((vector_size(16)));

PK_INLINE void load(const float* p, float4& to) { __builtin_memcpy(&to, p, sizeof to); }
PK_INLINE void load(const float* p, float8& to) { __builtin_memcpy(&to, p, sizeof to); }
#if PK_AVX2 && !defined(__clang__)
// 3x over __builtin_convertvector, which GCC 12 takes apart: bicubic, 12 MP RGB, EPYC, 2026-11.
typedef char char16 __attribute__((vector_size(16)));
typedef short short8 __attribute__((vector_size(16)));
typedef i64 long2 __attribute__((vector_size(16)));
template <int bytes>
PK_INLINE long2 low_bytes(const void* p) {
    long2 word = {0, 0};
    __builtin_memcpy(&word, p, bytes);
    return word;
}
PK_INLINE void load(const u8* p, float4& to) {
    to = __builtin_convertvector((int4)__builtin_ia32_pmovzxbd128((char16)low_bytes<4>(p)), float4);
}
PK_INLINE void load(const u8* p, float8& to) {
    to = __builtin_convertvector((int8)__builtin_ia32_pmovzxbd256((char16)low_bytes<8>(p)), float8);
}
PK_INLINE void load(const u16* p, float4& to) {
    to = __builtin_convertvector((int4)__builtin_ia32_pmovzxwd128((short8)low_bytes<8>(p)), float4);
}
PK_INLINE void load(const u16* p, float8& to) {
    to = __builtin_convertvector((int8)__builtin_ia32_pmovzxwd256((short8)low_bytes<16>(p)), float8);
}
#else
template <class Narrow, class Integers, class Floats, class T>
PK_INLINE void widen(const T* p, Floats& to) {
    Narrow narrow;
    __builtin_memcpy(&narrow, p, sizeof narrow);
    to = __builtin_convertvector(__builtin_convertvector(narrow, Integers), Floats);
}
PK_INLINE void load(const u8* p, float4& to) { widen<byte4, int4>(p, to); }
PK_INLINE void load(const u8* p, float8& to) { widen<byte8, int8>(p, to); }
PK_INLINE void load(const u16* p, float4& to) { widen<word4, int4>(p, to); }
PK_INLINE void load(const u16* p, float8& to) { widen<word8, int8>(p, to); }
#endif

constexpr int PART = 64;  // pixels of a block whose weights are kept at a time

struct Block {
    alignas(64) i32 x[BLOCK], y[BLOCK];
    alignas(64) float fx[BLOCK], fy[BLOCK];

    Position operator[](int i) const { return {x[i], y[i], fx[i], fy[i]}; }
};

// The lens at pixels x0, x0 + step, ... of one row.
inline void lens_at(const Warp& warp, const Chromatic* chromatic, i64 row, i64 x0, i64 step, int count,
                    double* __restrict xs, double* __restrict ys) {
    if (warp.callback) {
        for (int i = 0; i < count; ++i) xs[i] = ys[i] = not_a_number();  // what is left if the function gives up
        warp.callback((double)row, (double)x0, (double)step, count, xs, ys);
    } else {
        with_model(*warp.lens, [&](auto model, auto solves) {
            for (int i = 0; i < count; ++i)
                photo_position<decltype(model), decltype(solves)::value>(*warp.lens, (double)x0 + (double)i * (double)step,
                                                                         (double)row, xs[i], ys[i]);
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

// The segments of a block as structure of arrays, then eight pixels of a segment at a time.
template <bool refined>
inline void along_path(const double* __restrict nodes, int n, const float* __restrict extra, i32* __restrict whole,
                       float* __restrict fraction) {
    constexpr int most = BLOCK / STEP;
    alignas(64) i32 base[most], slope[most];
    alignas(64) float k0[most], k1[most], k2[most], k3[most];
    const int segments = (n + STEP - 1) / STEP;
    for (int s = 0; s < segments; ++s) {
        const Segment path = segment(nodes[s], nodes[s + 1], nodes[s + 2], nodes[s + 3]);
        base[s] = path.base;
        slope[s] = path.slope;
        k0[s] = path.k0;
        k1[s] = path.k1;
        k2[s] = path.k2;
        k3[s] = path.k3;
    }
    const int8 i = {0, 1, 2, 3, 4, 5, 6, 7};
    const float8 t = __builtin_convertvector(i, float8) * (1.0f / STEP);
    for (int s = 0; s < segments; ++s) {
        float8 away = k0[s] + t * (k1[s] + t * (k2[s] + t * k3[s]));
        float8 moved{};
        if (refined) {
            load(extra + s * STEP, moved);
            const float8 sum = away + moved, above = sum >= -MOST_EXTRA ? sum : float8{} - MOST_EXTRA;
            away = above < MOST_EXTRA ? above : float8{} + MOST_EXTRA;
        }
        int8 low = __builtin_convertvector(away, int8);
        low += __builtin_convertvector(low, float8) > away;  // a comparison that holds is -1
        const float8 f = away - __builtin_convertvector(low, float8), rest = f < MOST ? f : float8{} + MOST;
        int8 at = (base[s] + slope[s] * i) + low;
        if (refined) at = moved - moved == 0.0f ? at : int8{} + NOWHERE;
        __builtin_memcpy(whole + s * STEP, &at, sizeof at);
        __builtin_memcpy(fraction + s * STEP, &rest, sizeof rest);
    }
}

inline bool all_smooth(const double* nodes, int count) {
    i64 rough = 0;
    for (int i = 0; i + 4 < count; ++i)
        rough += smooth(nodes[i], nodes[i + 1], nodes[i + 2], nodes[i + 3], nodes[i + 4]) ? 0 : 1;
    return rough == 0;
}

// `split` of n coordinates, one step at a time: GCC does not vectorise them together. 2x, grid_sample, EPYC, 2026-11.
inline void split_all(double* __restrict at, const float* __restrict extra, int n, i32* __restrict whole,
                      float* __restrict fraction) {
    if (extra)
        for (int i = 0; i < n; ++i) at[i] += extra[i];
    for (int i = 0; i < n; ++i) floor_of(at[i], whole[i], fraction[i]);
    for (int i = 0; i < n; ++i) fraction[i] = below_one(fraction[i]);
    for (int i = 0; i < n; ++i) whole[i] = or_nowhere(at[i], whole[i]);
}

// Positions of n pixels of an output row from x0 on.
inline void locate(const Warp& warp, const Chromatic* chromatic, i64 row, i64 x0, int n, Block& block) {
    alignas(64) double xs[BLOCK], ys[BLOCK];
    alignas(64) float dx[BLOCK], dy[BLOCK];
    const bool refined = warp.residual.rows > 0;
    if (refined) residual_at(warp.residual, row, warp.out_rows, warp.out_cols, x0, n, dx, dy);
    if (!warp.callback) {
        const int count = (n + STEP - 1) / STEP + AROUND;
        lens_at(warp, chromatic, row, x0 - STEP, STEP, count, xs, ys);
        if (all_smooth(xs, count) && all_smooth(ys, count)) {
            const auto follow_path = refined ? along_path<true> : along_path<false>;
            follow_path(xs, n, dx, block.x, block.fx);
            follow_path(ys, n, dy, block.y, block.fy);
            return;
        }
    }
    lens_at(warp, chromatic, row, x0, 1, n, xs, ys);
    split_all(xs, refined ? dx : nullptr, n, block.x, block.fx);
    split_all(ys, refined ? dy : nullptr, n, block.y, block.fy);
}

// Positions of n pixels of a grid in [-1, 1], corners on the centres of the corner pixels.
template <class Real>
inline void locate(const Real* __restrict grid, i64 rows, i64 cols, int n, Block& block) {
    const double half_x = 0.5 * (double)(cols - 1), half_y = 0.5 * (double)(rows - 1);
    alignas(64) double xs[BLOCK], ys[BLOCK];
    for (int i = 0; i < n; ++i) {
        xs[i] = (grid[2 * i] + 1.0) * half_x;
        ys[i] = (grid[2 * i + 1] + 1.0) * half_y;
    }
    split_all(xs, nullptr, n, block.x, block.fx);
    split_all(ys, nullptr, n, block.y, block.fy);
}

PK_INLINE int4 rounded(const float4& value, float most) {
    const float4 low = value < 0.0f ? float4{} : value, held = low > most ? float4{} + most : low;
    return __builtin_convertvector(held + 0.5f, int4);
}
PK_INLINE void store(const float4& value, u8* to, int bytes) {
    const byte16 wide = (byte16)rounded(value, 255);
    const byte16 stored = __builtin_shufflevector(wide, wide, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12);
    __builtin_memcpy(to, &stored, bytes);
}
PK_INLINE void store(const float4& value, u16* to, int bytes) {
    const word8 wide = (word8)rounded(value, 65535);
    const word8 stored = __builtin_shufflevector(wide, wide, 0, 2, 4, 6, 0, 2, 4, 6);
    __builtin_memcpy(to, &stored, bytes);
}
PK_INLINE void store(const float4& value, float* to, int bytes) { __builtin_memcpy(to, &value, bytes); }

// Pixel i of n from four lanes; what the spare lanes write over is written later, and nothing beyond pixel n.
template <int channels, class T>
PK_INLINE void store_pixel(const float4& value, T* out, int i, int n) {
    if (i < n - 3)
        store(value, out + i * channels, 4 * sizeof(T));
    else
        store(value, out + i * channels, channels * sizeof(T));
}

// Pixels that the fast loops read beyond a pixel's last tap, because they load four values at once.
template <int channels>
constexpr int OVERREAD = channels < 4 ? (3 + channels - 1) / channels : 0;

// The values in which the taps of the block's pixels start; 0 for pixels that are not `inside`.
inline void starts(const Block& block, const i32* inside, i64 stride, i64 channels, int first, int n, i64* __restrict at) {
    for (int i = 0; i < n; ++i)
        at[i] = inside[i] ? (block.y[i] + first) * stride + (block.x[i] + first) * channels : 0;
}

// Asks for the image row that the next output row will need: 1.2x, bilinear, 12 MP RGB, EPYC, 2026-11.
template <int channels, class T>
PK_INLINE void prefetch(const T* row, const i64* at, int n) {
    constexpr int step = 64 / (channels * (int)sizeof(T));
    for (int i = 0; i < n; i += step) __builtin_prefetch(row + at[i]);
}

// Bilinear: four pixels as vectors of channels. A position on a pixel keeps the pixel's bits, infinities too.
template <int channels, class T>
inline void bilinear(const T* image, i64 stride, const Block& block, const i64* at, int n, T* __restrict out) {
    prefetch<channels>(image + 2 * stride, at, n);
    for (int i = 0; i < n; ++i) {
        const T *p = image + at[i], *q = p + stride;
        float4 a, b, d, e;
        load(p, a);
        load(p + channels, b);
        load(q, d);
        load(q + channels, e);
        const float4 left = a + block.fy[i] * (d - a), right = b + block.fy[i] * (e - b);
        const bool whole = block.fx[i] == 0 && block.fy[i] == 0;
        store_pixel<channels>(whole ? a : left + block.fx[i] * (right - left), out, i, n);
    }
}

// The same for bytes: 2x over the loop above, 12 MP RGB, EPYC, 2026-11. Structure of arrays, 16 pixels at a time.
template <int channels>
inline void bilinear(const u8* image, i64 stride, const Block& block, const i64* at, int n, u8* __restrict out) {
    alignas(64) u32 a[BLOCK], b[BLOCK], d[BLOCK], e[BLOCK], packed[BLOCK];
    prefetch<channels>(image + 2 * stride, at, n);
#pragma GCC unroll 4
    for (int i = 0; i < n; ++i) {
        const u8 *p = image + at[i], *q = p + stride;
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
    constexpr int c = channels;
    int i = 0;
    for (; i * c + 16 <= n * c; i += 4) {  // 16 bytes for 4 pixels: the next ones write over what is too much
        byte16 four;
        __builtin_memcpy(&four, packed + i, 16);
        const auto from = [](int to) constexpr { return to < 4 * channels ? to / channels * 4 + to % channels : 0; };
        four = __builtin_shufflevector(four, four, from(0), from(1), from(2), from(3), from(4), from(5), from(6), from(7),
                                       from(8), from(9), from(10), from(11), from(12), from(13), from(14), from(15));
        __builtin_memcpy(out + i * c, &four, 16);
    }
    for (; i < n; ++i) __builtin_memcpy(out + i * c, packed + i, c);
}

// The channels of tap k, from row sums whose taps follow each other.
template <int start>
PK_INLINE float4 tap(const float4* sums) {
    constexpr int v = start / 4, o = start % 4;
    if constexpr (o == 0)
        return sums[v];
    else
        return __builtin_shufflevector(sums[v], sums[v + 1], o, o + 1, o + 2, o + 3);
}
template <int channels, int k, int taps>
PK_INLINE void across(const float4* sums, const float (*weights)[PART], int i, float4& value) {
    if constexpr (k < taps) {
        value = k ? value + weights[k][i] * tap<k * channels>(sums) : weights[k][i] * tap<k * channels>(sums);
        across<channels, k + 1, taps>(sums, weights, i, value);
    }
}

// Convolution with taps x taps pixels: rows are summed as vectors over taps and channels at once, then the taps.
template <class Kernel, int channels, class T>
inline void convolve(const T* image, i64 stride, const Block& block, const i64* at, int n, T* __restrict out) {
    constexpr int taps = Kernel::taps, vectors = taps * channels / 4, pairs = vectors / 2;
    prefetch<channels>(image + taps * stride, at, n);
    for (int i0 = 0; i0 < n; i0 += PART) {
        alignas(64) float wx[taps][PART], wy[taps][PART];
        const float *fx = block.fx + i0, *fy = block.fy + i0;
        const int count = n - i0 < PART ? n - i0 : PART;
        for (int i = 0; i < count; ++i) {
            float w[taps], v[taps];
            Kernel::weights(fx[i], w);
            Kernel::weights(fy[i], v);
            for (int k = 0; k < taps; ++k) wx[k][i] = w[k];
            for (int k = 0; k < taps; ++k) wy[k][i] = v[k];
        }
        for (int i = 0; i < count; ++i) {
            const T* p = image + at[i0 + i];
            if constexpr (T(0.5) != 0) {  // real values: a position on a pixel keeps the pixel's bits
                if (fx[i] == 0 && fy[i] == 0) {
                    __builtin_memcpy(out + (i0 + i) * channels, p - Kernel::first * (stride + channels), channels * sizeof(T));
                    continue;
                }
            }
            float8 acc[pairs + 1];
            float4 odd, sums[vectors + 1], value;
#pragma GCC unroll 8
            for (int j = 0; j < taps; ++j, p += stride) {
#pragma GCC unroll 8
                for (int l = 0; l < pairs; ++l) {
                    float8 v;
                    load(p + 8 * l, v);
                    acc[l] = j ? acc[l] + wy[j][i] * v : wy[j][i] * v;
                }
                if (vectors % 2) {
                    float4 v;
                    load(p + 8 * pairs, v);
                    odd = j ? odd + wy[j][i] * v : wy[j][i] * v;
                }
            }
            for (int l = 0; l < pairs; ++l) {
                sums[2 * l] = __builtin_shufflevector(acc[l], acc[l], 0, 1, 2, 3);
                sums[2 * l + 1] = __builtin_shufflevector(acc[l], acc[l], 4, 5, 6, 7);
            }
            if (vectors % 2) sums[vectors - 1] = odd;
            sums[vectors] = float4{};
            across<channels, 0, taps>(sums, wx, i, value);
            store_pixel<channels>(value, out, i0 + i, n);
        }
    }
}

template <int channels, class T>
inline void nearest(const T* image, i64 stride, const Block& block, const i64* at, int n, T* __restrict out) {
    alignas(64) i64 from[BLOCK];
    for (int i = 0; i < n; ++i) {
        const i64 down = block.fy[i] >= 0.5f ? stride : 0, right = block.fx[i] >= 0.5f ? channels : 0;
        from[i] = at[i] + down + right;
    }
    prefetch<channels>(image + 2 * stride, at, n);
    for (int i = 0; i < n; ++i) __builtin_memcpy(out + i * channels, image + from[i], channels * sizeof(T));
}

// Samples a block of an image of `channels` channels.
template <int channels, class T>
inline void sample_block(const Warp& warp, const T* image, const Block& block, int n, T* __restrict out) {
    alignas(64) i32 inside[BLOCK];
    alignas(64) i64 at[BLOCK];
    int first = 0, taps = 2;
    if (warp.interpolation == BICUBIC) first = Bicubic::first, taps = Bicubic::taps;
    if (warp.interpolation == LANCZOS4) first = Lanczos4::first, taps = Lanczos4::taps;
    const int over = warp.interpolation == BILINEAR ? OVERREAD<channels> : 0;
    const i64 cols = warp.cols - taps + 1 - over, rows = warp.rows - taps + 1, stride = warp.cols * channels;
    int count = 0;
    if (cols > 0 && rows > 0) {
        const u32 width = (u32)cols, height = (u32)rows;
        for (int i = 0; i < n; ++i) {
            inside[i] = ((u32)(block.x[i] + first) < width) & ((u32)(block.y[i] + first) < height);
            count += inside[i];
        }
    }
    if (count) {
        starts(block, inside, stride, channels, first, n, at);
        if (warp.interpolation == NEAREST) nearest<channels>(image, stride, block, at, n, out);
        if (warp.interpolation == BILINEAR) bilinear<channels>(image, stride, block, at, n, out);
        if (warp.interpolation == BICUBIC) convolve<Bicubic, channels>(image, stride, block, at, n, out);
        if (warp.interpolation == LANCZOS4) convolve<Lanczos4, channels>(image, stride, block, at, n, out);
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
            T colour[BLOCK * 4];  // chromatic images are RGB or RGBA
            for (i64 c = 0; c < warp.channels; ++c) {
                locate(warp, warp.chromatic + c, row, x0, n, block);
                sample_any(warp, from, block, n, colour);
                for (int i = 0; i < n; ++i) to[i * warp.channels + c] = colour[i * warp.channels + c];
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
                to[2 * i] = somewhere ? block.x[i] + (double)block.fx[i] : not_a_number();
                to[2 * i + 1] = somewhere ? block.y[i] + (double)block.fy[i] : not_a_number();
            }
        }
}

}  // namespace pk::PK_LEVEL
