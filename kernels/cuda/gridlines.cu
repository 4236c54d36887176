// The comb scan on GPUs: a thread per pitch, which takes the samples in the order of kernels/cpu/comb.h.
#include "maths/comb.h"

namespace pk {

__device__ void comb_of(const float* profile, i64 n, double pitch, double window, double& strength, double& windowed,
                        double& phase) {
    const Direction tooth = direction(1 / pitch);
    const double twice = 2 * tooth.cosine;
    const i64 samples = window_samples(window, pitch, n);
    double total = 0, re = 0, im = 0, run_re = 0, run_im = 0, magnitudes = 0;
    i64 end = samples;  // of the window
    for (i64 i = 0; i < n;) {
        const i64 run = (i / RUN + 1) * RUN, limit = run < n ? run : n, stop = end < limit ? end : limit;
        double s1 = 0, s2 = 0;
        for (; i < stop; ++i) {
            const double g = profile[i], s0 = goertzel(g, twice, s1, s2);
            s2 = s1, s1 = s0;
            total += g;
        }
        const Complex sum = run_sum(tooth, pitch, (double)stop, s1, s2);
        run_re += sum.re, run_im += sum.im;
        if (stop == end || stop == n) {
            magnitudes += magnitude(run_re, run_im);
            re += run_re, im += run_im;
            run_re = 0, run_im = 0, end += samples;
        }
    }
    strength = total > 0 ? magnitude(re, im) / total : 0;
    windowed = total > 0 ? magnitudes / total : 0;
    phase = total > 0 ? tooth_position(re, im, pitch) : 0;
}

}  // namespace pk

extern "C" __global__ void comb_scan(const float* __restrict__ profile, pk::i64 n, const double* __restrict__ pitches,
                                     pk::i64 count, double window, double* __restrict__ out) {
    for (pk::i64 k = blockIdx.x * (pk::i64)blockDim.x + threadIdx.x; k < count; k += (pk::i64)gridDim.x * blockDim.x)
        pk::comb_of(profile, n, pitches[k], window, out[k], out[count + k], out[2 * count + k]);
}
