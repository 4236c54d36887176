"""The CPU side of kernels/cpu/line_measures.h; pixkern.gridscore has checked every argument."""

cdef extern from *:
    """
    namespace pk {
    using n = long long;
    void measure_lines(const float*, n, const double*, const n*, const double*, double*, double*, n, n);
    }
    """
    ctypedef long long n "pk::n"
    void c_measure_lines "pk::measure_lines"(const float*, n, const double*, const n*, const double*, double*, double*, n,
                                             n) noexcept nogil


def measure_lines(const float[::1] profile, const double[::1] lines, const n[::1] offsets, const double[::1] pitches,
                  double[::1] scratch, double[:, ::1] out):
    with nogil:
        c_measure_lines(&profile[0], profile.shape[0], &lines[0], &offsets[0], &pitches[0], &scratch[0], &out[0, 0], 0,
                        pitches.shape[0])
