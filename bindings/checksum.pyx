"""The CPU side of kernels/cpu/checksum.cpp."""

cdef extern from *:
    """
    namespace pk { unsigned int crc32c(const unsigned char*, long long); }
    """
    unsigned int c_crc32c "pk::crc32c"(const unsigned char*, long long) noexcept nogil


def crc32c(const unsigned char[::1] data):
    cdef unsigned int rest = 0
    if data.shape[0]:
        with nogil:
            rest = c_crc32c(&data[0], data.shape[0])
    return rest
