"""The CPU side of kernels/cpu/lifting.h and hadamard.h; pixkern.lifting has checked every argument."""

cdef extern from *:
    """
    namespace pk {
    using n = long long;
    template <class T> void analyse(const T*, n, n, n, n, T*, n, n, T*, n, n, int, n, n);
    template <class T> void synthesise(T*, n, n, n, n, const T*, n, n, const T*, n, n, int, n, n);
    template <class T> void analyse_planes(const T*, n, n, n, n, T*, n, n, T*, n, int, int, n, n);
    template <class T> void synthesise_planes(T*, n, n, n, n, const T*, n, n, T*, n, int, int, n, n);
    void hadamard4_lines(const float*, float*, n, n, n);
    }
    """
    ctypedef long long n "pk::n"
    void c_analyse "pk::analyse"[T](const T*, n, n, n, n, T*, n, n, T*, n, n, int, n, n) noexcept nogil
    void c_synthesise "pk::synthesise"[T](T*, n, n, n, n, const T*, n, n, const T*, n, n, int, n, n) noexcept nogil
    void c_analyse_planes "pk::analyse_planes"[T](const T*, n, n, n, n, T*, n, n, T*, n, int, int, n, n) noexcept nogil
    void c_synthesise_planes "pk::synthesise_planes"[T](T*, n, n, n, n, const T*, n, n, T*, n, int, int, n, n) noexcept nogil
    void c_hadamard4 "pk::hadamard4_lines"(const float*, float*, n, n, n) noexcept nogil

ctypedef fused sample:
    float
    int


cdef inline n samples(Py_ssize_t stride) noexcept nogil:  # both dtypes have four bytes
    return stride // 4


def analyse(const sample[:, :, :] x, sample[:, :, :] low, sample[:, :, :] bands, int wavelet, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_analyse(&x[0, 0, 0], x.shape[1], x.shape[2], samples(x.strides[1]), samples(x.strides[0]), &low[0, 0, 0],
                  samples(low.strides[1]), samples(low.strides[0]), &bands[0, 0, 0], samples(bands.strides[1]),
                  samples(bands.strides[0]), wavelet, begin, end)


def synthesise(sample[:, :, :] x, const sample[:, :, :] low, const sample[:, :, :] bands, int wavelet, Py_ssize_t begin,
               Py_ssize_t end):
    with nogil:
        c_synthesise(&x[0, 0, 0], x.shape[1], x.shape[2], samples(x.strides[1]), samples(x.strides[0]), &low[0, 0, 0],
                     samples(low.strides[1]), samples(low.strides[0]), &bands[0, 0, 0], samples(bands.strides[1]),
                     samples(bands.strides[0]), wavelet, begin, end)


def analyse_planes(const sample[:, :, :] x, sample[:, :, :] bands, sample[:, :] scratch, int levels, int wavelet,
                   Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_analyse_planes(&x[0, 0, 0], x.shape[1], x.shape[2], samples(x.strides[1]), samples(x.strides[0]),
                         &bands[0, 0, 0], samples(bands.strides[1]), samples(bands.strides[0]), &scratch[0, 0],
                         samples(scratch.strides[0]), levels, wavelet, begin, end)


def synthesise_planes(sample[:, :, :] x, const sample[:, :, :] bands, sample[:, :] scratch, int levels, int wavelet,
                      Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_synthesise_planes(&x[0, 0, 0], x.shape[1], x.shape[2], samples(x.strides[1]), samples(x.strides[0]),
                            &bands[0, 0, 0], samples(bands.strides[1]), samples(bands.strides[0]), &scratch[0, 0],
                            samples(scratch.strides[0]), levels, wavelet, begin, end)


def hadamard4(const float[:, :, ::1] x, float[:, :, ::1] out, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_hadamard4(&x[0, 0, 0], &out[0, 0, 0], x.shape[2], begin, end)
