"""The CPU side of kernels/cpu/lenses.h; pixkern.lenses has checked every argument."""

cdef extern from *:
    """
    namespace pk {
    void map_points(const double*, const double*, double*, long long, long long);
    void jacobians(const double*, const double*, double*, long long, long long);
    }
    """
    void c_map "pk::map_points"(const double*, const double*, double*, long long, long long) noexcept nogil
    void c_jacobians "pk::jacobians"(const double*, const double*, double*, long long, long long) noexcept nogil


def map_points(const double[::1] lens, const double[:, ::1] points, double[:, ::1] out, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_map(&lens[0], &points[0, 0], &out[0, 0], begin, end)


def jacobians(const double[::1] lens, const double[:, ::1] points, double[:, :, ::1] out, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_jacobians(&lens[0], &points[0, 0], &out[0, 0, 0], begin, end)
