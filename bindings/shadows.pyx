"""The CPU side of kernels/cpu/shadows.h; pixkern.shadows has checked every argument."""

cdef extern from *:
    """
    namespace pk {
    using n = long long;
    void cast_shadow(const float*, const unsigned char*, float*, n, n, n, n, double, float, float, int, float, n, n, n);
    }
    """
    ctypedef long long n "pk::n"
    void c_cast_shadow "pk::cast_shadow"(const float*, const unsigned char*, float*, n, n, n, n, double, float, float, int,
                                         float, n, n, n) noexcept nogil


def cast_shadow(const float[:, :] height, const unsigned char[:, :] inside, float[:, :] light, double slope, float rise,
                float bias, int light_number, float lights, n first_line, Py_ssize_t begin, Py_ssize_t end):
    cdef const unsigned char* mask = NULL
    if inside is not None:
        mask = &inside[0, 0]
    with nogil:
        c_cast_shadow(&height[0, 0], mask, &light[0, 0], height.strides[0] // 4, height.strides[1] // 4, height.shape[0],
                      height.shape[1], slope, rise, bias, light_number, lights, first_line, begin, end)
