// The grid on which a pattern is sampled: sample (row, col) is at ((left + col) pitch, (top + row) pitch).
#pragma once
#include "platform.h"

namespace pk {

struct SampleGrid {
    double left, top, pitch;
    i64 cols;

    PK_INLINE float u(i64 col) const { return (float)((left + (double)col) * pitch); }
    PK_INLINE float v(i64 row) const { return (float)((top + (double)row) * pitch); }
};

}  // namespace pk
