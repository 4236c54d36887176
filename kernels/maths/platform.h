// The few words that let one formula be read by the C++ compiler and by NVRTC.
#pragma once

#ifdef __CUDACC__
#define PK_INLINE __device__ __forceinline__
#else
#define PK_INLINE inline __attribute__((always_inline))
#endif

namespace pk {
using u8 = unsigned char;
using u16 = unsigned short;
using u32 = unsigned int;
using i32 = int;
using i64 = long long;

struct false_type {
    static constexpr bool value = false;
};
struct true_type {
    static constexpr bool value = true;
};
}  // namespace pk
