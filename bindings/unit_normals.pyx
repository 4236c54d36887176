"""The CPU side of kernels/cpu/unit_normals.h; pixkern.shading has checked every argument. An empty mask means none."""

cdef extern from *:
    """
    namespace pk {
    template <class T, class M> void unit_normals(const T*, const M*, float*, long long*, long long, long long);
    }
    """
    void c_unit_normals "pk::unit_normals"[T, M](const T*, const M*, float*, long long*, long long, long long) noexcept nogil

ctypedef fused component:
    unsigned char
    unsigned short
    float
    double

ctypedef fused weight:
    unsigned char
    float


def unit_normals(const component[::1] vectors, const weight[::1] mask, float[::1] normals, long long[::1] counts,
                 Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_unit_normals(&vectors[0], &mask[0] if mask.shape[0] else NULL, &normals[0], &counts[0], begin, end)
