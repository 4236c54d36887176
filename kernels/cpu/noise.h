// Rows of fractal noise, octave by octave over strips that fit the second cache; the sums of `fractal_noise`, in its order.
//
// A strip is STRIP rows of BLOCK columns. Per octave it makes the fractions and blends of its columns once, the nodes of a row of
// cells once, the lines of the nodes once per row. Cells then go through in groups of LANES columns, the last of which may run
// into the next cell: it overwrites.
namespace pk::PK_LEVEL {

constexpr i64 BLOCK = 1024, STRIP = 128;
constexpr int LANES = 8;

// The columns of a block as an octave sees them.
struct Across {
    alignas(64) float fraction[BLOCK + LANES], weight[BLOCK + LANES];
    int starts[BLOCK + 1];  // of the cells, and the end
    i64 first = 0;          // cell
    int cells;
};

PK_INLINE void find_cells(double side, double offset, i64 col, i64 n, Across& at) {
    at.cells = 0;
    i64 last = 0;
    for (i64 x = 0; x < n; ++x) {
        const Step step = step_of(col + x, offset, side);
        at.fraction[x] = step.fraction;
        if (x == 0) at.first = last = step.cell, at.starts[at.cells++] = 0;
        for (; last < step.cell; ++last) at.starts[at.cells++] = (int)x;
    }
    at.starts[at.cells] = (int)n;
    for (i64 x = n; x < n + LANES; ++x) at.fraction[x] = 0;
    for (i64 x = 0; x < n + LANES; ++x) at.weight[x] = blend(at.fraction[x]);
}

// Of a row, or of a row of lines: structures of arrays.
struct Nodes {
    alignas(64) float x[BLOCK + 1], y[BLOCK + 1];
};

template <class Noise>
PK_INLINE void fill(const Octaves& octaves, int octave, i64 row, i64 first, int count, Nodes& nodes) {
    const RowKey key = row_key(octaves.seed, (u64)octave, Noise::STREAM, row);
    for (int i = 0; i < count; ++i) {
        const Node node = Noise::node(word((u32)((i64)first + i) * STEP_OF_COLUMNS, key));
        nodes.x[i] = node.x, nodes.y[i] = node.y;
    }
}

template <class Noise>
PK_INLINE void noise_of_row(const Across& at, const Nodes& lines, float* noise) {
    for (int cell = 0; cell < at.cells; ++cell) {
        const Line left{lines.x[cell], lines.y[cell]}, right{lines.x[cell + 1], lines.y[cell + 1]};
        for (int x = at.starts[cell]; x < at.starts[cell + 1]; x += LANES)
            for (int i = 0; i < LANES; ++i) noise[x + i] = Noise::between(left, right, at.fraction[x + i], at.weight[x + i]);
    }
}

template <class Noise>
void noise_strip(const Octaves& octaves, i64 row, i64 rows, i64 col, i64 n, float* out, i64 stride) {
    Across at;
    Nodes nodes[2], lines;
    Nodes *above = nodes, *below = nodes + 1;
    alignas(64) float noise[BLOCK + LANES];
    for (int k = 0; k < octaves.count; ++k) {
        find_cells(octaves.sides[k], octaves.across, col, n, at);
        const float share = octaves.shares[k];
        i64 upper = 0;
        bool filled = false;
        for (i64 r = 0; r < rows; ++r) {
            const Step down = step_of(row + r, octaves.down, octaves.sides[k]);
            if (!filled || down.cell != upper) {
                Nodes* const free = above;
                above = below, below = free;
                if (!filled || down.cell != upper + 1) fill<Noise>(octaves, k, down.cell, at.first, at.cells + 1, *above);
                fill<Noise>(octaves, k, down.cell + 1, at.first, at.cells + 1, *below);
                upper = down.cell, filled = true;
            }
            const float t = down.fraction, weight = blend(t);
            for (int i = 0; i <= at.cells; ++i) {
                const Line line = Noise::column({above->x[i], above->y[i]}, {below->x[i], below->y[i]}, t, weight);
                lines.x[i] = line.a, lines.y[i] = line.b;
            }
            noise_of_row<Noise>(at, lines, noise);
            float* sum = out + r * stride;
            if (k == 0)
                for (i64 x = 0; x < n; ++x) sum[x] = 0 + share * noise[x];  // 0: of -0 as `fractal_noise` has it
            else
                for (i64 x = 0; x < n; ++x) sum[x] += share * noise[x];
        }
    }
}

// Rows begin .. end of a picture of `cols` columns whose first pixel is (first_row, first_col) of the plane.
template <class Noise>
void noise_rows(const Octaves& octaves, i64 first_row, i64 first_col, i64 cols, float* out, i64 begin, i64 end) {
    for (i64 row = begin; row < end; row += STRIP)
        for (i64 col = 0; col < cols; col += BLOCK)
            noise_strip<Noise>(octaves, first_row + row, end - row < STRIP ? end - row : STRIP, first_col + col,
                               cols - col < BLOCK ? cols - col : BLOCK, out + row * cols + col, cols);
}

}  // namespace pk::PK_LEVEL
