"""The CPU side of kernels/cpu/palettes.h and agglomeration.h; pixkern._palettes has checked every argument."""

cdef extern from *:
    """
    namespace pk {
    void light_of_codes(double*);
    void to_oklab(const double*, long long, double*, long long, long long);
    void nearest(const double*, long long, const double*, const double*, long long, int*, long long, long long);
    void floyd_steinberg(const double*, const unsigned char*, long long, long long, const double*, const double*, long long,
                         double*, int*);
    void ward(double*, long long, int*, double*, int*, int*, double*);
    void cut(const int*, const int*, const double*, long long, double*);
    void owners(const int*, const int*, const unsigned char*, long long, int*);
    }
    """
    void c_light_of_codes "pk::light_of_codes"(double*) noexcept nogil
    void c_to_oklab "pk::to_oklab"(const double*, long long, double*, long long, long long) noexcept nogil
    void c_nearest "pk::nearest"(const double*, long long, const double*, const double*, long long, int*, long long,
                                 long long) noexcept nogil
    void c_floyd_steinberg "pk::floyd_steinberg"(const double*, const unsigned char*, long long, long long, const double*,
                                                 const double*, long long, double*, int*) noexcept nogil
    void c_ward "pk::ward"(double*, long long, int*, double*, int*, int*, double*) noexcept nogil
    void c_cut "pk::cut"(const int*, const int*, const double*, long long, double*) noexcept nogil
    void c_owners "pk::owners"(const int*, const int*, const unsigned char*, long long, int*) noexcept nogil


def light_of_codes(double[::1] linear):
    with nogil:
        c_light_of_codes(&linear[0])


def oklab(const double[:, ::1] linear, double[:, ::1] out, Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_to_oklab(&linear[0, 0], linear.shape[1], &out[0, 0], begin, end)


def nearest(const double[:, ::1] where, const double[:, ::1] entries, const double[::1] handicap, int[::1] index,
            Py_ssize_t begin, Py_ssize_t end):
    with nogil:
        c_nearest(&where[0, 0], where.shape[1], &entries[0, 0], &handicap[0], entries.shape[0], &index[0], begin, end)


def floyd_steinberg(const double[:, :, ::1] linear, const unsigned char[:, ::1] solid, const double[:, ::1] entries,
                    const double[:, ::1] entries_oklab, double[::1] error, int[:, ::1] index):
    with nogil:
        c_floyd_steinberg(&linear[0, 0, 0], &solid[0, 0], linear.shape[0], linear.shape[1], &entries[0, 0],
                          &entries_oklab[0, 0], entries.shape[0], &error[0], &index[0, 0])


def ward(double[:, ::1] clusters, int[::1] scratch, double[::1] cost, int[::1] left, int[::1] right, double[::1] added):
    with nogil:
        c_ward(&clusters[0, 0], clusters.shape[1], &scratch[0], &cost[0], &left[0], &right[0], &added[0])


def cut(const int[::1] left, const int[::1] right, const double[::1] own, double[::1] cost):
    with nogil:
        c_cut(&left[0], &right[0], &own[0], (own.shape[0] + 1) // 2, &cost[0])


def owners(const int[::1] left, const int[::1] right, const unsigned char[::1] split, int[::1] owner):
    with nogil:
        c_owners(&left[0], &right[0], &split[0], (owner.shape[0] + 1) // 2, &owner[0])
