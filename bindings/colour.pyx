"""The CPU side of kernels/cpu/colour.h; pixkern._colour has checked every argument."""

cdef extern from *:
    """
    namespace pk {
    template <class T, class V>
    void split_planes(const T*, long long, long long, long long, long long, long long, V, V*, long long, long long);
    template <class T, class V>
    void join_planes(const V*, long long, long long, long long, long long, long long, V, int, T*, long long, long long);
    }
    """
    void c_split "pk::split_planes"[T, V](const T*, long long, long long, long long, long long, long long, V, V*,
                                          long long, long long) noexcept nogil
    void c_join "pk::join_planes"[T, V](const V*, long long, long long, long long, long long, long long, V, int, T*,
                                        long long, long long) noexcept nogil

ctypedef fused sample:
    unsigned char
    unsigned short

ctypedef fused value:
    float
    int


def split(const sample[:, :, ::1] pixels, long long first, long long colours, long long middle, value[:, :, ::1] planes,
          Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_split(&pixels[0, 0, 0], pixels.shape[0], pixels.shape[1], pixels.shape[2], first, colours, <value>middle,
                &planes[0, 0, 0], begin, end)


def join(const value[:, :, ::1] planes, long long first, long long colours, long long middle, int most,
         sample[:, :, ::1] pixels, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_join(&planes[0, 0, 0], pixels.shape[0], pixels.shape[1], pixels.shape[2], first, colours, <value>middle, most,
               &pixels[0, 0, 0], begin, end)
