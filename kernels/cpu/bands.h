// Matrices with a run of weights in each row, and cells between which pixels are read.
#pragma once
#include "maths/blur.h"

namespace pk {

struct Band {  // rows, each with `taps` weights from column first[row] on
    const i32* first;
    const float* weights;
    i64 rows;
    int taps;
};

// Pixels times `scale`, held to 0..most where `most` is above 0.
struct Code {
    float scale, most;
};

struct Strides {
    i64 plane, column, row;
};

template <class M>
struct Masked : true_type {};
template <>
struct Masked<Unmasked> : false_type {};

constexpr int EXPANDED = 960;  // samples that are read together: whole pixels of 1 to 4 channels, whole vectors of 16

// Sums in cells (rows of cells, across, channels), those of weights (rows of cells, across) or null, and how pixels read them:
// `down` for rows; sample i of a row takes taps[0][i], taps[1][i], taps[2][i] of the samples at[i] and one and two cells on.
struct Cells {
    const float *values, *weights;
    i64 across, cols;
    Band down;
    const i32* at;
    const float* taps;
};

// Calls `use` with the number of channels as a constant.
template <int n>
struct Count {
    static constexpr int value = n;
};
template <class Use>
PK_INLINE void with_channels(i64 channels, Use use) {
    if (channels == 1) return use(Count<1>());
    if (channels == 2) return use(Count<2>());
    if (channels == 3) return use(Count<3>());
    return use(Count<4>());
}

}  // namespace pk
