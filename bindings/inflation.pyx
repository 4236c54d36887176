"""The CPU side of kernels/cpu/inflation.h; pixkern.shadows has checked every argument.

`u` is a plane of pixels with its frame, `cells` the planes of a level with theirs, `outline` their edges to the outside.
"""

cdef extern from "cpu/inflation_planes.h" namespace "pk" nogil:
    cdef cppclass Image:
        const unsigned char* inside
        long long inside_row, rows, cols
        int free
        long long pitch()
    cdef cppclass Cells:
        float* planes
        long long rows, cols

cdef extern from *:
    """
    namespace pk {
    using n = long long;
    void inflation_sweep(const Image&, const float*, float*, float, n, n);
    float inflation_restrict(const Image&, const float*, const Cells&, n, n);
    void inflation_correct(const Image&, float*, const Cells&, int, bool, n, n);
    void inflation_merge(const Image&, const Cells&, const Cells&, n, n);
    void inflation_finish(const Image&, const float*, float*, n, n, n);
    template <class T> void luma_of(const T*, n, n, float, float*, n, n);
    void relief_of(const float*, const float*, const unsigned char*, float*, float, n, n);
    void cells_sweep(const Cells&, int, int, int, float, n, n);
    void cells_restrict(const Cells&, int, int, const Cells&, n, n);
    void cells_correct(const Cells&, int, const Cells&, int, bool, n, n);
    void cells_merge(const Cells&, const Cells&, float, const Cells&, const Cells&, n, n);
    void cells_close(const Cells&, const Cells&, n, n);
    }
    """
    ctypedef long long n "pk::n"
    void c_sweep "pk::inflation_sweep"(const Image&, const float*, float*, float, n, n) noexcept nogil
    float c_restrict "pk::inflation_restrict"(const Image&, const float*, const Cells&, n, n) noexcept nogil
    void c_correct "pk::inflation_correct"(const Image&, float*, const Cells&, int, bint, n, n) noexcept nogil
    void c_merge "pk::inflation_merge"(const Image&, const Cells&, const Cells&, n, n) noexcept nogil
    void c_finish "pk::inflation_finish"(const Image&, const float*, float*, n, n, n) noexcept nogil
    void c_luma "pk::luma_of"[T](const T*, n, n, float, float*, n, n) noexcept nogil
    void c_relief "pk::relief_of"(const float*, const float*, const unsigned char*, float*, float, n, n) noexcept nogil
    void c_cells_sweep "pk::cells_sweep"(const Cells&, int, int, int, float, n, n) noexcept nogil
    void c_cells_restrict "pk::cells_restrict"(const Cells&, int, int, const Cells&, n, n) noexcept nogil
    void c_cells_correct "pk::cells_correct"(const Cells&, int, const Cells&, int, bint, n, n) noexcept nogil
    void c_cells_merge "pk::cells_merge"(const Cells&, const Cells&, float, const Cells&, const Cells&, n, n) noexcept nogil
    void c_cells_close "pk::cells_close"(const Cells&, const Cells&, n, n) noexcept nogil


ctypedef fused pixel:
    unsigned char
    unsigned short
    float


cdef inline Image image_of(const unsigned char[:, :] inside, int free) noexcept:
    cdef Image image
    image.inside = &inside[0, 0]
    image.inside_row = inside.strides[0]
    image.rows = inside.shape[0]
    image.cols = inside.shape[1]
    image.free = free
    return image


cdef inline Cells cells_of(float[:, :, ::1] planes) noexcept:
    cdef Cells cells
    cells.planes = &planes[0, 0, 0]
    cells.rows = planes.shape[1] - 2
    cells.cols = planes.shape[2] - 2
    return cells


def sweep(const unsigned char[:, :] inside, int free, const float[:, ::1] u, float[:, ::1] to, float omega, n begin, n end):
    cdef Image image = image_of(inside, free)
    with nogil:
        c_sweep(image, &u[1, 1], &to[1, 1], omega, begin, end)


def restrict(const unsigned char[:, :] inside, int free, const float[:, ::1] u, float[:, :, ::1] below, n begin, n end):
    cdef Image image = image_of(inside, free)
    cdef Cells cells = cells_of(below)
    cdef float worst
    with nogil:
        worst = c_restrict(image, &u[1, 1], cells, begin, end)
    return worst


def correct(const unsigned char[:, :] inside, int free, float[:, ::1] u, float[:, :, ::1] below, int source, bint start,
            n begin, n end):
    cdef Image image = image_of(inside, free)
    cdef Cells cells = cells_of(below)
    with nogil:
        c_correct(image, &u[1, 1], cells, source, start, begin, end)


def merge(const unsigned char[:, :] inside, int free, float[:, :, ::1] below, float[:, :, ::1] outline, n begin, n end):
    cdef Image image = image_of(inside, free)
    cdef Cells cells = cells_of(below)
    cdef Cells edges = cells_of(outline)
    with nogil:
        c_merge(image, cells, edges, begin, end)


def finish(const unsigned char[:, :] inside, const float[:, ::1] u, float[:, :] height, n begin, n end):
    cdef Image image = image_of(inside, 0)
    with nogil:
        c_finish(image, &u[1, 1], &height[0, 0], height.strides[0] // 4, begin, end)


def sweep_cells(float[:, :, ::1] planes, int load, int source, int to, float omega, n begin, n end):
    cdef Cells cells = cells_of(planes)
    with nogil:
        c_cells_sweep(cells, load, source, to, omega, begin, end)


def restrict_cells(float[:, :, ::1] planes, int load, int source, float[:, :, ::1] below, n begin, n end):
    cdef Cells cells = cells_of(planes)
    cdef Cells under = cells_of(below)
    with nogil:
        c_cells_restrict(cells, load, source, under, begin, end)


def correct_cells(float[:, :, ::1] planes, int to, float[:, :, ::1] below, int source, bint start, n begin, n end):
    cdef Cells cells = cells_of(planes)
    cdef Cells under = cells_of(below)
    with nogil:
        c_cells_correct(cells, to, under, source, start, begin, end)


def merge_cells(float[:, :, ::1] planes, float[:, :, ::1] outline, float side, float[:, :, ::1] below,
                float[:, :, ::1] outline_below, n begin, n end):
    cdef Cells cells = cells_of(planes)
    cdef Cells edges = cells_of(outline)
    cdef Cells under = cells_of(below)
    cdef Cells edges_below = cells_of(outline_below)
    with nogil:
        c_cells_merge(cells, edges, side, under, edges_below, begin, end)


def close_cells(float[:, :, ::1] planes, float[:, :, ::1] outline, n begin, n end):
    cdef Cells cells = cells_of(planes)
    cdef Cells edges = cells_of(outline)
    with nogil:
        c_cells_close(cells, edges, begin, end)


def luma(const pixel[:, :, ::1] image, float[:, ::1] out, float scale, n begin, n end):
    with nogil:
        c_luma(&image[0, 0, 0], image.shape[1], image.shape[2], scale, &out[0, 0], begin, end)


def relief(const float[:, ::1] fine, const float[:, ::1] coarse, const unsigned char[:, ::1] inside, float[:, ::1] out,
           float height, n begin, n end):
    cdef const unsigned char* mask = NULL
    if inside is not None:
        mask = &inside[0, 0]
    with nogil:
        c_relief(&fine[0, 0], &coarse[0, 0], mask, &out[0, 0], height, begin * fine.shape[1], end * fine.shape[1])
