"""The CPU side of kernels/cpu/{shading,normals}.h; pixkern.shading has checked every argument. An empty array means none."""

from libcpp cimport bool as flag

cdef extern from *:
    """
    namespace pk {
    using n = long long;
    using b = unsigned char;
    using f = const float*;
    using d = const double*;
    template <class T, class M> void normals(const T*, n, n, double, const M*, float*, n, n);
    template <class T, class M> void extents(const T*, n, n, const M*, int, double*, n, n);
    void shading(f, f, int, f, int, d, n, d, bool, float*, n, n);
    template <class T>
    void shade(const T*, f, f, int, f, int, d, n, d, bool, int, double, double, const T*, const b*, f, int, T*, n, n);
    template <class T> void composite(const T*, const T*, const b*, f, int, int, bool, T*, n, n);
    template <class T> void to_linear(const T*, float*, n, n);
    template <class T> void to_codes(f, T*, n, n);
    double sine_of(double);
    double cosine_of(double);
    double power_of(double, double);
    }
    """
    ctypedef long long n "pk::n"
    ctypedef const float* f "pk::f"
    ctypedef const double* d "pk::d"
    ctypedef const unsigned char* b "const unsigned char*"
    void c_normals "pk::normals"[T, M](const T*, n, n, double, const M*, float*, n, n) noexcept nogil
    void c_extents "pk::extents"[T, M](const T*, n, n, const M*, int, double*, n, n) noexcept nogil
    void c_shading "pk::shading"(f, f, int, f, int, d, n, d, flag, float*, n, n) noexcept nogil
    void c_shade "pk::shade"[T](const T*, f, f, int, f, int, d, n, d, flag, int, double, double, const T*, b, f, int, T*,
                                n, n) noexcept nogil
    void c_composite "pk::composite"[T](const T*, const T*, b, f, int, int, flag, T*, n, n) noexcept nogil
    void c_to_linear "pk::to_linear"[T](const T*, float*, n, n) noexcept nogil
    void c_to_codes "pk::to_codes"[T](f, T*, n, n) noexcept nogil
    double c_sine "pk::sine_of"(double) noexcept nogil
    double c_cosine "pk::cosine_of"(double) noexcept nogil
    double c_power "pk::power_of"(double, double) noexcept nogil

ctypedef fused pixel:
    unsigned char
    unsigned short
    float

ctypedef fused depth:
    unsigned char
    unsigned short
    float
    double

ctypedef fused weight:
    unsigned char
    float


def normals(const depth[:, ::1] z, double scale, const weight[::1] mask, float[::1] out, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_normals(&z[0, 0], z.shape[0], z.shape[1], scale, &mask[0] if mask.shape[0] else NULL, &out[0], begin, end)


def extents(const depth[:, ::1] z, const weight[::1] mask, int whole, double[:, ::1] records, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_extents(&z[0, 0], z.shape[0], z.shape[1], &mask[0] if mask.shape[0] else NULL, whole, &records[0, 0], begin, end)


def shading(const float[::1] normals, const float[::1] shadow, int shadow_channels, const float[::1] occlusion,
            int occlusion_channels, const double[::1] lights, const double[::1] terms, bint has_environment, float[::1] out,
            Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_shading(&normals[0], &shadow[0], shadow_channels, &occlusion[0], occlusion_channels, &lights[0],
                  lights.shape[0] // 10, &terms[0], has_environment, &out[0], begin, end)


def shade(const pixel[::1] albedo, const float[::1] normals, const float[::1] shadow, int shadow_channels,
          const float[::1] occlusion, int occlusion_channels, const double[::1] lights, const double[::1] terms,
          bint has_environment, int highlight, double strength, double sharpness, const pixel[::1] background,
          const unsigned char[::1] weights8, const float[::1] weights, int whole, pixel[::1] out, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_shade(&albedo[0], &normals[0], &shadow[0], shadow_channels, &occlusion[0], occlusion_channels, &lights[0],
                lights.shape[0] // 10, &terms[0], has_environment, highlight, strength, sharpness,
                &background[0] if background.shape[0] else NULL, &weights8[0] if weights8.shape[0] else NULL,
                &weights[0] if weights.shape[0] else NULL, whole, &out[0], begin, end)


def composite(const pixel[::1] foreground, const pixel[::1] background, const unsigned char[::1] weights8,
              const float[::1] weights, int whole, int channels, bint linear, pixel[::1] out, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_composite(&foreground[0], &background[0], &weights8[0] if weights8.shape[0] else NULL,
                    &weights[0] if weights.shape[0] else NULL, whole, channels, linear, &out[0], begin, end)


def to_linear(const pixel[::1] codes, float[::1] light, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_to_linear(&codes[0], &light[0], begin, end)


def to_codes(const float[::1] light, pixel[::1] codes, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_to_codes(&light[0], &codes[0], begin, end)


def direction(double turns):
    """(cosine, sine) of an angle in turns."""
    return c_cosine(turns), c_sine(turns)


def power(double x, double p):
    return c_power(x, p)
