"""The CPU side of kernels/cpu/warp.h; pixkern.warp has checked every argument. An empty array means none."""

cdef extern from *:
    """
    namespace pk {
    template <class T>
    void warp_range(const T*, long long, long long, long long, T*, long long, long long, const double*, long long,
                    const double*, long long, const float*, long long, long long, int, int, long long, long long);
    template <class T, class Real>
    void grid_range(const T*, long long, long long, long long, const Real*, T*, long long, long long, int, int,
                    long long, long long);
    void position_range(double*, long long, long long, const double*, long long, const float*, long long, long long,
                        long long, long long);
    }
    """
    void c_warp "pk::warp_range"[T](const T*, long long, long long, long long, T*, long long, long long, const double*,
                                    long long, const double*, long long, const float*, long long, long long, int, int,
                                    long long, long long) noexcept nogil
    void c_grid "pk::grid_range"[T, Real](const T*, long long, long long, long long, const Real*, T*, long long,
                                          long long, int, int, long long, long long) noexcept nogil
    void c_positions "pk::position_range"(double*, long long, long long, const double*, long long, const float*,
                                          long long, long long, long long, long long) noexcept nogil

ctypedef fused pixel:
    unsigned char
    unsigned short
    float

ctypedef fused real:
    float
    double


def warp(const pixel[:, :, :, ::1] image, pixel[:, :, :, ::1] out, const double[::1] lens, long long callback,
         const double[:, ::1] chromatic, const float[:, :, ::1] residual, int interpolation, int border,
         Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_warp(&image[0, 0, 0, 0], image.shape[1], image.shape[2], image.shape[3], &out[0, 0, 0, 0], out.shape[1],
               out.shape[2], &lens[0], callback, &chromatic[0, 0], chromatic.shape[0], &residual[0, 0, 0],
               residual.shape[0], residual.shape[1], interpolation, border, begin, end)


def grid_sample(const pixel[:, :, :, ::1] image, const real[:, :, :, ::1] grid, pixel[:, :, :, ::1] out,
                int interpolation, int border, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_grid(&image[0, 0, 0, 0], image.shape[1], image.shape[2], image.shape[3], &grid[0, 0, 0, 0],
               &out[0, 0, 0, 0], out.shape[1], out.shape[2], interpolation, border, begin, end)


def positions(double[:, :, ::1] out, const double[::1] lens, long long callback, const float[:, :, ::1] residual,
              Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_positions(&out[0, 0, 0], out.shape[0], out.shape[1], &lens[0], callback, &residual[0, 0, 0], residual.shape[0],
                    residual.shape[1], begin, end)
