"""The CPU side of kernels/cpu/quantize.h; pixkern.quantize has checked every argument."""

cdef extern from *:
    """
    namespace pk {
    int quantize(const float*, int*, const float*, long long, float, long long, long long);
    void dequantize(const int*, float*, const float*, long long, float, long long, long long);
    void extremes(const float*, long long, long long, const long long*, long long, long long, float*, long long, long long);
    void quantize_u8(const float*, unsigned char*, long long, long long, const long long*, long long, long long,
                     const double*, const double*, long long, long long);
    void dequantize_u8(const unsigned char*, float*, long long, long long, const long long*, long long, long long,
                       const double*, const double*, long long, long long);
    }
    """
    int c_quantize "pk::quantize"(const float*, int*, const float*, long long, float, long long, long long) noexcept nogil
    void c_dequantize "pk::dequantize"(const int*, float*, const float*, long long, float, long long,
                                       long long) noexcept nogil
    void c_extremes "pk::extremes"(const float*, long long, long long, const long long*, long long, long long, float*,
                                   long long, long long) noexcept nogil
    void c_quantize_u8 "pk::quantize_u8"(const float*, unsigned char*, long long, long long, const long long*, long long,
                                         long long, const double*, const double*, long long, long long) noexcept nogil
    void c_dequantize_u8 "pk::dequantize_u8"(const unsigned char*, float*, long long, long long, const long long*,
                                             long long, long long, const double*, const double*, long long,
                                             long long) noexcept nogil


def quantize(const float[::1] x, int[::1] out, const float[::1] steps, Py_ssize_t run, float half_zone,
             Py_ssize_t begin, Py_ssize_t end):
    cdef int refused
    with nogil:
        refused = c_quantize(&x[0], &out[0], &steps[0], run, half_zone, begin, end)
    return refused


def dequantize(const int[::1] q, float[::1] out, const float[::1] steps, Py_ssize_t run, float shift,
               Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_dequantize(&q[0], &out[0], &steps[0], run, shift, begin, end)


def extremes(const float[:, :, ::1] x, const long long[:, ::1] bands, Py_ssize_t parameters, float[:, ::1] slots,
             Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_extremes(&x[0, 0, 0], x.shape[1], x.shape[2], &bands[0, 0], bands.shape[0], parameters, &slots[0, 0], begin, end)


def quantize_u8(const float[:, :, ::1] x, unsigned char[:, :, ::1] out, const long long[:, ::1] bands,
                const double[:, ::1] offsets, const double[:, ::1] inverses, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_quantize_u8(&x[0, 0, 0], &out[0, 0, 0], x.shape[1], x.shape[2], &bands[0, 0], bands.shape[0], offsets.shape[1],
                      &offsets[0, 0], &inverses[0, 0], begin, end)


def dequantize_u8(const unsigned char[:, :, ::1] symbols, float[:, :, ::1] out, const long long[:, ::1] bands,
                  const double[:, ::1] offsets, const double[:, ::1] scales, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_dequantize_u8(&symbols[0, 0, 0], &out[0, 0, 0], symbols.shape[1], symbols.shape[2], &bands[0, 0], bands.shape[0],
                        offsets.shape[1], &offsets[0, 0], &scales[0, 0], begin, end)
