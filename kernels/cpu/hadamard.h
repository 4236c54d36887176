// The 4-point Hadamard transform along an axis: four lines in, four lines out, one pass.
namespace pk::PK_LEVEL {

// x and y: (outer, 4, inner). Positions begin..end of outer x inner.
inline void hadamard4_range(const float* __restrict x, float* __restrict y, i64 inner, i64 begin, i64 end) {
    if (inner == 1) {
        for (i64 i = begin; i < end; ++i)
            hadamard4(x[4 * i], x[4 * i + 1], x[4 * i + 2], x[4 * i + 3], y[4 * i], y[4 * i + 1], y[4 * i + 2], y[4 * i + 3]);
        return;
    }
    for (i64 at = begin; at < end;) {
        const i64 group = at / inner, first = at % inner, count = end - at < inner - first ? end - at : inner - first;
        const float* __restrict from = x + 4 * group * inner + first;
        float* __restrict to = y + 4 * group * inner + first;
        for (i64 i = 0; i < count; ++i)
            hadamard4(from[i], from[inner + i], from[2 * inner + i], from[3 * inner + i], to[i], to[inner + i],
                      to[2 * inner + i], to[3 * inner + i]);
        at += count;
    }
}

}  // namespace pk::PK_LEVEL
