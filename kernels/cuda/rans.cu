// The GPU loops of encode and decode: a warp per chunk, a thread per lane, in the order of kernels/cpu/rans.h.
//
// The words of a group lie in the order of lanes, so a lane's place among them is the number of lanes before it that
// write or read one, too: the ones below it in a ballot.
#include "maths/rans.h"

namespace pk {

constexpr unsigned ALL = 0xffffffffu;

struct Warp {
    int lane;
    i64 index, count;  // of this warp, and of all
};

__device__ Warp this_warp() {
    const i64 thread = blockIdx.x * (i64)blockDim.x + threadIdx.x;
    return {(int)(threadIdx.x % LANES), thread / LANES, (i64)gridDim.x * (blockDim.x / LANES)};
}

// The low word of each lane that is full, before `to`, which moves there.
__device__ u32 write_word(u32 x, bool full, int lane, u16*& to) {
    const unsigned set = __ballot_sync(ALL, full);
    to -= __popc(set);
    if (full) to[__popc(set & ((1u << lane) - 1))] = (u16)x;
    return full ? x >> 16 : x;
}

// A word for each lane that is short of one; false, for all lanes, if fewer are left.
__device__ bool refill(u32& x, bool active, int lane, const u16*& words, const u16* end) {
    const unsigned set = __ballot_sync(ALL, active && is_short(x));
    if (end - words < __popc(set)) return false;
    if (set >> lane & 1) x = x << 16 | words[__popc(set & ((1u << lane) - 1))];
    words += __popc(set);
    return true;
}

// A chunk of n > 0 symbols into the words before `end`: where they begin, or null if a symbol has no code.
template <class T>
__device__ u16* encode(const EncoderTables& tables, bool raw, const T* symbols, const u8* contexts, i64 n, u16* end, int lane) {
    u32 x = LAST_STATE, tokens = 0;
    u16* words = end;
    for (i64 i = (n - 1) / LANES * LANES + lane; i >= lane; i -= LANES) {
        const bool active = i < n;
        const u32 table = active && contexts ? contexts[i] : 0, symbol = active ? symbols[i] : 0;
        const u32 token = tables.codes[(table << (8 * sizeof(T))) + symbol], at = table * ROW + token;
        if (active) tokens |= token;
        if (raw) {
            const u32 value = tables.values[at];
            x = write_word(x, active && is_full_for_bits(x, bits_of(value)), lane, words);
            if (active) x = put_bits(x, bits_of(value), symbol - first_of(value));
        }
        const u32 interval = tables.intervals[at];
        x = write_word(x, active && is_full(x, frequency_of(interval)), lane, words);
        if (active) x = put(x, frequency_of(interval), begin_of(interval), tables.reciprocals[at]);
    }
    const int lanes = n < LANES ? (int)n : LANES;
    words -= 2 * lanes;
    if (lane < lanes) {
        words[2 * lane] = (u16)x;
        words[2 * lane + 1] = (u16)(x >> 16);
    }
    return __ballot_sync(ALL, tokens & TOKENS) ? nullptr : words;
}

// n > 0 symbols from [words, end).
template <class T>
__device__ Verdict decode(const DecoderTables& tables, bool raw, const u16* words, const u16* end, T* symbols,
                          const u8* contexts, i64 n, int lane) {
    const int lanes = n < LANES ? (int)n : LANES;
    if (end - words < 2 * lanes) return ENDS_EARLY;
    u32 x = lane < lanes ? words[2 * lane] | (u32)words[2 * lane + 1] << 16 : LAST_STATE;
    words += 2 * lanes;
    if (__ballot_sync(ALL, is_short(x))) return BAD_STATE;
    for (i64 i = lane; i - lane < n; i += LANES) {
        const bool active = i < n;
        const u32 table = active && contexts ? contexts[i] : 0;
        const u32 token = tables.slots[table * TABLE_SUM + (x & (TABLE_SUM - 1))], at = table * ROW + token;
        const u32 interval = tables.intervals[at], value = tables.values[at];
        if (active) x = get(x, frequency_of(interval), begin_of(interval));
        if (!refill(x, active, lane, words, end)) return ENDS_EARLY;
        u32 digits = 0;
        if (raw) {
            if (active) x = get_bits(x, bits_of(value), digits);
            if (!refill(x, active, lane, words, end)) return ENDS_EARLY;
        }
        if (active) symbols[i] = (T)(first_of(value) + digits);
    }
    if (words != end) return LEAVES_WORDS;
    return __ballot_sync(ALL, x != LAST_STATE) ? BAD_STATE : WHOLE;
}

// begins[c]: where in row c of `words` the words of chunk c begin, which end where the row does; -1 if a symbol has no code.
template <class T>
__device__ void encode_chunks(const EncoderTables& tables, bool raw, const T* symbols, i64 n, const u8* contexts, i64 chunk,
                              u16* words, i64 capacity, i64* begins) {
    const Warp warp = this_warp();
    for (i64 c = warp.index; c * chunk < n; c += warp.count) {
        const i64 first = c * chunk, count = n - first < chunk ? n - first : chunk;
        u16* row = words + c * capacity;
        const u16* begin = encode(tables, raw, symbols + first, contexts ? contexts + first : nullptr, count,
                                  row + capacity, warp.lane);
        if (warp.lane == 0) begins[c] = begin ? begin - row : -1;
    }
}

// The words of chunk c are [edges[c], edges[c + 1]).
template <class T>
__device__ void decode_chunks(const DecoderTables& tables, bool raw, const u16* words, const i64* edges, T* symbols, i64 n,
                              const u8* contexts, i64 chunk, int* verdicts) {
    const Warp warp = this_warp();
    for (i64 c = warp.index; c * chunk < n; c += warp.count) {
        const i64 first = c * chunk, count = n - first < chunk ? n - first : chunk;
        const Verdict verdict = decode(tables, raw, words + edges[c], words + edges[c + 1], symbols + first,
                                       contexts ? contexts + first : nullptr, count, warp.lane);
        if (warp.lane == 0) verdicts[c] = verdict;
    }
}

}  // namespace pk

