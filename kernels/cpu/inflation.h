// Multigrid for inflation: sweeps, residuals of four cells in one, corrections; a range of rows of one level each.
//
// Levels are planes with a frame of one cell, so that every cell has neighbours. Around coarse levels it stays 0 and no weight
// leads there; around the image it repeats the image on sides that are free.
namespace pk::PK_LEVEL {

// The frame beside row i of the image, and above or below it.
PK_INLINE void close_row(const Image& image, float* u, i64 i) {
    float* row = u + i * image.pitch();
    row[-1] = image.free & LEFT ? row[0] : 0;
    row[image.cols] = image.free & RIGHT ? row[image.cols - 1] : 0;
    if (i == 0 && image.free & TOP) __builtin_memcpy(row - image.pitch(), row, image.cols * sizeof(float));
    if (i == image.rows - 1 && image.free & BOTTOM) __builtin_memcpy(row + image.pitch(), row, image.cols * sizeof(float));
}

inline void sweep_pixels(const Image& image, const float* from, float* to, float omega, i64 begin, i64 end) {
    const i64 pitch = image.pitch();
    const float step = omega / 4;
    for (i64 i = begin; i < end; ++i) {
        const float *__restrict u = from + i * pitch, *__restrict up = u - pitch, *__restrict down = u + pitch;
        const u8* __restrict inside = image.inside + i * image.inside_row;
        float* __restrict out = to + i * pitch;
        for (i64 j = 0; j < image.cols; ++j) {
            const float flow = inflow(u[j], u[j - 1], u[j + 1], up[j], down[j]);
            out[j] = u[j] + step * pixel_residual((float)inside[j], flow);
        }
        close_row(image, to, i);
    }
}

// What of the largest |residual| is above `most`.
PK_INLINE float larger(float most, float residual) {
    const float size = residual < 0 ? -residual : residual;
    return size > most ? size : most;
}

// Rows begin..end of the level below the image; returns the largest |residual| of the pixels in them.
inline float restrict_pixels(const Image& image, const float* from, const Cells& below, i64 begin, i64 end) {
    const i64 pitch = image.pitch();
    float worst = 0;
    for (i64 k = begin; k < end; ++k) {
        float* __restrict load = below.plane(Cells::RESIDUAL) + k * below.pitch();
        const i64 last = 2 * k + 1 < image.rows ? 2 : 1;
        alignas(64) float rows[2][2 * HALF];
        for (i64 first = 0; first < below.cols; first += HALF) {
            const i64 cells = below.cols - first < HALF ? below.cols - first : HALF;
            const i64 wide = 2 * (first + cells) < image.cols ? 2 * cells : image.cols - 2 * first;
            for (i64 r = 0; r < 2; ++r) {
                float* __restrict row = rows[r];
                const float* __restrict u = from + (2 * k + r) * pitch + 2 * first;
                const u8* __restrict inside = image.inside + (2 * k + r) * image.inside_row + 2 * first;
                for (i64 j = 0; j < 2 * cells; ++j) row[j] = 0;
                if (r < last)
                    for (i64 j = 0; j < wide; ++j)
                        row[j] = pixel_residual((float)inside[j], inflow(u[j], u[j - 1], u[j + 1], u[j - pitch], u[j + pitch]));
            }
            for (i64 j = 0; j < cells; ++j) {
                const float a = rows[0][2 * j], b = rows[0][2 * j + 1], c = rows[1][2 * j], d = rows[1][2 * j + 1];
                load[first + j] = total(a, b, c, d);
                worst = larger(larger(larger(larger(worst, a), b), c), d);
            }
        }
    }
    return worst;
}

PK_INLINE Weights weights_at(const float* right, const float* down, const float* hold, i64 pitch) {
    return {right[-1], right[0], down[-pitch], down[0], hold[0]};
}

inline void sweep_cells(const Cells& at, int load_plane, int from, int to, float omega, i64 begin, i64 end) {
    const i64 pitch = at.pitch();
    for (i64 i = begin; i < end; ++i) {
        const auto row = [&](int plane) { return at.plane(plane) + i * pitch; };
        const float *__restrict u = row(from), *__restrict load = row(load_plane), *__restrict right = row(Cells::RIGHTWARD);
        const float *__restrict down = row(Cells::DOWNWARD), *__restrict hold = row(Cells::HOLD);
        const float* __restrict inverse = row(Cells::INVERSE);
        float* __restrict out = row(to);
        for (i64 j = 0; j < at.cols; ++j) {
            const float residual = cell_residual(weights_at(right + j, down + j, hold + j, pitch), load[j], u[j], u[j - 1],
                                                 u[j + 1], u[j - pitch], u[j + pitch]);
            out[j] = u[j] + omega * (inverse[j] * residual);
        }
    }
}

// The first sweep from u = 0.
inline void start_cells(const Cells& at, int load_plane, int to, float omega, i64 begin, i64 end) {
    for (i64 i = begin; i < end; ++i) {
        const float* __restrict load = at.plane(load_plane) + i * at.pitch();
        const float* __restrict inverse = at.plane(Cells::INVERSE) + i * at.pitch();
        float* __restrict out = at.plane(to) + i * at.pitch();
        for (i64 j = 0; j < at.cols; ++j) out[j] = omega * (inverse[j] * load[j]);
    }
}

// Rows begin..end of the level below.
inline void restrict_cells(const Cells& at, int load_plane, int from, const Cells& below, i64 begin, i64 end) {
    const i64 pitch = at.pitch();
    for (i64 k = begin; k < end; ++k) {
        float* __restrict out = below.plane(Cells::RESIDUAL) + k * below.pitch();
        alignas(64) float rows[2][2 * HALF];
        for (i64 first = 0; first < below.cols; first += HALF) {
            const i64 cells = below.cols - first < HALF ? below.cols - first : HALF;
            const i64 wide = 2 * (first + cells) < at.cols ? 2 * cells : at.cols - 2 * first;
            for (i64 r = 0; r < 2; ++r) {
                const auto row = [&](int plane) { return at.plane(plane) + (2 * k + r) * pitch + 2 * first; };
                const float *__restrict u = row(from), *__restrict load = row(load_plane);
                const float *__restrict right = row(Cells::RIGHTWARD), *__restrict down = row(Cells::DOWNWARD);
                const float* __restrict hold = row(Cells::HOLD);
                float* __restrict residual = rows[r];
                for (i64 j = 0; j < 2 * cells; ++j) residual[j] = 0;
                if (2 * k + r < at.rows)
                    for (i64 j = 0; j < wide; ++j)
                        residual[j] = cell_residual(weights_at(right + j, down + j, hold + j, pitch), load[j], u[j], u[j - 1],
                                                    u[j + 1], u[j - pitch], u[j + pitch]);
            }
            for (i64 j = 0; j < cells; ++j)
                out[first + j] = total(rows[0][2 * j], rows[0][2 * j + 1], rows[1][2 * j], rows[1][2 * j + 1]);
        }
    }
}

// Row i of what the level below corrects, columns 2 first .. 2 (first + cells); beyond the ends the last cell again.
PK_INLINE void correction_row(const Cells& below, int from, i64 i, i64 first, i64 cells, float* __restrict out) {
    const i64 k = i / 2, other = i % 2 ? k + 1 : k - 1, above = other < 0 ? 0 : other < below.rows ? other : below.rows - 1;
    const float *own_row = below.plane(from) + k * below.pitch(), *above_row = below.plane(from) + above * below.pitch();
    alignas(64) float own[HALF + 2], beyond[HALF + 2];
    for (i64 j = 0; j < cells; ++j) own[j + 1] = own_row[first + j];
    for (i64 j = 0; j < cells; ++j) beyond[j + 1] = above_row[first + j];
    const i64 left = first > 0 ? first - 1 : 0, right = first + cells < below.cols ? first + cells : below.cols - 1;
    own[0] = own_row[left], beyond[0] = above_row[left];
    own[cells + 1] = own_row[right], beyond[cells + 1] = above_row[right];
    for (i64 j = 0; j < cells; ++j) {
        out[2 * j] = corrected(own[j + 1], own[j], beyond[j + 1], beyond[j]);
        out[2 * j + 1] = corrected(own[j + 1], own[j + 2], beyond[j + 1], beyond[j + 2]);
    }
}

// Adds the correction to rows begin..end, or starts from it.
inline void correct_pixels(const Image& image, float* u, const Cells& below, int from, bool start, i64 begin, i64 end) {
    for (i64 i = begin; i < end; ++i) {
        alignas(64) float more[2 * HALF];
        for (i64 first = 0; first < below.cols; first += HALF) {
            const i64 cells = below.cols - first < HALF ? below.cols - first : HALF;
            const i64 wide = 2 * (first + cells) < image.cols ? 2 * cells : image.cols - 2 * first;
            correction_row(below, from, i, first, cells, more);
            const u8* __restrict inside = image.inside + i * image.inside_row + 2 * first;
            float* __restrict row = u + i * image.pitch() + 2 * first;
            if (start)
                for (i64 j = 0; j < wide; ++j) row[j] = (float)inside[j] * more[j];
            else
                for (i64 j = 0; j < wide; ++j) row[j] += (float)inside[j] * more[j];
        }
        close_row(image, u, i);
    }
}

inline void correct_cells(const Cells& at, int to, const Cells& below, int from, bool start, i64 begin, i64 end) {
    for (i64 i = begin; i < end; ++i) {
        alignas(64) float more[2 * HALF];
        for (i64 first = 0; first < below.cols; first += HALF) {
            const i64 cells = below.cols - first < HALF ? below.cols - first : HALF;
            const i64 wide = 2 * (first + cells) < at.cols ? 2 * cells : at.cols - 2 * first;
            correction_row(below, from, i, first, cells, more);
            const float* __restrict inverse = at.plane(Cells::INVERSE) + i * at.pitch() + 2 * first;
            float* __restrict row = at.plane(to) + i * at.pitch() + 2 * first;
            if (start)
                for (i64 j = 0; j < wide; ++j) row[j] = inverse[j] > 0 ? more[j] : 0;
            else
                for (i64 j = 0; j < wide; ++j) row[j] += inverse[j] > 0 ? more[j] : 0;
        }
    }
}

inline void finish_rows(const Image& image, const float* u, float* height, i64 height_row, i64 begin, i64 end) {
    for (i64 i = begin; i < end; ++i)
        for (i64 j = 0; j < image.cols; ++j) height[i * height_row + j] = height_of(u[i * image.pitch() + j]);
}

}  // namespace pk::PK_LEVEL
