"""The CPU side of kernels/cpu/checksum.cpp."""

cdef extern from *:
    """
    namespace pk {
    unsigned int crc32c(const unsigned char*, long long);
    void fold(const unsigned char*, long long, unsigned int*);
    }
    """
    unsigned int c_crc32c "pk::crc32c"(const unsigned char*, long long) noexcept nogil
    void c_fold "pk::fold"(const unsigned char*, long long, unsigned int*) noexcept nogil


def crc32c(const unsigned char[::1] data):
    cdef unsigned int rest = 0
    if data.shape[0]:
        with nogil:
            rest = c_crc32c(&data[0], data.shape[0])
    return rest


def fold(const unsigned char[::1] data, unsigned int[::1] lanes):
    with nogil:
        c_fold(&data[0] if data.shape[0] else NULL, data.shape[0], &lanes[0])
