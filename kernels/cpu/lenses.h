// Lens models over lists of points (x0, y0, x1, y1, ...) in pixels.
namespace pk::PK_LEVEL {

inline void map_points(const Lens& lens, const double* __restrict points, double* __restrict out, i64 begin, i64 end) {
    with_model(lens, [&](auto model, auto solves) {
        for (i64 i = begin; i < end; ++i)
            photo_position<decltype(model), decltype(solves)::value>(lens, points[2 * i], points[2 * i + 1],
                                                                     out[2 * i], out[2 * i + 1]);
    });
}

inline void jacobians(const Lens& lens, const double* __restrict points, double* __restrict out, i64 begin, i64 end) {
    with_model(lens, [&](auto model, auto solves) {
        for (i64 i = begin; i < end; ++i)
            photo_jacobian<decltype(model), decltype(solves)::value>(lens, points[2 * i], points[2 * i + 1], out + 4 * i);
    });
}

}  // namespace pk::PK_LEVEL
