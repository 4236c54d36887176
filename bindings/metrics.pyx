"""The CPU side of kernels/cpu/metrics.h; pixkern.metrics has checked every argument."""

cdef extern from *:
    """
    namespace pk {
    template <class T>
    void squared_error_range(const T*, const T*, long long, double*, long long, long long);
    template <class T>
    void ssim_gaussian_range(const T*, const T*, long long, long long, long long, double, double*, long long, long long);
    template <class T>
    void ssim_uniform_range(const T*, const T*, long long, long long, long long, double, double*, long long, long long);
    template <class T>
    void structure_range(const T*, const T*, long long, long long, long long, double, double*, float*, float*, long long,
                         long long);
    }
    """
    void c_squared_errors "pk::squared_error_range"[T](const T*, const T*, long long, double*, long long,
                                                       long long) noexcept nogil
    void c_ssim_gaussian "pk::ssim_gaussian_range"[T](const T*, const T*, long long, long long, long long, double, double*,
                                                      long long, long long) noexcept nogil
    void c_ssim_uniform "pk::ssim_uniform_range"[T](const T*, const T*, long long, long long, long long, double, double*,
                                                    long long, long long) noexcept nogil
    void c_structure "pk::structure_range"[T](const T*, const T*, long long, long long, long long, double, double*,
                                              float*, float*, long long, long long) noexcept nogil

ctypedef fused pixel:
    unsigned char
    unsigned short
    float


def squared_errors(const pixel[:, :, :, ::1] a, const pixel[:, :, :, ::1] b, double[:, ::1] slots, Py_ssize_t begin,
                   Py_ssize_t end):
    with nogil:
        c_squared_errors(&a[0, 0, 0, 0], &b[0, 0, 0, 0], a.shape[1] * a.shape[2] * a.shape[3], &slots[0, 0], begin, end)


def ssim_gaussian(const pixel[:, :, :, ::1] a, const pixel[:, :, :, ::1] b, double range, double[:, :, ::1] slots,
                  Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_ssim_gaussian(&a[0, 0, 0, 0], &b[0, 0, 0, 0], a.shape[1], a.shape[2], a.shape[3], range, &slots[0, 0, 0],
                        begin, end)


def ssim_uniform(const pixel[:, :, :, ::1] a, const pixel[:, :, :, ::1] b, double range, double[:, :, ::1] slots,
                 Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_ssim_uniform(&a[0, 0, 0, 0], &b[0, 0, 0, 0], a.shape[1], a.shape[2], a.shape[3], range, &slots[0, 0, 0],
                       begin, end)


def structure(const pixel[:, :, :, ::1] a, const pixel[:, :, :, ::1] b, double range, double[:, :, ::1] slots,
              float[:, :, :, ::1] half_a, float[:, :, :, ::1] half_b, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_structure(&a[0, 0, 0, 0], &b[0, 0, 0, 0], a.shape[1], a.shape[2], a.shape[3], range, &slots[0, 0, 0],
                    &half_a[0, 0, 0, 0], &half_b[0, 0, 0, 0], begin, end)
