"""The CPU side of kernels/cpu/shadows.h and spread.h; pixkern.shadows has checked every argument."""

cdef extern from *:
    """
    namespace pk {
    using n = long long;
    void varying_blur(const float*, n, n, n, const float*, int, const float*, const float*, const int*, const float*,
                      float*, n, n);
    void add_level(const float*, n, n, n, const float*, int, const float*, const float*, int, float*, n, n);
    void spread(const float*, n, n, int, const int*, const float*, float*, n, n);
    void cast_shadow(const float*, const unsigned char*, float*, n, n, n, n, double, float, float, int, float, n, n, n);
    }
    """
    ctypedef long long n "pk::n"
    void c_cast_shadow "pk::cast_shadow"(const float*, const unsigned char*, float*, n, n, n, n, double, float, float, int,
                                         float, n, n, n) noexcept nogil
    void c_varying_blur "pk::varying_blur"(const float*, n, n, n, const float*, int, const float*, const float*, const int*,
                                           const float*, float*, n, n) noexcept nogil
    void c_add_level "pk::add_level"(const float*, n, n, n, const float*, int, const float*, const float*, int, float*, n,
                                     n) noexcept nogil
    void c_spread "pk::spread"(const float*, n, n, int, const int*, const float*, float*, n, n) noexcept nogil


def cast_shadow(const float[:, :] height, const unsigned char[:, :] inside, float[:, :] light, double slope, float rise,
                float bias, int light_number, float lights, n first_line, Py_ssize_t begin, Py_ssize_t end):
    cdef const unsigned char* mask = NULL
    if inside is not None:
        mask = &inside[0, 0]
    with nogil:
        c_cast_shadow(&height[0, 0], mask, &light[0, 0], height.strides[0] // 4, height.strides[1] // 4, height.shape[0],
                      height.shape[1], slope, rise, bias, light_number, lights, first_line, begin, end)


def varying_blur(const float[:, :, ::1] image, const float[:, ::1] sigma_map, const float[::1] sigmas, const float[::1] roots,
                 const int[::1] reaches, const float[:, ::1] weights, float[:, :, ::1] out,
                 Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_varying_blur(&image[0, 0, 0], image.shape[0], image.shape[1], image.shape[2], &sigma_map[0, 0],
                       <int>sigmas.shape[0], &sigmas[0], &roots[0], &reaches[0], &weights[0, 0],
                       &out[0, 0, 0], begin, end)


def add_level(const float[:, :, ::1] wide, const float[:, ::1] sigma_map, const float[::1] sigmas, const float[::1] roots,
              int level, float[:, :, ::1] out, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_add_level(&wide[0, 0, 0], wide.shape[0], wide.shape[1], wide.shape[2], &sigma_map[0, 0], <int>sigmas.shape[0],
                    &sigmas[0], &roots[0], level, &out[0, 0, 0], begin, end)


def spread(const float[:, ::1] image, const int[::1] reaches, const float[:, ::1] weights, float[:, :, ::1] out,
           Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_spread(&image[0, 0], image.shape[0], image.shape[1], <int>reaches.shape[0], &reaches[0], &weights[0, 0],
                 &out[0, 0, 0], begin, end)
