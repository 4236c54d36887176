"""The CPU side of kernels/cpu/pyramid.h; pixkern.pyramid has checked every argument."""

cdef extern from *:
    """
    namespace pk {
    using n = long long;
    template <class T> void reduce(const T*, T*, n, n, n, n, n);
    template <class T, class R> void split(const T*, T*, R*, n, n, n, n, n);
    template <class T, class R> void join(const T*, const R*, T*, n, n, n, n, n);
    }
    """
    ctypedef long long n "pk::n"
    void c_reduce "pk::reduce"[T](const T*, T*, n, n, n, n, n) noexcept nogil
    void c_split "pk::split"[T, R](const T*, T*, R*, n, n, n, n, n) noexcept nogil
    void c_join "pk::join"[T, R](const T*, const R*, T*, n, n, n, n, n) noexcept nogil

ctypedef fused pixel:
    unsigned char
    unsigned short
    float


def reduce(const pixel[:, :, :, ::1] x, pixel[:, :, :, ::1] low, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_reduce(&x[0, 0, 0, 0], &low[0, 0, 0, 0], x.shape[1], x.shape[2], x.shape[3], begin, end)


def split_u8(const unsigned char[:, :, :, ::1] x, unsigned char[:, :, :, ::1] low, short[:, :, :, ::1] residual,
             Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_split(&x[0, 0, 0, 0], &low[0, 0, 0, 0], &residual[0, 0, 0, 0], x.shape[1], x.shape[2], x.shape[3], begin, end)


def split_u16(const unsigned short[:, :, :, ::1] x, unsigned short[:, :, :, ::1] low, int[:, :, :, ::1] residual,
              Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_split(&x[0, 0, 0, 0], &low[0, 0, 0, 0], &residual[0, 0, 0, 0], x.shape[1], x.shape[2], x.shape[3], begin, end)


def split_f32(const float[:, :, :, ::1] x, float[:, :, :, ::1] low, float[:, :, :, ::1] residual, Py_ssize_t begin,
              Py_ssize_t end):
    with nogil:
        c_split(&x[0, 0, 0, 0], &low[0, 0, 0, 0], &residual[0, 0, 0, 0], x.shape[1], x.shape[2], x.shape[3], begin, end)


def join_u8(const unsigned char[:, :, :, ::1] low, const short[:, :, :, ::1] residual, unsigned char[:, :, :, ::1] x,
            Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_join(&low[0, 0, 0, 0], &residual[0, 0, 0, 0], &x[0, 0, 0, 0], x.shape[1], x.shape[2], x.shape[3], begin, end)


def join_u16(const unsigned short[:, :, :, ::1] low, const int[:, :, :, ::1] residual, unsigned short[:, :, :, ::1] x,
             Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_join(&low[0, 0, 0, 0], &residual[0, 0, 0, 0], &x[0, 0, 0, 0], x.shape[1], x.shape[2], x.shape[3], begin, end)


def join_f32(const float[:, :, :, ::1] low, const float[:, :, :, ::1] residual, float[:, :, :, ::1] x, Py_ssize_t begin,
             Py_ssize_t end):
    with nogil:
        c_join(&low[0, 0, 0, 0], &residual[0, 0, 0, 0], &x[0, 0, 0, 0], x.shape[1], x.shape[2], x.shape[3], begin, end)
