"""The CPU side of kernels/cpu/comb.h and gridlines.h; pixkern.gridscore has checked every argument."""

cdef extern from *:
    """
    namespace pk {
    using n = long long;
    void comb_scan(const float*, n, const double*, double, double*, double*, double*, n, n);
    bool evidence(const float*, n, int, int*, double*);
    void grid_lines(const double*, n, int, const double*, const double*, double, double, double, double*, double*, n,
                    double*, n, n);
    }
    """
    ctypedef long long n "pk::n"
    void c_comb_scan "pk::comb_scan"(const float*, n, const double*, double, double*, double*, double*, n, n) noexcept nogil
    bint c_evidence "pk::evidence"(const float*, n, int, int*, double*) noexcept nogil
    void c_grid_lines "pk::grid_lines"(const double*, n, int, const double*, const double*, double, double, double, double*,
                                       double*, n, double*, n, n) noexcept nogil


def comb_scan(const float[::1] profile, const double[::1] pitches, double window, double[:, ::1] out, Py_ssize_t begin,
              Py_ssize_t end):
    with nogil:
        c_comb_scan(&profile[0], profile.shape[0], &pitches[0], window, &out[0, 0], &out[1, 0], &out[2, 0], begin, end)


def evidence(const float[::1] profile, int parts, int[::1] bits, double[::1] s, Py_ssize_t first):
    cdef bint sound
    with nogil:
        sound = c_evidence(&profile[0], profile.shape[0], parts, &bits[0], &s[first])
    return sound


def grid_lines(const double[::1] s, Py_ssize_t first, Py_ssize_t length, int parts, const double[::1] pitches,
               const double[::1] stiffnesses, double tolerance, double smallest_part, double smoothing, double[::1] scratch,
               double[:, ::1] lines, double[:, ::1] found, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_grid_lines(&s[first], length, parts, &pitches[0], &stiffnesses[0], tolerance, smallest_part, smoothing, &scratch[0],
                     &lines[0, 0], lines.shape[1], &found[0, 0], begin, end)
