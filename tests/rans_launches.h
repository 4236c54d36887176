// The entry points of kernels/cuda/rans.cu, launched on the host by one_warp.h.
#define PK_LAUNCH(name, T)                                                                                             \
    extern "C" void launch_encode_##name(unsigned blocks, unsigned threads, const pk::u16* codes, const pk::u32* intervals, \
                                         const pk::u32* values, const pk::u64* reciprocals, int raw, const T* symbols, \
                                         pk::i64 n, const pk::u8* contexts, pk::i64 context_count, pk::i64 chunk,      \
                                         pk::u16* words, pk::i64 capacity, pk::i64* begins) {                          \
        launch(blocks, threads, [=] {                                                                                  \
            encode_##name(codes, intervals, values, reciprocals, raw, symbols, n, contexts, context_count, chunk,      \
                          words, capacity, begins);                                                                    \
        });                                                                                                            \
    }                                                                                                                  \
    extern "C" void launch_decode_##name(unsigned blocks, unsigned threads, const pk::u8* slots, const pk::u32* intervals, \
                                         const pk::u32* values, int raw, const pk::u16* words, const pk::i64* edges,   \
                                         T* symbols, pk::i64 n, const pk::u8* contexts, pk::i64 context_count,         \
                                         pk::i64 chunk, int* verdicts) {                                               \
        launch(blocks, threads, [=] {                                                                                  \
            decode_##name(slots, intervals, values, raw, words, edges, symbols, n, contexts, context_count, chunk,     \
                          verdicts);                                                                                   \
        });                                                                                                            \
    }
PK_LAUNCH(uint8, pk::u8)
PK_LAUNCH(uint16, pk::u16)
