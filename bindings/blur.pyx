"""The CPU side of kernels/cpu/blur.h; pixkern.retinex has checked every argument."""

cdef extern from *:
    """
    namespace pk {
    using n = long long;
    template <class T, class M> void collect(const T*, const M*, n, n, float, float, const int*, const float*, n, n, float*, n, n);
    template <class T> void collect(const T*, n, n, float, float, const int*, const float*, n, n, float*, n, n);
    void filter(const float*, n, n, const int*, const float*, n, n, float*, n, n, n, n, n);
    template <class T>
    void read(const float*, const float*, n, n, n, const int*, const float*, n, const int*, const float*, T*, n, n);
    }
    """
    void c_collect_masked "pk::collect"[T, M](const T*, const M*, long long, long long, float, float, const int*, const float*,
                                              long long, long long, float*, long long, long long) noexcept nogil
    void c_collect "pk::collect"[T](const T*, long long, long long, float, float, const int*, const float*, long long, long long,
                                    float*, long long, long long) noexcept nogil
    void c_filter "pk::filter"(const float*, long long, long long, const int*, const float*, long long, long long, float*,
                               long long, long long, long long, long long, long long) noexcept nogil
    void c_read "pk::read"[T](const float*, const float*, long long, long long, long long, const int*, const float*,
                              long long, const int*, const float*, T*, long long, long long) noexcept nogil

ctypedef fused pixel:
    unsigned char
    unsigned short
    float

ctypedef fused weight:
    unsigned char
    float


def collect(const pixel[:, :, ::1] image, float scale, float most, const int[::1] first, const float[:, ::1] weights,
            float[:, :, ::1] out, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_collect(&image[0, 0, 0], image.shape[1], image.shape[2], scale, most, &first[0], &weights[0, 0], weights.shape[0],
                  weights.shape[1], &out[0, 0, 0], begin, end)


def collect_masked(const pixel[:, :, ::1] image, const weight[:, ::1] mask, float scale, float most, const int[::1] first,
                   const float[:, ::1] weights, float[:, :, ::1] out, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_collect_masked(&image[0, 0, 0], &mask[0, 0], image.shape[1], image.shape[2], scale, most, &first[0], &weights[0, 0],
                         weights.shape[0], weights.shape[1], &out[0, 0, 0], begin, end)


def filter(const float[:, :, ::1] planes, const int[::1] first, const float[:, ::1] weights, float[:, :, :] out,
           Py_ssize_t begin, Py_ssize_t end):
    """`out` is (planes, columns of `planes`, rows of the band), of any strides."""
    with nogil:
        c_filter(&planes[0, 0, 0], planes.shape[1], planes.shape[2], &first[0], &weights[0, 0], weights.shape[0],
                 weights.shape[1], &out[0, 0, 0], out.strides[0] // 4, out.strides[1] // 4, out.strides[2] // 4, begin, end)


def read(const float[:, :, ::1] values, const float[:, ::1] weights, const int[::1] row_first,
         const float[:, ::1] row_weights, const int[::1] at, const float[:, ::1] taps, pixel[:, :, ::1] image,
         Py_ssize_t begin, Py_ssize_t end):
    """`weights` may be None; without `at` cells are pixels."""
    with nogil:
        c_read(&values[0, 0, 0], &weights[0, 0] if weights is not None else NULL, values.shape[1], image.shape[1],
               image.shape[2], &row_first[0] if at is not None else NULL,
               &row_weights[0, 0] if at is not None else NULL, row_weights.shape[1] if at is not None else 0,
               &at[0] if at is not None else NULL, &taps[0, 0] if at is not None else NULL, &image[0, 0, 0], begin, end)
