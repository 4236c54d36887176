// Blocks of pixels to planes of linear light, and back to codes. One plane per channel: 1 or 3.
//
// Bytes are looked up: 256 entries, made anew for each range, are exact and one load each. 16 bits are computed in double,
// where rounding is far below a code. float32 is linear light and stays as it is.
namespace pk::PK_LEVEL {

constexpr int BLOCK = 256;

template <class T>
struct Light {
    using Real = float;
};
template <>
struct Light<u16> {
    using Real = double;
};

template <class T>
struct Decoder;

template <>
struct Decoder<u8> {
    float light[256];
    explicit Decoder(bool linear = true) {
        for (int code = 0; code < 256; ++code) light[code] = linear ? (float)linear_from_code(code / 255.0) : (float)code;
    }
    template <int channels>
    PK_INLINE void planes(const u8* codes, i64 count, float (*to)[BLOCK]) const {
        for (int c = 0; c < channels; ++c)
            for (i64 j = 0; j < count; ++j) to[c][j] = light[codes[channels * j + c]];
    }
};

template <>
struct Decoder<u16> {
    bool linear;
    explicit Decoder(bool linear = true) : linear(linear) {}
    template <int channels>
    PK_INLINE void planes(const u16* codes, i64 count, double (*to)[BLOCK]) const {
        for (int c = 0; c < channels; ++c) {
            for (i64 j = 0; j < count; ++j) to[c][j] = codes[channels * j + c];
            if (linear)
                for (i64 j = 0; j < count; ++j) to[c][j] = linear_from_code(to[c][j] / 65535);
        }
    }
};

template <>
struct Decoder<float> {
    explicit Decoder(bool = true) {}
    template <int channels>
    PK_INLINE void planes(const float* light, i64 count, float (*to)[BLOCK]) const {
        for (int c = 0; c < channels; ++c)
            for (i64 j = 0; j < count; ++j) to[c][j] = light[channels * j + c];
    }
};

PK_INLINE void round_plane(const float* from, i64 count, bool linear, u8* to) {
    if (linear)
        for (i64 j = 0; j < count; ++j) to[j] = (u8)nearest_code(from[j], u8());
    else
        for (i64 j = 0; j < count; ++j) to[j] = (u8)(i32)(from[j] + 0.5f);
}
PK_INLINE void round_plane(const double* from, i64 count, bool linear, u16* to) {
    if (linear)
        for (i64 j = 0; j < count; ++j) to[j] = (u16)nearest_code(from[j], u16());
    else
        for (i64 j = 0; j < count; ++j) to[j] = (u16)(i32)(from[j] + 0.5);
}
PK_INLINE void round_plane(const float* from, i64 count, bool, float* to) {
    for (i64 j = 0; j < count; ++j) to[j] = from[j];
}

// Codes first, then their interleaving: loops that GCC turns into vectors one by one and not together.
template <int channels, class T, class Real>
PK_INLINE void encode(const Real (*light)[BLOCK], i64 count, bool linear, T* to) {
    alignas(64) T codes[channels][BLOCK];
    for (int c = 0; c < channels; ++c) round_plane(light[c], count, linear, codes[c]);
    if constexpr (channels == 3)
        for (i64 j = 0; j < count; ++j) {
            to[3 * j] = codes[0][j];
            to[3 * j + 1] = codes[1][j];
            to[3 * j + 2] = codes[2][j];
        }
    else
        for (i64 j = 0; j < count; ++j) to[j] = codes[0][j];
}

// Weights of a block; whether any of them is above 0, and any below 1.
struct Cover {
    bool some, gaps;
};
template <class Real>
PK_INLINE Cover read_weights(const Weights& mask, i64 begin, i64 count, Real* weights) {
    if (mask.bytes) {
        const u8* bytes = mask.bytes + begin;
        int most = 0, least = 255;
        for (i64 j = 0; j < count; ++j) {
            most = bytes[j] > most ? bytes[j] : most;
            least = bytes[j] < least ? bytes[j] : least;
        }
        const Real whole = (Real)mask.whole;
        for (i64 j = 0; j < count; ++j) weights[j] = (Real)bytes[j] / whole;
        return {most > 0, least < mask.whole};
    }
    if (mask.floats) {
        int some = 0, gaps = 0;
        for (i64 j = 0; j < count; ++j) weights[j] = (Real)mask.floats[begin + j];
        for (i64 j = 0; j < count; ++j) some |= mask.floats[begin + j] > 0;
        for (i64 j = 0; j < count; ++j) gaps |= !(mask.floats[begin + j] >= 1);
        return {some != 0, gaps != 0};
    }
    return {true, false};
}

template <int channels, class Real>
PK_INLINE void lay_over(Real (*front)[BLOCK], const Real (*back)[BLOCK], const Real* weights, i64 count) {
    for (int c = 0; c < channels; ++c)
        for (i64 j = 0; j < count; ++j) front[c][j] = over(front[c][j], back[c][j], weights[j]);
}

}  // namespace pk::PK_LEVEL
