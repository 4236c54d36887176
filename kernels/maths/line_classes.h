// Lines of a grid by classes: where only every q-th line has evidence, the grid is q times too fine.
//
// The energy of a line is the evidence within a fifth of the pitch, and at least a pixel, of it. Mean energies of the lines
// k mod q tell a grid that is q times too fine: one class is strong, the others are not.
#pragma once
#include "platform.h"

namespace pk {

PK_INLINE i32 floor_of(double x) { return (i32)x - (x < (double)(i32)x); }

// Of a line of a profile with entries 0 to length.
PK_INLINE double line_energy(const float* profile, i64 length, double line, double pitch) {
    const i64 fifth = (i64)(0.2 * pitch), reach = fifth > 1 ? fifth : 1;
    const i64 centre = floor_of(line + 0.5), from = centre - reach, to = centre + reach;
    double energy = 0;
    for (i64 i = from > 0 ? from : 0; i <= (to < length ? to : length); ++i) energy += (double)profile[i];
    return energy;
}

// Sums of energies by the line's number modulo 2..6, for lines that are added in order.
constexpr int LEAST_CLASSES = 2, MOST_CLASSES = 6, ALL_CLASSES = 2 + 3 + 4 + 5 + 6;
struct Classes {
    double sums[ALL_CLASSES];
    int next[MOST_CLASSES + 1];  // the class of the next line, for each q
};
PK_INLINE Classes no_classes() {
    Classes classes;
    for (int i = 0; i < ALL_CLASSES; ++i) classes.sums[i] = 0;
    for (int q = 0; q <= MOST_CLASSES; ++q) classes.next[q] = 0;
    return classes;
}
PK_INLINE void add_line(Classes& classes, double energy) {
    for (int q = LEAST_CLASSES, first = 0; q <= MOST_CLASSES; first += q++) {
        int& next = classes.next[q];
        classes.sums[first + next] += energy;
        next = next + 1 < q ? next + 1 : 0;
    }
}

// How much weaker the weak lines are where every q-th is strong: the mean of all classes but the strongest over the strongest,
// the least over q; 1 where all are alike, or there are no 2 q lines.
PK_INLINE double weakest_residue(const Classes& classes, i64 lines) {
    double ratio = 1;
    for (int q = LEAST_CLASSES, first = 0; q <= MOST_CLASSES && lines >= 2 * q; first += q++) {
        double sum = 0, strongest = 0;
        for (int k = 0; k < q; ++k) {
            const double mean = classes.sums[first + k] / (double)((lines - k + q - 1) / q);
            sum += mean;
            strongest = mean > strongest ? mean : strongest;
        }
        const double weak = (sum - strongest) / (q - 1);
        if (strongest > 0 && weak < ratio * strongest) ratio = weak / strongest;
    }
    return ratio;
}

// Of the lines inside, 1 to count - 2.
PK_INLINE double residue_of(const float* profile, i64 length, const double* lines, i64 count, double pitch) {
    Classes classes = no_classes();
    for (i64 k = 1; k + 1 < count; ++k) add_line(classes, line_energy(profile, length, lines[k], pitch));
    return weakest_residue(classes, count - 2);
}

}  // namespace pk
