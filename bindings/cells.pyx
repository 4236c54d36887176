"""The CPU side of kernels/cpu/cells.h and cell_difference.h; pixkern.gridscore has checked every argument."""

cdef extern from *:
    """
    namespace pk {
    using n = long long;
    void cell_colours(const unsigned char*, n, n, int, const int*, const float*, n, const int*, const float*, n, int,
                      unsigned char*, float*, n, n);
    void cell_difference(const unsigned char*, n, n, int, const int*, const float*, n, const int*, const float*, n,
                         const unsigned char*, int, int*, int*, n, n);
    }
    """
    ctypedef long long n "pk::n"
    void c_cell_colours "pk::cell_colours"(const unsigned char*, n, n, int, const int*, const float*, n, const int*,
                                           const float*, n, int, unsigned char*, float*, n, n) noexcept nogil
    void c_cell_difference "pk::cell_difference"(const unsigned char*, n, n, int, const int*, const float*, n, const int*,
                                                 const float*, n, const unsigned char*, int, int*, int*, n, n) noexcept nogil


def cell_colours(const unsigned char[:, :, ::1] image, const int[::1] whole_y, const float[:, ::1] places_y,
                 const int[::1] whole_x, const float[:, ::1] places_x, int method, unsigned char[:, :, ::1] sprite,
                 float[:, ::1] spreads, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_cell_colours(&image[0, 0, 0], image.shape[0], image.shape[1], <int>image.shape[2], &whole_y[0], &places_y[0, 0],
                       sprite.shape[0], &whole_x[0], &places_x[0, 0], sprite.shape[1], method, &sprite[0, 0, 0],
                       &spreads[0, 0], begin, end)


def cell_difference(const unsigned char[:, :, ::1] image, const int[::1] whole_y, const float[:, ::1] places_y,
                    const int[::1] whole_x, const float[:, ::1] places_x, const unsigned char[:, :, ::1] sprite,
                    int threshold, int[:, ::1] core, int[:, ::1] halo, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_cell_difference(&image[0, 0, 0], image.shape[0], image.shape[1], <int>image.shape[2], &whole_y[0],
                          &places_y[0, 0], sprite.shape[0], &whole_x[0], &places_x[0, 0], sprite.shape[1],
                          &sprite[0, 0, 0], threshold, &core[0, 0], &halo[0, 0], begin, end)
