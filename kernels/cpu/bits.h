// Raw bits, the lowest first, in bytes.
//
// A writer needs 8 bytes of room beyond what it writes. A reader hands out zeros beyond its end and remembers that it did.
#pragma once
#include "maths/coefficients.h"

namespace pk {

struct BitWriter {
    u8* written;
    u64 held = 0;
    int count = 0;

    PK_INLINE void drain() {
        __builtin_memcpy(written, &held, 8);
        written += count >> 3;
        held >>= count & ~7;
        count &= 7;
    }
    // Up to 32 bits.
    PK_INLINE void put(u32 bits, int width) {
        held |= (u64)bits << count;
        count += width;
        if (count >= 32) drain();
    }
    // One bit, or none: no branch.
    PK_INLINE void put_if(u32 bit, bool wanted) {
        held |= (u64)(bit & (u32)wanted) << count;
        count += wanted;
        if (count >= 32) drain();
    }
    // Exp-Golomb: how many bits v + 2^k has beyond k, as zeros before a one; then these and the k.
    PK_INLINE void put_exp_golomb(i32 v) {
        const u32 value = (u32)v + (1u << ESCAPE_ORDER);
        const int wide = 31 - __builtin_clz(value);
        put(1u << (wide - ESCAPE_ORDER), wide - ESCAPE_ORDER + 1);
        put(value & ((1u << wide) - 1), wide);
    }
    void finish() {
        count += 7;
        drain();
        held = 0;
        count = 0;
    }
};

struct BitReader {
    const u8* at;
    const u8* end;
    u64 held = 0;
    int count = 0;
    i64 beyond = 0;  // bytes taken after the end, all zero

    PK_INLINE void fill() {
        if (end - at >= 8) {
            u64 next;
            __builtin_memcpy(&next, at, 8);
            held |= next << count;
            at += (63 - count) >> 3;
            count |= 56;
        } else
            while (count <= 56) {
                if (at < end)
                    held |= (u64)*at++ << count;
                else
                    ++beyond;
                count += 8;
            }
    }
    // Up to 32 bits.
    PK_INLINE u32 get(int width) {
        if (count < 32) fill();
        const u32 bits = (u32)(held & ((1ull << width) - 1));
        held >>= width;
        count -= width;
        return bits;
    }
    PK_INLINE u8 get_if(bool wanted) {
        if (count < 32) fill();
        const u8 bit = (u8)(held & (u64)wanted);
        held >>= (int)wanted;
        count -= wanted;
        return bit;
    }
    PK_INLINE i32 get_exp_golomb() {
        int wide = ESCAPE_ORDER;
        constexpr i32 most = MOST_MAGNITUDE - 1 - ESCAPE_BASE;
        while (!get(1))
            if (++wide > 24) return most;
        const i32 v = (i32)(((1u << wide) | get(wide)) - (1u << ESCAPE_ORDER));
        return v < most ? v : most;
    }
    // Bits are held that are not there: what was read goes beyond the end.
    bool overrun() const { return beyond * 8 > count; }
    // Everything was read but the zeros that fill the last byte.
    bool finished() const { return at == end && count - beyond * 8 < 8 && held == 0; }
};

}  // namespace pk
