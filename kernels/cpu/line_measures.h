// How well lines explain the evidence along an axis, apart from what was maximised when they were placed.
//
// Sums run over positions and lines in order, in double: the same bits at every level. Linear in positions and lines.
namespace pk::PK_LEVEL {

struct LineMeasures {
    double middle;    // evidence in the middles of cells, over what even evidence would leave there
    double evenness;  // mean of min(energy, mean energy) over the mean energy of lines: 1 where all are equally strong
    double residue;   // weakest_residue() of the lines: 0 where the grid is too fine
    double strain;    // root mean square of the relative error of whole gaps
};

// Middles are 3/8 of a cell. What the border cuts off a cell counts: its middle is where that of a whole one would be.
PK_INLINE double middle_share(const float* profile, i64 n, const double* lines, i64 count, double pitch) {
    double all = 0, middle = 0;
    i64 positions = 0;
    for (i64 cell = 0; cell + 1 < count; ++cell) {
        const double left = lines[cell], right = lines[cell + 1];
        const double width = (cell == 0 || cell + 2 == count) && right - left < pitch ? pitch : right - left;
        const i64 begin = left > 0 ? -floor_of(-left) : 1;
        for (i64 i = begin; i < n - 1 && (double)i < right; ++i) {
            double before = (double)i - left, after = right - (double)i;
            if (cell == 0) before = width - after;
            if (cell + 2 == count && cell > 0) after = width - before;
            const double nearest = before < after ? before : after;
            all += profile[i];
            if (nearest * 16 >= width * 5) middle += profile[i], ++positions;
        }
    }
    if (!(all > 0) || positions == 0) return 0;
    return middle / all / ((double)positions / (double)(n - 2));
}

// lines: 0, the interior lines, n - 1. energies: scratch, as long.
PK_INLINE LineMeasures measure_lines(const float* profile, i64 n, const double* lines, i64 count, double pitch, double* energies) {
    LineMeasures found{middle_share(profile, n, lines, count, pitch), 0, 1, 0};
    const i64 interior = count - 2;
    Classes classes = no_classes();
    double sum = 0;
    for (i64 k = 0; k < interior; ++k) {
        energies[k] = line_energy(profile, n - 1, lines[k + 1], pitch);
        sum += energies[k];
        add_line(classes, energies[k]);
    }
    if (sum > 0) {
        const double mean = sum / (double)interior;
        for (i64 k = 0; k < interior; ++k) found.evenness += energies[k] < mean ? energies[k] : mean;
        found.evenness /= sum;
    }
    found.residue = weakest_residue(classes, interior);
    for (i64 k = 1; k < interior; ++k) {
        const double error = (lines[k + 1] - lines[k]) / pitch - 1;
        found.strain += error * error;
    }
    if (interior > 1) found.strain = square_root(found.strain / (double)(interior - 1));
    return found;
}

inline void measure_lines_range(const float* profile, i64 n, const double* lines, const i64* offsets, const double* pitches,
                                double* scratch, double* out, i64 begin, i64 end) {
    for (i64 job = begin; job < end; ++job) {
        const LineMeasures found = measure_lines(profile, n, lines + offsets[job], offsets[job + 1] - offsets[job],
                                                 pitches[job], scratch);
        double* to = out + 4 * job;
        to[0] = found.middle, to[1] = found.evenness, to[2] = found.residue, to[3] = found.strain;
    }
}

}  // namespace pk::PK_LEVEL
