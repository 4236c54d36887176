// A warp at a time on the host, so that GPU loops which talk by ballots alone run without a GPU: 32 fibers in turns.
//
// A ballot hands over to the next lane; when it comes back, every lane has voted. The lanes of a warp must vote equally
// often, or the run is aborted, where a GPU would hang.
#include <ucontext.h>

#include <cstdlib>
#include <functional>

#define __CUDACC__
#define __device__
#define __global__
#define __forceinline__ inline
#define __noinline__

struct Dimensions {
    unsigned x, y, z;
};
static Dimensions blockIdx, threadIdx, blockDim, gridDim;

static ucontext_t scheduler, lanes[32];
static char stacks[32][1 << 16];
static int lane;
static unsigned votes[4];
static long voted[32];
static bool done[32];
static std::function<void()> kernel;

inline unsigned __float_as_uint(float value) {
    unsigned bits;
    __builtin_memcpy(&bits, &value, sizeof bits);
    return bits;
}
inline float __uint_as_float(unsigned bits) {
    float value;
    __builtin_memcpy(&value, &bits, sizeof value);
    return value;
}
inline long long __double_as_longlong(double value) {
    long long bits;
    __builtin_memcpy(&bits, &value, sizeof bits);
    return bits;
}
inline double __longlong_as_double(long long bits) {
    double value;
    __builtin_memcpy(&value, &bits, sizeof value);
    return value;
}

inline int __popc(unsigned value) { return __builtin_popcount(value); }

inline unsigned __ballot_sync(unsigned mask, bool vote) {
    if (mask != 0xffffffffu) abort();
    const int self = lane;
    const long turn = voted[self]++;
    votes[turn % 4] |= (unsigned)vote << self;
    if (self == 0) votes[(turn + 2) % 4] = 0;
    swapcontext(&lanes[self], &scheduler);
    for (const long count : voted)
        if (count <= turn) abort();
    return votes[turn % 4];
}

static void run_lane() {
    const int self = lane;
    kernel();
    done[self] = true;
    swapcontext(&lanes[self], &scheduler);
}

static void run_warp(unsigned first_thread) {
    for (unsigned& vote : votes) vote = 0;
    for (int k = 0; k < 32; ++k) {
        voted[k] = 0;
        done[k] = false;
        getcontext(&lanes[k]);
        lanes[k].uc_stack.ss_sp = stacks[k];
        lanes[k].uc_stack.ss_size = sizeof stacks[k];
        lanes[k].uc_link = &scheduler;
        makecontext(&lanes[k], run_lane, 0);
    }
    for (bool any = true; any;) {
        any = false;
        for (lane = 0; lane < 32; ++lane) {
            if (done[lane]) continue;
            threadIdx = {first_thread + (unsigned)lane, 0, 0};
            swapcontext(&scheduler, &lanes[lane]);
            any = true;
        }
    }
    for (const long count : voted)
        if (count != voted[0]) abort();
}

static void launch(unsigned blocks, unsigned threads, std::function<void()> run) {
    kernel = run;
    gridDim = {blocks, 1, 1};
    blockDim = {threads, 1, 1};
    for (unsigned block = 0; block < blocks; ++block) {
        blockIdx = {block, 0, 0};
        for (unsigned first = 0; first < threads; first += 32) run_warp(first);
    }
}