#define PK_SYMBOL(name, T)                                                                                             \
    extern "C" __global__ void encode_##name(const pk::u16* __restrict__ codes, const pk::u32* __restrict__ intervals, \
                                             const pk::u32* __restrict__ values,                                       \
                                             const pk::u64* __restrict__ reciprocals, int raw,                         \
                                             const T* __restrict__ symbols, pk::i64 n,                                 \
                                             const pk::u8* __restrict__ contexts, pk::i64 context_count,               \
                                             pk::i64 chunk, pk::u16* __restrict__ words, pk::i64 capacity,             \
                                             pk::i64* __restrict__ begins) {                                           \
        pk::encode_chunks<T>({codes, intervals, values, reciprocals}, raw, symbols, n,                                 \
                             context_count ? contexts : nullptr, chunk, words, capacity, begins);                      \
    }                                                                                                                  \
    extern "C" __global__ void decode_##name(const pk::u8* __restrict__ slots, const pk::u32* __restrict__ intervals,  \
                                             const pk::u32* __restrict__ values, int raw,                              \
                                             const pk::u16* __restrict__ words, const pk::i64* __restrict__ edges,     \
                                             T* __restrict__ symbols, pk::i64 n,                                       \
                                             const pk::u8* __restrict__ contexts, pk::i64 context_count,               \
                                             pk::i64 chunk, int* __restrict__ verdicts) {                              \
        pk::decode_chunks<T>({slots, intervals, values}, raw, words, edges, symbols, n,                                \
                             context_count ? contexts : nullptr, chunk, verdicts);                                     \
    }

PK_SYMBOL(uint8, pk::u8)
PK_SYMBOL(uint16, pk::u16)
