"""The CPU side of kernels/cpu/pattern_loops.h; pixkern._patterns has checked every argument."""

cdef extern from *:
    """
    namespace pk {
    using n = long long;
    using word64 = unsigned long long;
    void uniform_numbers(word64, word64, n, n, double*);
    void directions(const double*, n, double*, double*);
    void spline_places(double, double, n, int*, float*);
    void pattern_range(int, const float*, word64, double, double, double, n, float*, n, n);
    void noise_shade_range(const float*, n, n, double, double, float*, n, n);
    void shapes_range(const float*, n, double, double, double, n, float*, n, n);
    void outline_range(const float*, n, n, const double*, int, double, double, double, n, float*, n, n);
    void soften_rows_range(const float*, n, const float*, n, float*, n, n);
    void soften_columns_range(const float*, n, const float*, n, float*, n, n);
    void surface_range(const float*, n, const int*, const float*, n, const int*, const float*, n, float*, n, n);
    }
    """
    ctypedef long long n "pk::n"
    ctypedef unsigned long long word64 "pk::word64"
    void c_uniform "pk::uniform_numbers"(word64, word64, n, n, double*) noexcept nogil
    void c_directions "pk::directions"(const double*, n, double*, double*) noexcept nogil
    void c_places "pk::spline_places"(double, double, n, int*, float*) noexcept nogil
    void c_pattern "pk::pattern_range"(int, const float*, word64, double, double, double, n, float*, n, n) noexcept nogil
    void c_noise "pk::noise_shade_range"(const float*, n, n, double, double, float*, n, n) noexcept nogil
    void c_shapes "pk::shapes_range"(const float*, n, double, double, double, n, float*, n, n) noexcept nogil
    void c_outline "pk::outline_range"(const float*, n, n, const double*, int, double, double, double, n, float*, n, n) noexcept nogil
    void c_rows "pk::soften_rows_range"(const float*, n, const float*, n, float*, n, n) noexcept nogil
    void c_columns "pk::soften_columns_range"(const float*, n, const float*, n, float*, n, n) noexcept nogil
    void c_surface "pk::surface_range"(const float*, n, const int*, const float*, n, const int*, const float*, n, float*, n, n) noexcept nogil


def uniform_numbers(word64 seed, word64 stream, n row, double[::1] out):
    with nogil:
        c_uniform(seed, stream, row, out.shape[0], &out[0])


def directions(const double[::1] turns, double[::1] cosines, double[::1] sines):
    with nogil:
        c_directions(&turns[0], turns.shape[0], &cosines[0], &sines[0])


def spline_places(double start, double step, int[::1] first, float[:, ::1] weights):
    with nogil:
        c_places(start, step, first.shape[0], &first[0], &weights[0, 0])


def venetian_blind(const float[::1] numbers, word64 seed, double left, double top, double pitch, float[:, ::1] out, Py_ssize_t begin,
                   Py_ssize_t end):
    with nogil:
        c_pattern(0, &numbers[0], seed, left, top, pitch, out.shape[1], &out[0, 0], begin, end)


def window(const float[::1] numbers, word64 seed, double left, double top, double pitch, float[:, ::1] out, Py_ssize_t begin,
           Py_ssize_t end):
    with nogil:
        c_pattern(1, &numbers[0], seed, left, top, pitch, out.shape[1], &out[0, 0], begin, end)


def curtain(const float[::1] numbers, word64 seed, double left, double top, double pitch, float[:, ::1] out, Py_ssize_t begin,
            Py_ssize_t end):
    with nogil:
        c_pattern(2, &numbers[0], seed, left, top, pitch, out.shape[1], &out[0, 0], begin, end)


def fence(const float[::1] numbers, word64 seed, double left, double top, double pitch, float[:, ::1] out, Py_ssize_t begin,
          Py_ssize_t end):
    with nogil:
        c_pattern(3, &numbers[0], seed, left, top, pitch, out.shape[1], &out[0, 0], begin, end)


def voronoi(const float[::1] numbers, word64 seed, double left, double top, double pitch, float[:, ::1] out, Py_ssize_t begin,
            Py_ssize_t end):
    with nogil:
        c_pattern(4, &numbers[0], seed, left, top, pitch, out.shape[1], &out[0, 0], begin, end)


def lattice(const float[::1] numbers, word64 seed, double left, double top, double pitch, float[:, ::1] out, Py_ssize_t begin,
            Py_ssize_t end):
    with nogil:
        c_pattern(5, &numbers[0], seed, left, top, pitch, out.shape[1], &out[0, 0], begin, end)


def screen(const float[::1] numbers, word64 seed, double left, double top, double pitch, float[:, ::1] out, Py_ssize_t begin,
           Py_ssize_t end):
    with nogil:
        c_pattern(6, &numbers[0], seed, left, top, pitch, out.shape[1], &out[0, 0], begin, end)


def noise_shade(const float[:, ::1] noise, double threshold, double width, float[:, ::1] out, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_noise(&noise[0, 0], noise.shape[0], noise.shape[1], threshold, width, &out[0, 0], begin, end)


def shapes(const float[:, ::1] shapes, double left, double top, double pitch, float[:, ::1] out,
           Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_shapes(&shapes[0, 0], shapes.shape[0], left, top, pitch, out.shape[1], &out[0, 0], begin, end)


def outline(const float[:, ::1] values, const double[::1] to, int taps, double left, double top, double pitch,
            float[:, ::1] out, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_outline(&values[0, 0], values.shape[0], values.shape[1], &to[0], taps, left, top, pitch, out.shape[1],
                  &out[0, 0], begin, end)


def soften_rows(const float[:, ::1] x, const float[::1] taps, float[:, ::1] out, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_rows(&x[0, 0], x.shape[1], &taps[0], taps.shape[0] - 1, &out[0, 0], begin, end)


def soften_columns(const float[:, ::1] x, const float[::1] taps, float[:, ::1] out, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_columns(&x[0, 0], x.shape[1], &taps[0], taps.shape[0] - 1, &out[0, 0], begin, end)


def surface(const float[:, ::1] coefficients, const int[::1] row_first, const float[:, ::1] row_weights,
            const int[::1] col_first, const float[:, ::1] col_weights, float[:, ::1] out, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_surface(&coefficients[0, 0], coefficients.shape[1], &row_first[0], &row_weights[0, 0], row_weights.shape[1],
                  &col_first[0], &col_weights[0, 0], col_weights.shape[1], &out[0, 0], begin, end)
