#include "cpu/level.h"
#include "maths/inflation.h"
#include "cpu/inflation_planes.h"


#define PK_LOOPS "cpu/inflation.h"
#include "cpu/compile_levels.h"
#define PK_LOOPS "cpu/inflation_levels.h"
#include "cpu/compile_levels.h"
#define PK_LOOPS "cpu/relief.h"
#include "cpu/compile_levels.h"

namespace pk {

void inflation_sweep(const Image& image, const float* from, float* to, float omega, i64 begin, i64 end) {
    PK_AT_LEVEL(sweep_pixels, image, from, to, omega, begin, end);
}
float inflation_restrict(const Image& image, const float* from, const Cells& below, i64 begin, i64 end) {
    return PK_AT_LEVEL(restrict_pixels, image, from, below, begin, end);
}
void inflation_correct(const Image& image, float* u, const Cells& below, int from, bool start, i64 begin, i64 end) {
    PK_AT_LEVEL(correct_pixels, image, u, below, from, start, begin, end);
}
void inflation_merge(const Image& image, const Cells& below, const Cells& outline, i64 begin, i64 end) {
    PK_AT_LEVEL(merge_pixels, image, below, outline, begin, end);
}
void inflation_finish(const Image& image, const float* u, float* height, i64 height_row, i64 begin, i64 end) {
    PK_AT_LEVEL(finish_rows, image, u, height, height_row, begin, end);
}

template <class T>
void luma_of(const T* image, i64 cols, i64 channels, float scale, float* out, i64 begin, i64 end) {
    PK_AT_LEVEL(luma_rows, image, cols, channels, scale, out, begin, end);
}
template void luma_of<u8>(const u8*, i64, i64, float, float*, i64, i64);
template void luma_of<u16>(const u16*, i64, i64, float, float*, i64, i64);
template void luma_of<float>(const float*, i64, i64, float, float*, i64, i64);

void relief_of(const float* fine, const float* coarse, const u8* inside, float* out, float height, i64 begin, i64 end) {
    PK_AT_LEVEL(relief_rows, fine, coarse, inside, out, height, begin, end);
}

void cells_sweep(const Cells& at, int load, int from, int to, float omega, i64 begin, i64 end) {
    if (from < 0)
        PK_AT_LEVEL(start_cells, at, load, to, omega, begin, end);
    else
        PK_AT_LEVEL(sweep_cells, at, load, from, to, omega, begin, end);
}
void cells_restrict(const Cells& at, int load, int from, const Cells& below, i64 begin, i64 end) {
    PK_AT_LEVEL(restrict_cells, at, load, from, below, begin, end);
}
void cells_correct(const Cells& at, int to, const Cells& below, int from, bool start, i64 begin, i64 end) {
    PK_AT_LEVEL(correct_cells, at, to, below, from, start, begin, end);
}
void cells_merge(const Cells& at, const Cells& outline, float side, const Cells& below, const Cells& outline_below, i64 begin,
                 i64 end) {
    PK_AT_LEVEL(merge_cells, at, outline, side, below, outline_below, begin, end);
}
void cells_close(const Cells& at, const Cells& outline, i64 begin, i64 end) {
    PK_AT_LEVEL(close_cells, at, outline, begin, end);
}

}  // namespace pk
