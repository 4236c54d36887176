// Four and eight values at a time, in GCC's and Clang's vector types: load as float, store rounded.
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

}  // namespace pk::PK_LEVEL
