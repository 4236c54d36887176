// Rows of a laid outline.
namespace pk::PK_LEVEL {

inline void outline_rows(const Outline& from, const SampleGrid& at, float* out, i64 begin, i64 end) {
    for (i64 row = begin; row < end; ++row)
        for (i64 col = 0; col < at.cols; ++col) out[row * at.cols + col] = shade_of(from, at, row, col);
}

}  // namespace pk::PK_LEVEL
