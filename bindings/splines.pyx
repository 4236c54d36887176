"""The CPU side of kernels/cpu/splines.h; pixkern.pyramid has checked every argument."""

cdef extern from *:
    """
    namespace pk {
    using n = long long;
    template <class T> void spline_rows(const T*, n, n, n, float*, n, n);
    void spline_columns(float*, n, n, n, n);
    void spline_down(const float*, n, n, n, float*, n, n, n);
    void spline_residual(float*, n, n, const float*, n, n, n);
    }
    """
    ctypedef long long n "pk::n"
    void c_rows "pk::spline_rows"[T](const T*, n, n, n, float*, n, n) noexcept nogil
    void c_columns "pk::spline_columns"(float*, n, n, n, n) noexcept nogil
    void c_down "pk::spline_down"(const float*, n, n, n, float*, n, n, n) noexcept nogil
    void c_residual "pk::spline_residual"(float*, n, n, const float*, n, n, n) noexcept nogil

ctypedef fused pixel:
    unsigned char
    unsigned short
    float


def filter_rows(const pixel[:, :, ::1] image, float[:, :, ::1] level, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_rows(&image[0, 0, 0], image.shape[0], image.shape[1], image.shape[2], &level[0, 0, 0], begin, end)


def filter_columns(float[:, :, ::1] level, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_columns(&level[0, 0, 0], level.shape[0] - 3, level.shape[1] * level.shape[2], begin, end)


def down(const float[:, :, ::1] level, float[:, :, ::1] next, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_down(&level[0, 0, 0], level.shape[0], level.shape[1], level.shape[2], &next[0, 0, 0], next.shape[1], begin, end)


def residual(float[:, :, ::1] level, const float[:, :, ::1] next, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_residual(&level[0, 0, 0], level.shape[1], level.shape[2], &next[0, 0, 0], next.shape[1], begin, end)
