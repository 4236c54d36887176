"""The CPU side of kernels/cpu/{render,expectation}.h; pixkern.pyramid has checked every argument."""

cdef extern from *:
    """
    #define PK_SCENE const long long*, int, const int*, const short*, const float*, long long, const int*, const short*, \\
        const float*, long long, int, const float*, const short*, const float*, int
    namespace pk {
    using n = long long;
    void locate(const double*, n, int, int*, short*, float*);
    template <class T> void stochastic_range(PK_SCENE, float, unsigned long long, unsigned long long, unsigned long long, const n*,
                                             const unsigned int*, const n*, const unsigned int*, float*, T*, n, n);
    template <class T> void expected_range(PK_SCENE, float*, T*, n, n);
    void variance_range(PK_SCENE, float, float*, float*, n, n);
    }
    """
    ctypedef long long n "pk::n"
    void c_locate "pk::locate"(const double*, n, int, int*, short*, float*) noexcept nogil
    void c_stochastic "pk::stochastic_range"[T](
        const n*, int, const int*, const short*, const float*, n, const int*, const short*, const float*, n, int, const float*,
        const short*, const float*, int, float, unsigned long long, unsigned long long, unsigned long long, const n*,
        const unsigned int*, const n*, const unsigned int*, float*, T*, n, n) noexcept nogil
    void c_expected "pk::expected_range"[T](
        const n*, int, const int*, const short*, const float*, n, const int*, const short*, const float*, n, int, const float*,
        const short*, const float*, int, float*, T*, n, n) noexcept nogil
    void c_variance "pk::variance_range"(
        const n*, int, const int*, const short*, const float*, n, const int*, const short*, const float*, n, int, const float*,
        const short*, const float*, int, float, float*, float*, n, n) noexcept nogil

ctypedef fused pixel:
    unsigned char
    unsigned short
    float


def locate(const double[::1] positions, int levels, int[:, ::1] first, short[:, :, ::1] taps, float[:, :, ::1] weights):
    with nogil:
        c_locate(&positions[0], positions.shape[0], levels, &first[0, 0], &taps[0, 0, 0], &weights[0, 0, 0])


def stochastic(const n[:, ::1] table, const int[:, ::1] row_first, const short[:, :, ::1] row_taps,
               const float[:, :, ::1] row_weights, const int[:, ::1] col_first, const short[:, :, ::1] col_taps,
               const float[:, :, ::1] col_weights, const float[::1] shares, const short[::1] thresholds,
               const float[::1] kappa, float noise_share, unsigned long long seed, unsigned long long first_sample,
               unsigned long long count, const n[::1] row_cells, const unsigned int[::1] col_cells, const n[::1] noise_rows,
               const unsigned int[::1] noise_cols, float[::1] scratch, pixel[:, :, ::1] out, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_stochastic(&table[0, 0], table.shape[0] - 1, &row_first[0, 0], &row_taps[0, 0, 0], &row_weights[0, 0, 0],
                     row_first.shape[1], &col_first[0, 0], &col_taps[0, 0, 0], &col_weights[0, 0, 0], col_first.shape[1],
                     out.shape[2], &shares[0], &thresholds[0], &kappa[0], (kappa.shape[0] - 1) // 2, noise_share, seed,
                     first_sample, count, &row_cells[0], &col_cells[0], &noise_rows[0], &noise_cols[0], &scratch[0],
                     &out[0, 0, 0], begin, end)


def expected(const n[:, ::1] table, const int[:, ::1] row_first, const short[:, :, ::1] row_taps,
             const float[:, :, ::1] row_weights, const int[:, ::1] col_first, const short[:, :, ::1] col_taps,
             const float[:, :, ::1] col_weights, const float[::1] gains, const short[::1] thresholds, const float[::1] kappa,
             float[::1] scratch, pixel[:, :, ::1] out, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_expected(&table[0, 0], table.shape[0] - 1, &row_first[0, 0], &row_taps[0, 0, 0], &row_weights[0, 0, 0],
                   row_first.shape[1], &col_first[0, 0], &col_taps[0, 0, 0], &col_weights[0, 0, 0], col_first.shape[1],
                   out.shape[2], &gains[0], &thresholds[0], &kappa[0], (kappa.shape[0] - 1) // 2, &scratch[0],
                   &out[0, 0, 0], begin, end)


def variance(const n[:, ::1] table, const int[:, ::1] row_first, const short[:, :, ::1] row_taps,
             const float[:, :, ::1] row_weights, const int[:, ::1] col_first, const short[:, :, ::1] col_taps,
             const float[:, :, ::1] col_weights, const float[::1] gains, const short[::1] thresholds, const float[::1] kappa,
             float noise_strength, float[::1] scratch, float[:, :, ::1] out, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_variance(&table[0, 0], table.shape[0] - 1, &row_first[0, 0], &row_taps[0, 0, 0], &row_weights[0, 0, 0],
                   row_first.shape[1], &col_first[0, 0], &col_taps[0, 0, 0], &col_weights[0, 0, 0], col_first.shape[1],
                   out.shape[2], &gains[0], &thresholds[0], &kappa[0], (kappa.shape[0] - 1) // 2, noise_strength, &scratch[0],
                   &out[0, 0, 0], begin, end)
