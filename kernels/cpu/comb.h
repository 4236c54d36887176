// The comb scan: TEETH pitches side by side, so that a step of the recursion is one loop over them, and a few steps at a time.
//
// Windows of different pitches end at different samples. The steps go on to whatever end is next; there, the groups of
// LANES pitches that have one take the sum of their run, and only the pitches whose end it is keep it: every pitch has
// the additions it would have alone.
namespace pk::PK_LEVEL {

constexpr int TEETH = 48, LANES = 8;  // 48: 0.85 of the time of 64 or 24; EPYC with AVX-512, 2026-11

struct alignas(64) Teeth {
    double pitch[TEETH], cosine[TEETH], sine[TEETH], twice[TEETH];
    double s1[TEETH], s2[TEETH];                    // the recursion
    double run_re[TEETH], run_im[TEETH];            // the window so far
    double re[TEETH], im[TEETH], magnitudes[TEETH];  // the windows before it
    double samples[TEETH], end[TEETH];              // of a window, and where the next one ends
};

template <int STEPS>
PK_INLINE void advance(const float* __restrict g, Teeth& at) {
    double values[STEPS];
    for (int t = 0; t < STEPS; ++t) values[t] = g[t];
    for (int k = 0; k < TEETH; ++k) {
        double s1 = at.s1[k], s2 = at.s2[k];
#pragma GCC unroll 8
        for (int t = 0; t < STEPS; ++t) {
            const double s0 = goertzel(values[t], at.twice[k], s1, s2);
            s2 = s1, s1 = s0;
        }
        at.s1[k] = s1, at.s2[k] = s2;
    }
}

// Ends the runs before sample e in one group: all of them, or those of the pitches whose window ends there.
PK_INLINE void end_runs(Teeth& at, int group, double e, bool all) {
    for (int k = group * LANES; k < (group + 1) * LANES; ++k) {
        const Complex sum = run_sum({at.cosine[k], at.sine[k]}, at.pitch[k], e, at.s1[k], at.s2[k]);
        const bool closes = at.end[k] == e, ends = closes | all;
        const double re = at.run_re[k] + (ends ? sum.re : 0), im = at.run_im[k] + (ends ? sum.im : 0);
        at.s1[k] = ends ? 0 : at.s1[k];
        at.s2[k] = ends ? 0 : at.s2[k];
        at.magnitudes[k] += closes ? magnitude(re, im) : 0;
        at.re[k] += closes ? re : 0;
        at.im[k] += closes ? im : 0;
        at.run_re[k] = closes ? 0 : re;
        at.run_im[k] = closes ? 0 : im;
        at.end[k] += closes ? at.samples[k] : 0;
    }
}

PK_INLINE i64 next_end(const Teeth& at, int group) {
    double next = at.end[group * LANES];
    for (int k = 1; k < LANES; ++k) next = at.end[group * LANES + k] < next ? at.end[group * LANES + k] : next;
    return (i64)next;
}

PK_INLINE void scan(const float* g, i64 n, Teeth& at) {
    constexpr int GROUPS = TEETH / LANES;
    i64 next[GROUPS];
    for (int group = 0; group < GROUPS; ++group) next[group] = next_end(at, group);
    for (i64 i = 0; i < n;) {
        const i64 run = (i / RUN + 1) * RUN, limit = run < n ? run : n;
        i64 stop = limit;
        for (int group = 0; group < GROUPS; ++group) stop = next[group] < stop ? next[group] : stop;
        for (; i + 4 <= stop; i += 4) advance<4>(g + i, at);
        if (i + 2 <= stop) advance<2>(g + i, at), i += 2;
        if (i < stop) advance<1>(g + i, at), ++i;
        for (int group = 0; group < GROUPS; ++group) {
            if (next[group] == stop || stop == limit) {
                end_runs(at, group, (double)stop, stop == limit);
                next[group] = next_end(at, group);
            }
        }
    }
    for (int k = 0; k < TEETH; ++k) {  // the windows that the profile cuts
        at.magnitudes[k] += magnitude(at.run_re[k], at.run_im[k]);
        at.re[k] += at.run_re[k];
        at.im[k] += at.run_im[k];
    }
}

inline void comb_range(const float* profile, i64 n, const double* pitches, double window, double* strength,
                          double* windowed, double* phase, i64 begin, i64 end) {
    double total = 0;
    for (i64 i = 0; i < n; ++i) total += profile[i];
    for (i64 first = begin; first < end; first += TEETH) {
        const i64 count = first + TEETH < end ? TEETH : end - first;
        Teeth at = {};
        for (int k = 0; k < TEETH; ++k) at.pitch[k] = pitches[k < count ? first + k : end - 1];
        for (int k = 0; k < TEETH; ++k) {
            const Direction tooth = direction(1 / at.pitch[k]);
            at.cosine[k] = tooth.cosine, at.sine[k] = tooth.sine, at.twice[k] = 2 * tooth.cosine;
            at.samples[k] = at.end[k] = (double)window_samples(window, at.pitch[k], n);
        }
        scan(profile, n, at);
        double position[TEETH];
        for (int k = 0; k < TEETH; ++k) position[k] = tooth_position(at.re[k], at.im[k], at.pitch[k]);
        for (i64 k = 0; k < count; ++k) {
            strength[first + k] = total > 0 ? magnitude(at.re[k], at.im[k]) / total : 0;
            windowed[first + k] = total > 0 ? at.magnitudes[k] / total : 0;
            phase[first + k] = total > 0 ? position[k] : 0;
        }
    }
}

}  // namespace pk::PK_LEVEL
