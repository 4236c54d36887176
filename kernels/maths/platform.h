// The few words that let one formula be read by the C++ compiler and by NVRTC.
#pragma once

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the loops read several bytes at once and expect the lowest first"
#endif

#ifdef __CUDACC__
#define PK_INLINE __device__ __forceinline__
// What is large and used often: copies of it, or of a loop's body, cost NVRTC minutes.
#define PK_CALL __device__ __noinline__
#define PK_ROLLED _Pragma("unroll 1")
#else
#define PK_INLINE inline __attribute__((always_inline))
#define PK_CALL inline
#define PK_ROLLED
#endif

namespace pk {
using u8 = unsigned char;
using u16 = unsigned short;
using i16 = short;
using u32 = unsigned int;
using i32 = int;
using i64 = long long;
using u64 = unsigned long long;

PK_INLINE double not_a_number() {
#ifdef __CUDACC__
    return __longlong_as_double(0x7ff8000000000000LL);
#else
    return __builtin_nan("");
#endif
}

// The bits of a float or double as an integer, and back.
PK_INLINE u32 bits_of(float x) {
#ifdef __CUDACC__
    return __float_as_uint(x);
#else
    u32 bits;
    __builtin_memcpy(&bits, &x, sizeof bits);
    return bits;
#endif
}
PK_INLINE float float_of(u32 bits) {
#ifdef __CUDACC__
    return __uint_as_float(bits);
#else
    float x;
    __builtin_memcpy(&x, &bits, sizeof x);
    return x;
#endif
}
PK_INLINE u64 bits_of(double x) {
#ifdef __CUDACC__
    return (u64)__double_as_longlong(x);
#else
    u64 bits;
    __builtin_memcpy(&bits, &x, sizeof bits);
    return bits;
#endif
}
PK_INLINE double double_of(u64 bits) {
#ifdef __CUDACC__
    return __longlong_as_double((i64)bits);
#else
    double x;
    __builtin_memcpy(&x, &bits, sizeof x);
    return x;
#endif
}

struct false_type {
    static constexpr bool value = false;
};
struct true_type {
    static constexpr bool value = true;
};
}  // namespace pk
