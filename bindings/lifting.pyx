"""The CPU side of kernels/cpu/lifting.h and hadamard.h; pixkern.lifting has checked every argument."""

cdef extern from *:
    """
    namespace pk {
    template <class T>
    void analyse(const T*, long long, long long, long long, long long, T*, long long, long long, T*, long long, long long,
                 int, long long, long long);
    template <class T>
    void synthesise(T*, long long, long long, long long, long long, const T*, long long, long long, const T*, long long,
                    long long, int, long long, long long);
    void hadamard4_lines(const float*, float*, long long, long long, long long);
    }
    """
    void c_analyse "pk::analyse"[T](const T*, long long, long long, long long, long long, T*, long long, long long, T*,
                                    long long, long long, int, long long, long long) noexcept nogil
    void c_synthesise "pk::synthesise"[T](T*, long long, long long, long long, long long, const T*, long long, long long,
                                          const T*, long long, long long, int, long long, long long) noexcept nogil
    void c_hadamard4 "pk::hadamard4_lines"(const float*, float*, long long, long long, long long) noexcept nogil

ctypedef fused sample:
    float
    int


def analyse(const sample[:, :, :] x, sample[:, :, :] low, sample[:, :, :] bands, int wavelet, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_analyse(&x[0, 0, 0], x.shape[1], x.shape[2], x.strides[1] // <Py_ssize_t>sizeof(sample), x.strides[0] // <Py_ssize_t>sizeof(sample),
                  &low[0, 0, 0], low.strides[1] // <Py_ssize_t>sizeof(sample), low.strides[0] // <Py_ssize_t>sizeof(sample),
                  &bands[0, 0, 0], bands.strides[1] // <Py_ssize_t>sizeof(sample), bands.strides[0] // <Py_ssize_t>sizeof(sample),
                  wavelet, begin, end)


def synthesise(const sample[:, :, :] low, const sample[:, :, :] bands, sample[:, :, :] x, int wavelet, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_synthesise(&x[0, 0, 0], x.shape[1], x.shape[2], x.strides[1] // <Py_ssize_t>sizeof(sample), x.strides[0] // <Py_ssize_t>sizeof(sample),
                     &low[0, 0, 0], low.strides[1] // <Py_ssize_t>sizeof(sample), low.strides[0] // <Py_ssize_t>sizeof(sample),
                     &bands[0, 0, 0], bands.strides[1] // <Py_ssize_t>sizeof(sample), bands.strides[0] // <Py_ssize_t>sizeof(sample),
                     wavelet, begin, end)


def hadamard4(const float[:, :, ::1] x, float[:, :, ::1] out, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_hadamard4(&x[0, 0, 0], &out[0, 0, 0], x.shape[2], begin, end)
