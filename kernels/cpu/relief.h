// Luma of pixels, and relief from two blurs of it.
namespace pk::PK_LEVEL {

template <class T>
inline void luma_rows(const T* image, i64 cols, i64 channels, float scale, float* out, i64 begin, i64 end) {
    const T* __restrict from = image + begin * cols * channels;
    float* __restrict to = out + begin * cols;
    const i64 count = (end - begin) * cols;
    if (channels == 1)
        for (i64 i = 0; i < count; ++i) to[i] = scale * (float)from[i];
    else
        for (i64 i = 0; i < count; ++i) to[i] = scale * luma((float)from[3 * i], (float)from[3 * i + 1], (float)from[3 * i + 2]);
}

inline void relief_rows(const float* __restrict fine, const float* __restrict coarse, const u8* __restrict inside,
                        float* __restrict out, float height, i64 begin, i64 end) {
    if (inside)
        for (i64 i = begin; i < end; ++i) out[i] = inside[i] ? relief(fine[i], coarse[i], height) : 0;
    else
        for (i64 i = begin; i < end; ++i) out[i] = relief(fine[i], coarse[i], height);
}

}  // namespace pk::PK_LEVEL
