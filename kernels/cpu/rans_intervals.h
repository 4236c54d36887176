// Which values share a token: the cheapest division of the values into dyadic intervals, at most so many in use.
//
// An interval of 2^b values that are counted n times in all costs n (log2(N / n) + b) bits, and what its entry in the
// table costs. Halves of halves form a binary tree; from its leaves upwards each node is kept whole or divided, whichever
// costs less. Where that leaves too many intervals, the price of an entry rises until it does not, and the lowest
// such price is taken. All in integers, so that every machine makes the same tables.
// Sources: Breiman, Friedman, Olshen & Stone, "Classification and Regression Trees", 1984 (cost-complexity pruning, of
// which this is the case of coding); Sullivan, "Efficient scalar quantization of exponential and Laplacian random
// variables", IEEE Trans. Information Theory 42(5), 1996 (few intervals lose little on such sources).
#pragma once
#include "maths/rans.h"

namespace pk {

constexpr int COST_BITS = 16;            // costs are in 2^-16 bits
constexpr i64 ENTRY_COST = 10 << COST_BITS;  // about what rans_packing.h takes for an entry
constexpr i64 EMPTY_COST = 3 << COST_BITS;

// n log2(n) in units of 2^-16 / n bits, rounded down: the integer part from the highest bit, the digits of the fraction by
// squaring, each a bit.
inline i64 n_log2_n(i64 n) {
    const int whole = 63 - __builtin_clzll((u64)n);
    u64 mantissa = whole > 31 ? (u64)n >> (whole - 31) : (u64)n << (31 - whole);  // in [2^31, 2^32)
    i64 log = whole;
    for (int digit = 0; digit < COST_BITS; ++digit) {
        mantissa = (mantissa * mantissa) >> 31;
        const int carry = (int)(mantissa >> 32);
        mantissa >>= carry;
        log = 2 * log + carry;
    }
    return n * log;
}

// Node 1 is the root, node i has the halves 2 i and 2 i + 1; the values are nodes `width` to 2 width - 1.
struct IntervalTree {
    i64 width;      // a power of two
    i64* counts;    // [2 width]
    i64* savings;   // [2 width] n_log2_n of the counts
    i64* costs;     // [2 width]
    int* intervals; // [2 width] in use, below this node
};

inline void grow(const IntervalTree& tree) {
    for (i64 i = tree.width - 1; i >= 1; --i) tree.counts[i] = tree.counts[2 * i] + tree.counts[2 * i + 1];
    for (i64 i = 1; i < 2 * tree.width; ++i) tree.savings[i] = tree.counts[i] ? n_log2_n(tree.counts[i]) : 0;
}

// Whether node i is kept whole at the price that prune was given last; SINGLE divides down to single values.
constexpr i64 SINGLE = -1;
inline bool is_whole(const IntervalTree& tree, i64 i, int bits, i64 entry) {
    if (bits == 0 || tree.counts[i] == 0) return true;
    if (entry == SINGLE) return false;
    const i64 whole = (tree.counts[i] * bits << COST_BITS) - tree.savings[i] + entry;
    return whole <= tree.costs[2 * i] + tree.costs[2 * i + 1];
}

inline int prune(const IntervalTree& tree, i64 entry) {
    int bits = 0;
    for (i64 level = tree.width; level >= 1; level /= 2, ++bits)
        for (i64 i = level; i < 2 * level; ++i) {
            if (is_whole(tree, i, bits, entry)) {
                const i64 n = tree.counts[i];
                tree.costs[i] = n ? (n * bits << COST_BITS) - tree.savings[i] + entry : EMPTY_COST;
                tree.intervals[i] = n > 0;
            } else {
                tree.costs[i] = tree.costs[2 * i] + tree.costs[2 * i + 1];
                tree.intervals[i] = tree.intervals[2 * i] + tree.intervals[2 * i + 1];
            }
        }
    return tree.intervals[1];
}

// Prune to at most `most` intervals in use: the price of an entry that does it.
inline i64 prune_to(const IntervalTree& tree, int most) {
    i64 low = ENTRY_COST, high = ENTRY_COST;
    while (prune(tree, high) > most) {
        low = high;
        high *= 2;
    }
    for (int step = 0; step < 12 && high - low > 1; ++step) {
        const i64 middle = low + (high - low) / 2;
        (prune(tree, middle) > most ? low : high) = middle;
    }
    prune(tree, high);
    return high;
}

// take(first value, bits, count) for each interval, from the lowest values up, the empty ones too.
template <class Take>
inline void walk(const IntervalTree& tree, i64 entry, Take&& take) {
    i64 node = 1;
    int bits = 0;
    while (tree.width >> bits > 1) ++bits;
    for (;;) {
        while (!is_whole(tree, node, bits, entry)) node *= 2, --bits;
        take((node << bits) - tree.width, bits, tree.counts[node]);
        while (node & 1) {
            if (node == 1) return;
            node >>= 1;
            ++bits;
        }
        ++node;
    }
}

}  // namespace pk
