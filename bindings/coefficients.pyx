"""The CPU side of kernels/cpu/coefficients.h; pixkern._coefficients has checked every argument."""

cdef extern from *:
    """
    namespace pk {
    void fill_frequencies(const unsigned short*, long long, void*);
    template <class T>
    void encode_tile(const long long*, long long, const T*, long long, long long, const float*, float, const float*, const int*,
                     const void*, bool, unsigned char*, int*, unsigned char*, unsigned char*, unsigned char*,
                     unsigned char*, long long, unsigned char*, unsigned char*, unsigned int*, long long*);
    template <class T>
    int decode_tile(const long long*, long long, T*, long long, long long, const float*, float, const int*,
                    const unsigned short*, bool, unsigned char*, int*, unsigned char*, unsigned char*,
                    const unsigned char*, const unsigned short*, long long, const unsigned char*, long long,
                    const unsigned char*, long long, unsigned int*, bool);
    }
    """
    void c_fill "pk::fill_frequencies"(const unsigned short*, long long, void*) noexcept nogil
    void c_encode "pk::encode_tile"[T](const long long*, long long, const T*, long long, long long, const float*, float,
                                       const float*, const int*, const void*, bint, unsigned char*, int*, unsigned char*,
                                       unsigned char*, unsigned char*, unsigned char*, long long, unsigned char*,
                                       unsigned char*, unsigned int*, long long*) noexcept nogil
    int c_decode "pk::decode_tile"[T](const long long*, long long, T*, long long, long long, const float*, float,
                                      const int*, const unsigned short*, bint, unsigned char*, int*, unsigned char*,
                                      unsigned char*, const unsigned char*, const unsigned short*, long long,
                                      const unsigned char*, long long, const unsigned char*, long long, unsigned int*,
                                      bint) noexcept nogil

ctypedef fused coefficient:
    float
    int


def fill_frequencies(const unsigned short[:, ::1] frequencies, unsigned char[::1] table):
    with nogil:
        c_fill(&frequencies[0, 0], frequencies.shape[0], &table[0])


def encode_tile(const long long[:, ::1] segments, const coefficient[:, :, ::1] planes, const float[::1] steps,
                float rounding, const float[:, ::1] thresholds, const int[:, ::1] weights,
                const unsigned char[::1] frequencies, bint dense, unsigned char[::1] maps, int[::1] coarsest,
                unsigned char[::1] tokens, unsigned char[::1] contexts, unsigned char[::1] coded, unsigned char[::1] words,
                unsigned char[::1] signs, unsigned char[::1] raw, unsigned int[::1] states, long long[::1] sizes):
    with nogil:
        c_encode(&segments[0, 0], segments.shape[0], &planes[0, 0, 0], planes.shape[1] * planes.shape[2],
                 planes.shape[2], &steps[0], rounding, &thresholds[0, 0] if thresholds.shape[0] else NULL, &weights[0, 0],
                 &frequencies[0], dense, &maps[0], &coarsest[0], &tokens[0], &contexts[0], &coded[0], &words[0],
                 words.shape[0] // 2, &signs[0], &raw[0], &states[0], &sizes[0])


def decode_tile(const long long[:, ::1] segments, coefficient[:, :, ::1] planes, const float[::1] steps, float offset,
                const int[:, ::1] weights, const unsigned short[:, :, ::1] tables, bint dense, unsigned char[::1] maps,
                int[::1] coarsest, unsigned char[::1] tokens, unsigned char[::1] contexts,
                const unsigned char[::1] coded, const unsigned short[::1] words, long long word_count,
                const unsigned char[::1] signs, long long sign_bytes, const unsigned char[::1] raw, long long raw_bytes,
                unsigned int[::1] states, bint everything):
    cdef int problem
    with nogil:
        problem = c_decode(&segments[0, 0], segments.shape[0], &planes[0, 0, 0], planes.shape[1] * planes.shape[2],
                           planes.shape[2], &steps[0], offset, &weights[0, 0], &tables[0, 0, 0], dense, &maps[0],
                           &coarsest[0], &tokens[0], &contexts[0], &coded[0], &words[0], word_count, &signs[0],
                           sign_bytes, &raw[0], raw_bytes, &states[0], everything)
    return problem
