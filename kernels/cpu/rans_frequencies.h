// Counts to frequencies that sum to 2^14: apportionment with the divisors 2 f + 1, at least 1 each.
//
// A further unit of frequency saves c log2(1 + 1 / f) bits of a symbol that is counted c times, which is
// c / (f + 1/2) log2(e) within (1 / (2 f + 1))^2 / 3 of itself. So units go where c / (2 f + 1) is largest, which is
// Sainte-Lague's method; it starts at the rounded quotas, whose sum is off by at most half the number of symbols, and by
// the ones that it gives to the rare.
// Source: Balinski & Young, "Fair Representation", 1982 (chapter on divisor methods).
#pragma once
#include "maths/rans.h"

namespace pk {

// Counts of 1 to 2^40 with a sum of at most 2^41; 1 <= n <= 256.
inline void apportion(const i64* counts, int n, u32* frequencies) {
    i64 total = 0, sum = 0;
    for (int i = 0; i < n; ++i) total += counts[i];
    for (int i = 0; i < n; ++i) {
        const i64 quota = (i64)(((u64)counts[i] * TABLE_SUM + (u64)total / 2) / (u64)total);
        frequencies[i] = quota < 1 ? 1 : (u32)quota;
        sum += frequencies[i];
    }
    for (; sum < TABLE_SUM; ++sum) {
        int best = 0;
        for (int i = 1; i < n; ++i)
            if (counts[i] * (2 * frequencies[best] + 1) > counts[best] * (2 * frequencies[i] + 1)) best = i;
        ++frequencies[best];
    }
    for (; sum > TABLE_SUM; --sum) {
        int best = -1;
        for (int i = 0; i < n; ++i)
            if (frequencies[i] > 1
                && (best < 0 || counts[i] * (2 * frequencies[best] - 1) < counts[best] * (2 * frequencies[i] - 1)))
                best = i;
        --frequencies[best];
    }
}

}  // namespace pk
