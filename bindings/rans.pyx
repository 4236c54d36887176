"""The CPU side of kernels/cpu/rans.h; pixkern.rans has checked every argument. Empty contexts mean none."""

cdef extern from *:
    """
    namespace pk {
    template <class T>
    void count_symbols(const T*, const unsigned char*, long long, long long, long long*, long long, long long);
    template <class T>
    long long encode_chunk(const unsigned short*, const unsigned*, const unsigned*, const unsigned long long*, bool, const T*,
                           const unsigned char*, long long, unsigned short*, long long);
    template <class T>
    int decode_chunk(const unsigned char*, const unsigned*, const unsigned*, bool, const unsigned char*, long long, T*,
                     const unsigned char*, long long);
    long long pack(long long*, int*, long long, int, bool, unsigned char*);
    long long unpack(const unsigned char*, long long, int, long long, unsigned*, unsigned*);
    void fill_decoder(const unsigned*, long long, unsigned char*);
    void fill_encoder(const unsigned*, const unsigned*, long long, int, unsigned short*, unsigned long long*);
    }
    """
    void c_count "pk::count_symbols"[T](const T*, const unsigned char*, long long, long long, long long*, long long,
                                        long long) noexcept nogil
    long long c_encode "pk::encode_chunk"[T](const unsigned short*, const unsigned*, const unsigned*,
                                             const unsigned long long*, bint, const T*, const unsigned char*, long long,
                                             unsigned short*, long long) noexcept nogil
    int c_decode "pk::decode_chunk"[T](const unsigned char*, const unsigned*, const unsigned*, bint, const unsigned char*,
                                       long long, T*, const unsigned char*, long long) noexcept nogil
    long long c_pack "pk::pack"(long long*, int*, long long, int, bint, unsigned char*) noexcept nogil
    long long c_unpack "pk::unpack"(const unsigned char*, long long, int, long long, unsigned*, unsigned*) noexcept nogil
    void c_fill_decoder "pk::fill_decoder"(const unsigned*, long long, unsigned char*) noexcept nogil
    void c_fill_encoder "pk::fill_encoder"(const unsigned*, const unsigned*, long long, int, unsigned short*,
                                           unsigned long long*) noexcept nogil

ctypedef fused symbol:
    unsigned char
    unsigned short


def count(const symbol[::1] symbols, const unsigned char[::1] contexts, long long[:, ::1] counts, Py_ssize_t begin,
          Py_ssize_t end):
    cdef const unsigned char* context = &contexts[0] if contexts.shape[0] else NULL
    with nogil:
        c_count(&symbols[0], context, counts.shape[0], counts.shape[1], &counts[0, 0], begin, end)


def encode(const unsigned short[:, ::1] codes, const unsigned[:, ::1] intervals, const unsigned[:, ::1] values,
           const unsigned long long[:, ::1] reciprocals, bint raw, const symbol[::1] symbols,
           const unsigned char[::1] contexts, Py_ssize_t begin, Py_ssize_t end, unsigned short[::1] words):
    cdef const unsigned char* context = &contexts[begin] if contexts.shape[0] else NULL
    cdef long long at
    with nogil:
        at = c_encode(&codes[0, 0], &intervals[0, 0], &values[0, 0], &reciprocals[0, 0], raw, &symbols[begin], context,
                      end - begin, &words[0], words.shape[0])
    return at


def decode(const unsigned char[::1] slots, const unsigned[:, ::1] intervals, const unsigned[:, ::1] values, bint raw,
           const unsigned char[::1] data, Py_ssize_t first, Py_ssize_t bytes, symbol[::1] symbols,
           const unsigned char[::1] contexts, Py_ssize_t begin, Py_ssize_t end):
    cdef const unsigned char* context = &contexts[begin] if contexts.shape[0] else NULL
    cdef int verdict
    with nogil:
        verdict = c_decode(&slots[0], &intervals[0, 0], &values[0, 0], raw, &data[0] + first, bytes, &symbols[begin],
                           context, end - begin)
    return verdict


def pack(long long[:, ::1] costs, int[::1] intervals, int symbol_bits, bint escape, unsigned char[::1] out):
    return c_pack(&costs[0, 0], &intervals[0], costs.shape[1] // 2, symbol_bits, escape, &out[0])


def unpack(const unsigned char[::1] data, int symbol_bits, unsigned[:, ::1] intervals, unsigned[:, ::1] values):
    return c_unpack(&data[0], data.shape[0], symbol_bits, intervals.shape[0], &intervals[0, 0], &values[0, 0])


def fill_decoder(const unsigned[:, ::1] intervals, unsigned char[::1] slots):
    c_fill_decoder(&intervals[0, 0], intervals.shape[0], &slots[0])


def fill_encoder(const unsigned[:, ::1] intervals, const unsigned[:, ::1] values, int symbol_bits,
                 unsigned short[:, ::1] codes, unsigned long long[:, ::1] reciprocals):
    c_fill_encoder(&intervals[0, 0], &values[0, 0], intervals.shape[0], symbol_bits, &codes[0, 0], &reciprocals[0, 0])
