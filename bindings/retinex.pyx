"""The CPU side of kernels/cpu/retinex.h and albedo.h; pixkern.retinex has checked every argument.

`mask` is (address, kind), and `scales` has a row for `Cells` of kernels/cpu/bands.h per scale; the caller keeps alive what is
there.
"""

cdef extern from *:
    """
    namespace pk {
    using n = long long;
    template <class T>
    void retinex(bool, const T*, const n*, n, n, float, const n*, n, float*, n*, n, n);
    template <class T> void sum(const T*, const n*, n, n, float, double*, n, n);
    template <class T>
    void stretch(const T*, const n*, n, n, const float*, const float*, const float*, const float*, T*, n, n);
    template <class T>
    void luminance(const T*, const n*, n, const float*, const float*, const float*, const float*, T*, n, n);
    template <class T>
    void division(const T*, const n*, n, n, const float*, const n*, const float*, T*, n, n);
    template <class T> void intensity(const T*, float, float*, n, n);
    template <class T> void lightness(const T*, float, float*, n, n);
    void guide(float*, float, n, n);
    template <class T> void lab(const T*, const n*, n, const float*, const float*, const float*, float, T*, n, n);
    }
    """
    ctypedef long long n "pk::n"
    void c_retinex "pk::retinex"[T](bint, const T*, const n*, n, n, float, const n*, n, float*, n*, n,
                                    n) noexcept nogil
    void c_sum "pk::sum"[T](const T*, const n*, n, n, float, double*, n, n) noexcept nogil
    void c_stretch "pk::stretch"[T](const T*, const n*, n, n, const float*, const float*, const float*, const float*, T*, n,
                                    n) noexcept nogil
    void c_luminance "pk::luminance"[T](const T*, const n*, n, const float*, const float*, const float*, const float*, T*, n,
                                        n) noexcept nogil
    void c_division "pk::division"[T](const T*, const n*, n, n, const float*, const n*, const float*, T*, n,
                                      n) noexcept nogil
    void c_intensity "pk::intensity"[T](const T*, float, float*, n, n) noexcept nogil
    void c_lightness "pk::lightness"[T](const T*, float, float*, n, n) noexcept nogil
    void c_guide "pk::guide"(float*, float, n, n) noexcept nogil
    void c_lab "pk::lab"[T](const T*, const n*, n, const float*, const float*, const float*, float, T*, n, n) noexcept nogil

ctypedef fused pixel:
    unsigned char
    unsigned short
    float


def retinex(bint restored, const pixel[:, :, ::1] image, const n[::1] mask, float scale, const n[:, ::1] scales,
            float[:, :, ::1] out, n[:, ::1] bins, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_retinex(restored, &image[0, 0, 0], &mask[0], image.shape[1], image.shape[2], scale, &scales[0, 0],
                  scales.shape[0], &out[0, 0, 0], &bins[0, 0] if bins is not None else NULL, begin, end)


def sum(const pixel[:, :, ::1] image, const n[::1] mask, float scale, double[:, ::1] sums, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_sum(&image[0, 0, 0], &mask[0], image.shape[1], image.shape[2], scale, &sums[0, 0], begin, end)


def stretch(const pixel[:, :, ::1] image, const n[::1] mask, const float[::1] mix, const float[:, :, ::1] retinex,
            const float[::1] low, const float[::1] gain, pixel[:, :, ::1] out, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_stretch(&image[0, 0, 0], &mask[0], image.shape[1], image.shape[2], &mix[0], &retinex[0, 0, 0], &low[0], &gain[0],
                  &out[0, 0, 0], begin, end)


def luminance(const pixel[:, :, ::1] image, const n[::1] mask, const float[::1] mix, const float[:, :, ::1] retinex,
              const float[::1] low, const float[::1] gain, pixel[:, :, ::1] out, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_luminance(&image[0, 0, 0], &mask[0], image.shape[1], &mix[0], &retinex[0, 0, 0], &low[0], &gain[0],
                    &out[0, 0, 0], begin, end)


def division(const pixel[:, :, ::1] image, const n[::1] mask, const float[::1] mix, const n[:, ::1] scales,
             const float[::1] means, pixel[:, :, ::1] out, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_division(&image[0, 0, 0], &mask[0], image.shape[1], image.shape[2], &mix[0], &scales[0, 0],
                   &means[0], &out[0, 0, 0], begin, end)


def intensity(const pixel[:, :, ::1] image, float scale, float[:, :, ::1] out, Py_ssize_t begin, Py_ssize_t end):
    """`begin` and `end` count pixels."""
    with nogil:
        c_intensity(&image[0, 0, 0], scale, &out[0, 0, 0], begin, end)


def lightness(const pixel[:, :, ::1] image, float unit, float[:, :, ::1] out, Py_ssize_t begin, Py_ssize_t end):
    """`begin` and `end` count pixels."""
    with nogil:
        c_lightness(&image[0, 0, 0], unit, &out[0, 0, 0], begin, end)


def guide(float[:, :, ::1] pairs, float flat, Py_ssize_t begin, Py_ssize_t end):
    """`begin` and `end` count pixels."""
    with nogil:
        c_guide(&pairs[0, 0, 0], flat, begin, end)


def lab(const pixel[:, :, ::1] image, const n[::1] mask, const float[::1] mix, const float[:, :, ::1] lightness,
        const float[:, :, ::1] pairs, float mean, pixel[:, :, ::1] out, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_lab(&image[0, 0, 0], &mask[0], image.shape[1], &mix[0], &lightness[0, 0, 0], &pairs[0, 0, 0], mean,
              &out[0, 0, 0], begin, end)
