// How eight words move when only the lanes of a mask write or read one, as byte shuffles.
#pragma once
#include "maths/platform.h"

namespace pk {

struct WordOrders {
    alignas(16) u8 to_end[256][16];      // the words of the mask's lanes, in their order, as the last ones
    alignas(16) u8 from_begin[256][16];  // the first words, each to the next lane of the mask
};

constexpr WordOrders word_orders() {
    WordOrders orders{};
    for (int mask = 0; mask < 256; ++mask) {
        int count = 0, rank = 0;
        for (int lane = 0; lane < 8; ++lane) count += mask >> lane & 1;
        for (int lane = 0; lane < 8; ++lane) {
            if (!(mask >> lane & 1)) continue;
            const int last = 8 - count + rank;
            for (int byte = 0; byte < 2; ++byte) {
                orders.to_end[mask][2 * last + byte] = (u8)(2 * lane + byte);
                orders.from_begin[mask][2 * lane + byte] = (u8)(2 * rank + byte);
            }
            ++rank;
        }
    }
    return orders;
}

constexpr WordOrders WORD_ORDERS = word_orders();

}  // namespace pk
