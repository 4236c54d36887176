// CRC-32C: the remainder of a message as a polynomial over GF(2), eight bytes at a time.
//
// Polynomial 0x1EDC6F41 (Castagnoli), bits reflected, register and result inverted. Eight tables hold what each of eight
// bytes adds to the remainder of the eight together, so that they are looked up at once.
// Sources: Castagnoli, Brauer and Herrmann, "Optimization of cyclic redundancy-check codes with 24 and 32 parity bits", IEEE
// Trans. Communications 41(6), 1993; Kounavis and Berry, "Novel table lookup-based algorithms for high-performance CRC
// generation", IEEE Trans. Computers 57(11), 2008 (slicing by 8).
#include "cpu/level.h"
#include "maths/platform.h"

namespace pk {
constexpr int LANES = 64;  // of fold
}

#define PK_LOOPS "cpu/fold.h"
#include "cpu/compile_levels.h"

namespace pk {

struct ChecksumTables {
    u32 of[8][256];
    constexpr ChecksumTables() : of() {
        for (u32 byte = 0; byte < 256; ++byte) {
            u32 rest = byte;
            for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1) ^ (rest & 1 ? 0x82F63B78u : 0);
            of[0][byte] = rest;
        }
        for (int k = 1; k < 8; ++k)
            for (u32 byte = 0; byte < 256; ++byte) of[k][byte] = (of[k - 1][byte] >> 8) ^ of[0][of[k - 1][byte] & 255];
    }
};

u32 crc32c(const u8* data, i64 size) {
    static constexpr ChecksumTables tables;
    const auto& t = tables.of;
    u32 rest = ~0u;
    for (; size >= 8; size -= 8, data += 8) {
        u32 low, high;
        __builtin_memcpy(&low, data, 4);
        __builtin_memcpy(&high, data + 4, 4);
        low ^= rest;
        rest = t[7][low & 255] ^ t[6][low >> 8 & 255] ^ t[5][low >> 16 & 255] ^ t[4][low >> 24] ^ t[3][high & 255]
             ^ t[2][high >> 8 & 255] ^ t[1][high >> 16 & 255] ^ t[0][high >> 24];
    }
    for (; size; --size) rest = (rest >> 8) ^ t[0][(rest ^ *data++) & 255];
    return ~rest;
}

// The lanes of a message whose last block is filled up with zeros; they start at their numbers, times FNV's offset.
void fold(const u8* data, i64 size, u32* lanes) {
    constexpr i64 block = LANES * (i64)sizeof(u32);
    for (u32 i = 0; i < LANES; ++i) lanes[i] = (i + 1) * 2166136261u;
    PK_AT_LEVEL(fold_blocks, data, size / block, lanes);
    if (size % block) {
        u8 last[block] = {};
        __builtin_memcpy(last, data + size / block * block, (u64)(size % block));
        PK_AT_LEVEL(fold_blocks, last, 1, lanes);
    }
}

}  // namespace pk
