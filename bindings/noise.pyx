"""The CPU side of kernels/cpu/noise.h; pixkern._noise has checked every argument."""

cdef extern from *:
    """
    namespace pk {
    using n = long long;
    void noise_range(unsigned long long, int, int, const double*, const float*, double, double, n, n, n, float*, n, n);
    }
    """
    ctypedef long long n "pk::n"
    void c_noise "pk::noise_range"(unsigned long long, int, int, const double*, const float*, double, double, n, n, n, float*, n, n) noexcept nogil


def fractal(unsigned long long seed, int kind, const double[::1] sides, const float[::1] shares, double across, double down, n first_row, n first_col,
            float[:, ::1] out, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_noise(seed, kind, sides.shape[0], &sides[0], &shares[0], across, down, first_row, first_col, out.shape[1], &out[0, 0], begin, end)
