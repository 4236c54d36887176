// Fuzzes the loops that read a tile's streams: whatever is in them, nothing outside the given memory is touched; and what
// was encoded is decoded again. See README.md beside this file.
#include "cpu/coefficients.cpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace pk;

namespace {

struct Input {
    const uint8_t* at;
    const uint8_t* end;
    int byte() { return at < end ? *at++ : 0; }
    int below(int n) { return (byte() | byte() << 8) % n; }
};

// As pixkern.pipelines.codec.segments makes them, for an image of one tile.
struct Layout {
    std::vector<Segment> segments;
    i64 map_bytes = 0, most = 1, symbols = 0;

    Layout(i64 rows, i64 cols, int planes, int levels, Input& input) {
        i64 before[3][4] = {{-1, -1, -1, -1}, {-1, -1, -1, -1}, {-1, -1, -1, -1}};
        for (int level = levels; level; --level)
            for (int band = level == levels ? 0 : 1; band < 4; ++band)
                for (int plane = 0; plane < planes; ++plane) {
                    const auto span = [&](i64 size, bool high) {
                        const i64 low = (size + (1 << level) - 1) >> level, whole = (size + (1 << level) / 2 - 1) >> (level - 1);
                        return high ? std::pair<i64, i64>{low, whole / 2} : std::pair<i64, i64>{0, low};
                    };
                    const auto [row, tall] = span(rows, band >= 2);
                    const auto [col, wide] = span(cols, band & 1);
                    i64* own = before[plane];
                    const i64 parent = band ? own[band] : -1;
                    own[band] = -1;
                    if (tall < 1 || wide < 1) continue;
                    const i64 stride = wide + 8;
                    segments.push_back({plane, row, col, tall, wide, map_bytes + 2 * stride + 2, stride, input.below(2), parent,
                                        band >= 2 ? own[1] : -1, band == 3 ? own[2] : -1, plane ? before[0][band] : -1,
                                        plane == 2 ? before[1][band] : -1, band == 0, input.below(4) ? 0 : input.below(16)});
                    own[band] = (i64)segments.size() - 1;
                    map_bytes += (tall + 4) * stride;
                    most = std::max(most, tall * wide);
                    symbols += tall * wide;
                }
        map_bytes += 64;
    }
};

// Memory of exactly so many elements, so that the sanitizer sees every step beyond them.
template <class T>
std::unique_ptr<T[]> memory(i64 count) {
    return std::unique_ptr<T[]>(new T[count]());
}

struct Tables {
    u16 frequencies[2 * CONTEXTS][MAGNITUDE_TOKENS], decoding[2 * CONTEXTS][2 * MAGNITUDE_TOKENS];
    Frequency encoding[2 * CONTEXTS * MAGNITUDE_TOKENS];
    i32 weights[2][WEIGHTS];
    float thresholds[2 * CONTEXTS];

