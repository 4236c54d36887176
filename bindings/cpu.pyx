"""Which CPU level the compiled loops run at."""

cdef extern from *:
    """
    namespace pk { const char* level_name(); }
    """
    const char* c_level_name "pk::level_name"() noexcept nogil


def level():
    return c_level_name().decode()
