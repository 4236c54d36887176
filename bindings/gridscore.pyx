"""The CPU side of kernels/cpu/grid_{profiles,differences,tables,measures}.h; pixkern.gridscore has checked every argument."""

cdef extern from *:
    """
    namespace pk {
    using n = long long;
    using u8 = unsigned char;
    using u16 = unsigned short;
    using u32 = unsigned int;
    using u64 = unsigned long long;
    void count_differences(const u8*, n, n, n, int, int, n, u16*, u64*, n, n);
    void thresholds(u64*, bool, int*);
    void gather_evidence(const u8*, n, n, int, const int*, u16*, n*, n*, n, n);
    void total_columns(const u8*, const u8*, n, n, int, n, u32*, u32*, u32*, n, n);
    void sum_rows(const u8*, const u8*, n, n, int, n, u32*, u32*, u32*, n, n);
    void measure_meshes(const u32*, const u32*, n, n, n, const double*, const n*, const double*, const n*, int*, n, u64*, n, n);
    void line_residues(const float*, n, const int*, n, const double*, const n*, double*, n, n);
    void finish(const u64*, double*, double*, double*, n);
    void scores(const double*, const n*, const double*, const double*, double*, n);
    void logarithms(const double*, double*, n);
    }
    """
    ctypedef long long n "pk::n"
    ctypedef unsigned char u8 "pk::u8"
    ctypedef unsigned short u16 "pk::u16"
    ctypedef unsigned int u32 "pk::u32"
    ctypedef unsigned long long u64 "pk::u64"
    void c_count "pk::count_differences"(const u8*, n, n, n, int, int, n, u16*, u64*, n, n) noexcept nogil
    void c_thresholds "pk::thresholds"(u64*, bint, int*) noexcept nogil
    void c_gather "pk::gather_evidence"(const u8*, n, n, int, const int*, u16*, n*, n*, n, n) noexcept nogil
    void c_total "pk::total_columns"(const u8*, const u8*, n, n, int, n, u32*, u32*, u32*, n, n) noexcept nogil
    void c_sum "pk::sum_rows"(const u8*, const u8*, n, n, int, n, u32*, u32*, u32*, n, n) noexcept nogil
    void c_measure "pk::measure_meshes"(const u32*, const u32*, n, n, n, const double*, const n*, const double*, const n*, int*,
                                        n, u64*, n, n) noexcept nogil
    void c_line_residues "pk::line_residues"(const float*, n, const int*, n, const double*, const n*, double*, n,
                                             n) noexcept nogil
    void c_finish "pk::finish"(const u64*, double*, double*, double*, n) noexcept nogil
    void c_scores "pk::scores"(const double*, const n*, const double*, const double*, double*, n) noexcept nogil
    void c_logarithms "pk::logarithms"(const double*, double*, n) noexcept nogil


cdef inline const u8* mask_of(const u8[:, ::1] mask) noexcept nogil:
    return &mask[0, 0] if mask is not None else NULL


cdef inline u32* counts_of(u32[:, ::1] counts) noexcept nogil:
    return &counts[0, 0] if counts is not None else NULL


def count_differences(const u8[:, :, ::1] image, int axis, int k, n every, u16[::1] scratch, u64[:, ::1] counts,
                      Py_ssize_t begin, Py_ssize_t end):
    cdef n channels = image.shape[2], row = image.shape[1] * channels
    with nogil:
        c_count(&image[0, 0, 0], image.shape[1 - axis], row if axis else channels, channels if axis else row, channels, k,
                every, &scratch[0], &counts[0, 0], begin, end)


def thresholds(u64[:, ::1] counts, bint has_comb, int[::1] limits):
    c_thresholds(&counts[0, 0], has_comb, &limits[0])


def gather_evidence(const u8[:, :, ::1] image, const int[:, :, ::1] thresholds, u16[::1] scratch, n[:, ::1] sums_x,
                    n[:, ::1] sums_y, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_gather(&image[0, 0, 0], image.shape[0], image.shape[1], image.shape[2], &thresholds[0, 0, 0], &scratch[0],
                 &sums_x[0, 0], &sums_y[0, 0], begin, end)


def total_columns(const u8[:, :, ::1] image, const u8[:, ::1] mask, n step, u32[::1] scratch, u32[:, ::1] totals,
                  u32[::1] counts, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_total(&image[0, 0, 0], mask_of(mask), image.shape[0], image.shape[1], image.shape[2], step, &scratch[0],
                &totals[0, 0], &counts[0], begin, end)


def sum_rows(const u8[:, :, ::1] image, const u8[:, ::1] mask, n step, u32[::1] scratch, u32[:, :, ::1] table,
             u32[:, ::1] counts, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_sum(&image[0, 0, 0], mask_of(mask), image.shape[0], image.shape[1], image.shape[2], step, &scratch[0],
              &table[0, 0, 0], counts_of(counts), begin, end)


def measure_meshes(const u32[:, :, ::1] table, const u32[:, ::1] counts, n rows, n cols, n step, const double[::1] lines_x,
                   const n[::1] first_x, const double[::1] lines_y, const n[::1] first_y, int[:, ::1] scratch,
                   u64[:, ::1] sums, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_measure(&table[0, 0, 0], &counts[0, 0] if counts is not None else NULL, rows, cols, step, &lines_x[0], &first_x[0],
                  &lines_y[0], &first_y[0], &scratch[0, 0], scratch.shape[1], &sums[0, 0], begin, end)


def line_residues(const float[:, ::1] profiles, const int[::1] scales, const double[::1] lines, const n[::1] first,
                  double[::1] ratios, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_line_residues(&profiles[0, 0], profiles.shape[1] - 1, &scales[0], scales.shape[0], &lines[0], &first[0], &ratios[0],
                      begin, end)


def finish(const u64[:, ::1] sums, double[::1] error, double[::1] contrast_x, double[::1] contrast_y):
    with nogil:
        c_finish(&sums[0, 0], &error[0], &contrast_x[0], &contrast_y[0], sums.shape[0])


def scores(const double[::1] errors, const n[::1] cells, const double[::1] ratios_x, const double[::1] ratios_y, double[::1] to):
    with nogil:
        c_scores(&errors[0], &cells[0], &ratios_x[0], &ratios_y[0], &to[0], errors.shape[0])


def logarithms(const double[::1] x, double[::1] to):
    with nogil:
        c_logarithms(&x[0], &to[0], x.shape[0])