    Tables() {
        for (int k = 0; k < 2 * CONTEXTS; ++k) {
            u32 start = 0;
            for (int token = 0; token < MAGNITUDE_TOKENS; ++token) {
                const u32 narrow = 1 + (u32)(k * 37 + token * 11) % 500;
                const u32 f = token < MAGNITUDE_TOKENS - 1 ? narrow : TABLE_SUM - start;
                frequencies[k][token] = decoding[k][MAGNITUDE_TOKENS + token] = (u16)f;
                decoding[k][token] = (u16)start;
                start += f;
            }
            thresholds[k] = 1.0f;
        }
        for (int j = 0; j < WEIGHTS; ++j) weights[0][j] = 5 * j, weights[1][j] = j == 0 ? 0 : 40 - 2 * j;
        fill_frequencies(&frequencies[0][0], 2 * CONTEXTS, encoding);
    }
};

const Tables tables;

struct Scratch {
    std::unique_ptr<u8[]> maps, tokens, contexts;
    std::unique_ptr<i32[]> coarsest;
    Scratch(const Layout& of, i64 symbols)
        : maps(memory<u8>(of.map_bytes)), tokens(memory<u8>(symbols + 64)), contexts(memory<u8>(symbols + 64)),
          coarsest(memory<i32>(of.most)) {}
};

struct Shape {
    i64 rows, cols;
    int planes;
    bool dense;
};

template <class T>
int decoded(const Layout& layout, const Shape& shape, const u8* coded, const std::vector<u16>& words, const std::vector<u8>& signs,
            const std::vector<u8>& raw, const std::vector<u32>& states, T* planes, bool all) {
    Scratch scratch(layout, layout.most);
    const auto steps = memory<float>(layout.segments.size());
    for (size_t s = 0; s < layout.segments.size(); ++s) steps[s] = 0.5f;
    auto padded = memory<u16>(words.size() + 64);
    std::copy(words.begin(), words.end(), padded.get());
    const auto own_signs = memory<u8>(std::max<i64>(1, signs.size())), own_raw = memory<u8>(std::max<i64>(1, raw.size()));
    std::copy(signs.begin(), signs.end(), own_signs.get());
    std::copy(raw.begin(), raw.end(), own_raw.get());
    std::vector<u32> own_states = states;
    return decode_tile<T>(&layout.segments[0].plane, layout.segments.size(), planes, shape.rows * shape.cols, shape.cols,
                          steps.get(), 0.25f, &tables.weights[0][0], &tables.decoding[0][0], shape.dense, scratch.maps.get(),
                          scratch.coarsest.get(), scratch.tokens.get(), scratch.contexts.get(), coded, padded.get(), words.size(),
                          own_signs.get(), signs.size(), own_raw.get(), raw.size(), own_states.data(), all);
}

std::vector<u8> bytes(Input& input, int count) {
    std::vector<u8> found(count);
    for (u8& byte : found) byte = (u8)input.byte();
    return found;
}

template <class T>
void read_anything(const Layout& layout, const Shape& shape, Input& input) {
    const auto coded = memory<u8>(layout.segments.size());
    for (size_t s = 0; s < layout.segments.size(); ++s) coded[s] = input.byte() != 255;
    std::vector<u32> states(shape.dense ? 2 : 32);
    for (u32& state : states) state = (u32)input.below(65536) << 16 | (u32)input.below(65536);
    const auto signs = bytes(input, input.below(300)), raw = bytes(input, input.below(600));
    const bool all = input.byte() & 1;
    std::vector<u16> words((input.end - input.at) / 2);
    for (u16& word : words) word = (u16)input.below(65536);
    const auto planes = memory<T>(shape.planes * shape.rows * shape.cols);
    decoded<T>(layout, shape, coded.get(), words, signs, raw, states, planes.get(), all);
}

void read_what_was_written(const Layout& layout, const Shape& shape, Input& input) {
    const i64 size = shape.planes * shape.rows * shape.cols;
    const auto planes = memory<i32>(size), back = memory<i32>(size);
    for (i64 i = 0; i < size; ++i) {
        const int wide = input.byte();
        const i32 value = (input.byte() | input.byte() << 8 | input.byte() << 16) >> (wide & 31) % 24;
        planes[i] = wide & 128 ? -value / 4 : value / 4;  // differences of LL stay below 2^24
    }
    Scratch scratch(layout, layout.symbols);
    const i64 most = layout.symbols + 64, segments = layout.segments.size();
    const auto words = memory<u16>(most);
    const auto signs = memory<u8>(layout.symbols / 8 + 64), raw = memory<u8>(5 * layout.symbols + 64);
    const auto coded = memory<u8>(segments);
    const auto steps = memory<float>(segments);
    std::vector<u32> states(shape.dense ? 2 : 32);
    i64 sizes[4];
    encode_tile<i32>(&layout.segments[0].plane, segments, planes.get(), shape.rows * shape.cols, shape.cols, steps.get(), 0, nullptr,
                     &tables.weights[0][0], tables.encoding, shape.dense, scratch.maps.get(), scratch.coarsest.get(),
                     scratch.tokens.get(), scratch.contexts.get(), coded.get(), reinterpret_cast<u8*>(words.get()), most, signs.get(),
                     raw.get(), states.data(), sizes);
    const std::vector<u16> own_words(words.get() + most - sizes[0], words.get() + most);
    const std::vector<u8> own_signs(signs.get(), signs.get() + sizes[1]), own_raw(raw.get(), raw.get() + sizes[2]);
    const int problem = decoded<i32>(layout, shape, coded.get(), own_words, own_signs, own_raw, states, back.get(), true);
    if (problem || !std::equal(planes.get(), planes.get() + size, back.get())) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    Input input{data, data + size};
    const int what = input.byte();
    const Shape shape{1 + input.below(64), 1 + input.below(64), 1 + input.byte() % 3, (what & 1) != 0};
    const Layout layout(shape.rows, shape.cols, shape.planes, 1 + input.byte() % 5, input);
    if (what & 2)
        read_what_was_written(layout, shape, input);
    else if (what & 4)
        read_anything<i32>(layout, shape, input);
    else
        read_anything<float>(layout, shape, input);
    return 0;
}

#ifdef PK_REPLAY
// Without libFuzzer: runs on the files that are named, or on so many pseudo-random inputs.
int main(int count, char** names) {
    if (count == 3 && std::string(names[1]) == "--random") {
        u64 state = 1;
        for (long run = std::atol(names[2]); run; --run) {
            std::vector<uint8_t> data(1 + (state >> 40) % 3000);
            for (uint8_t& byte : data) {
                state = state * 6364136223846793005ull + 1442695040888963407ull;
                byte = (uint8_t)(state >> 56);
            }
            LLVMFuzzerTestOneInput(data.data(), data.size());
        }
        return 0;
    }
    for (int k = 1; k < count; ++k) {
        std::FILE* file = std::fopen(names[k], "rb");
        if (!file) return std::fprintf(stderr, "cannot read %s\n", names[k]), 1;
        std::vector<uint8_t> data(1 << 20);
        data.resize(std::fread(data.data(), 1, data.size(), file));
        std::fclose(file);
        LLVMFuzzerTestOneInput(data.data(), data.size());
    }
}
#endif
