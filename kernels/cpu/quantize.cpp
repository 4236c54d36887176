#include "cpu/level.h"
#include "maths/quantize.h"

namespace pk {

struct Bands {
    const Band* at;
    i64 count, parameters, rows, cols;  // of bands; of scales to a plane; of a plane
};

}  // namespace pk

#define PK_LOOPS "cpu/quantize.h"
#include "cpu/compile_levels.h"

namespace pk {

i32 quantize(const float* x, i32* out, const float* steps, i64 run, float half_zone, i64 begin, i64 end) {
    return PK_AT_LEVEL(quantize_range, x, out, steps, run, half_zone, begin, end);
}

void dequantize(const i32* q, float* out, const float* steps, i64 run, float shift, i64 begin, i64 end) {
    PK_AT_LEVEL(dequantize_range, q, out, steps, run, shift, begin, end);
}

void extremes(const float* x, i64 rows, i64 cols, const i64* bands, i64 count, i64 parameters, float* slots, i64 begin,
              i64 end) {
    const Bands all{reinterpret_cast<const Band*>(bands), count, parameters, rows, cols};
    PK_AT_LEVEL(extremes, x, all, slots, begin, end);
}

void quantize_u8(const float* x, u8* out, i64 rows, i64 cols, const i64* bands, i64 count, i64 parameters,
                 const double* offsets, const double* inverses, i64 begin, i64 end) {
    const Bands all{reinterpret_cast<const Band*>(bands), count, parameters, rows, cols};
    PK_AT_LEVEL(affine_symbols, x, out, all, offsets, inverses, begin, end);
}

void dequantize_u8(const u8* symbols, float* out, i64 rows, i64 cols, const i64* bands, i64 count, i64 parameters,
                   const double* offsets, const double* scales, i64 begin, i64 end) {
    const Bands all{reinterpret_cast<const Band*>(bands), count, parameters, rows, cols};
    PK_AT_LEVEL(affine_values, symbols, out, all, offsets, scales, begin, end);
}

}  // namespace pk
