// A fingerprint that is made as fast as memory is read: FNV-1a on words of 32 bits, in LANES lanes side by side.
//
// Word k of the message goes to lane k mod LANES: lane = (lane ^ word) * prime. A step is one-to-one in the lane and in the word,
// so two messages that differ in one word never agree, and two that differ in more do so with a chance of 2^-32 for each lane that
// they differ in. It is no protection against somebody who makes them agree: for that there is SHA-256.
// Source: Fowler, Noll & Vo, "The FNV non-cryptographic hash algorithm", IETF draft-eastlake-fnv, 2012.
namespace pk::PK_LEVEL {

// Whole blocks of LANES words.
inline void fold_blocks(const u8* data, i64 blocks, u32* lanes) {
    alignas(64) u32 state[LANES], words[LANES];
    for (int i = 0; i < LANES; ++i) state[i] = lanes[i];
    for (i64 b = 0; b < blocks; ++b) {
        __builtin_memcpy(words, data + b * (i64)sizeof words, sizeof words);
        for (int i = 0; i < LANES; ++i) state[i] = (state[i] ^ words[i]) * 0x01000193u;  // FNV's prime for 32 bits
    }
    for (int i = 0; i < LANES; ++i) lanes[i] = state[i];
}

}  // namespace pk::PK_LEVEL
