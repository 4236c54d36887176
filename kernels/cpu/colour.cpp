#include "cpu/level.h"
#include "maths/colour.h"

namespace pk {

struct Picture {
    i64 rows, cols, channels;
};

}  // namespace pk

#define PK_LOOPS "cpu/colour.h"
#include "cpu/compile_levels.h"

namespace pk {

template <class T, class V>
void split_planes(const T* pixels, i64 rows, i64 cols, i64 channels, i64 first, i64 colours, V middle, V* planes, i64 begin,
                  i64 end) {
    PK_AT_LEVEL(split_rows, Picture{rows, cols, channels}, pixels, first, colours, middle, planes, begin, end);
}

template <class T, class V>
void join_planes(const V* planes, i64 rows, i64 cols, i64 channels, i64 first, i64 colours, V middle, i32 most, T* pixels,
                 i64 begin, i64 end) {
    PK_AT_LEVEL(join_rows, Picture{rows, cols, channels}, planes, first, colours, middle, most, pixels, begin, end);
}

#define PK_SAMPLES(T, V)                                                                        \
    template void split_planes<T, V>(const T*, i64, i64, i64, i64, i64, V, V*, i64, i64);       \
    template void join_planes<T, V>(const V*, i64, i64, i64, i64, i64, V, i32, T*, i64, i64);
PK_SAMPLES(u8, float)
PK_SAMPLES(u8, i32)
PK_SAMPLES(u16, i32)
PK_SAMPLES(u16, float)

}  // namespace pk
