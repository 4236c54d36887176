// Structural similarity of two images from four weighted sums over a window: of x, y, x^2 + y^2 and x y.
//
// With means m, variances v and covariance c of a window, and C1 = (0.01 range)^2, C2 = (0.03 range)^2,
//     luminance  l = (2 mx my + C1) / (mx^2 + my^2 + C1),      contrast-structure  s = (2 c + C2) / (vx + vy + C2),
//     SSIM = l s.
// x^2 and y^2 are only needed together: vx + vy = E[x^2 + y^2] - mx^2 - my^2. Let W be the sum of the window's weights.
// Everything is scaled by W^2, so that the sums of a uniform window stay integers:
//     W^2 (vx + vy) = W sum(x^2 + y^2) - sum(x)^2 - sum(y)^2,      W^2 c = W sum(x y) - sum(x) sum(y).
// Rounding may break 0 <= 2 |c| <= vx + vy; both are clamped to it, so |SSIM| <= 1, and 1 exactly for equal images.
// Sums are float64, for E[x^2] - E[x]^2 of a bright flat window cancels all but 1e-4 of float32's 24 bits; the uniform
// window of bytes has sums below 49 * 2 * 255^2 < 2^24, which float32 holds exactly.
// Sources: Wang, Bovik, Sheikh & Simoncelli, "Image quality assessment: from error visibility to structural
// similarity", IEEE Trans. Image Processing 13(4), 2004, eq. 6 and 13; Wang, Simoncelli & Bovik, "Multiscale structural
// similarity for image quality assessment", Asilomar Conf. 2003, eq. 7.
#pragma once
#include "platform.h"

namespace pk {

// Sums over the pixels of a row of windows: in this many lanes, value i in lane i mod LANES, lanes then in order.
// A multiple of 1, 2, 3 and 4 interleaved channels, so that a lane has one channel, and of 8 doubles.
constexpr int LANES = 24, TILE = 6 * LANES;  // values, a tile's columns times its channels
constexpr int MOST_TOGETHER = 4;             // channels that a tile interleaves; further ones come after
constexpr int MOMENTS = 4;
// Squared differences: slots of this many samples, value i in lane i mod ERROR_LANES.
constexpr int ERROR_BLOCK = 8192, ERROR_LANES = 32;

// 11 taps of sigma 1.5, normalised: exp(-k^2 / 4.5) / sum, computed with 50 digits.
struct Gaussian {
    static constexpr int TAPS = 11;
    static constexpr double WEIGHT = 1;         // W, of all taps in both directions
    static constexpr double COVARIANCE = 1;     // W^2 over the divisor of sums of squares, see `Stabilisers`
    template <class Sum, class At>
    static PK_INLINE Sum weigh(const At& at) {  // outermost taps first
        Sum sum = (Sum)0.0010283800844791099 * (at(0) + at(10));
        sum += (Sum)0.007598758135239184 * (at(1) + at(9));
        sum += (Sum)0.03600077212843082 * (at(2) + at(8));
        sum += (Sum)0.10936068950970002 * (at(3) + at(7));
        sum += (Sum)0.2130055377112537 * (at(4) + at(6));
        return sum + (Sum)0.26601172486179436 * at(5);
    }
};

// 7 taps of weight 1, with the variance of a sample: sums of squares over 48, not 49.
struct Uniform {
    static constexpr int TAPS = 7;
    static constexpr double WEIGHT = 49, COVARIANCE = 49.0 / 48;
    template <class Sum, class At>
    static PK_INLINE Sum weigh(const At& at) {
        return ((at(0) + at(6)) + (at(1) + at(5))) + ((at(2) + at(4)) + at(3));
    }
};

// C1 and C2 in the units of the sums: W^2 C1, and W^2 C2 over the factor that makes covariances unbiased.
struct Stabilisers {
    double luminance, contrast;
};
template <class Window>
PK_INLINE Stabilisers stabilisers(double range) {
    const double squared = Window::WEIGHT * Window::WEIGHT, c1 = 0.01 * range, c2 = 0.03 * range;
    return {squared * (c1 * c1), squared * (c2 * c2) / Window::COVARIANCE};
}

struct Structure {
    double top, under;  // of the contrast-structure term
};
template <class Window>
PK_INLINE Structure structure(double x, double y, double squares, double product, const Stabilisers& add) {
    const double spread = Window::WEIGHT * squares - (x * x + y * y), positive = spread < 0 ? 0 : spread;
    const double twice = 2 * (Window::WEIGHT * product - x * y), high = twice > positive ? positive : twice;
    const double held = high < -positive ? -positive : high;
    return {held + add.contrast, positive + add.contrast};
}

// What a window contributes: the whole similarity, or its contrast-structure term.
struct Similarity {
    template <class Window>
    static PK_INLINE double value(double x, double y, double squares, double product, const Stabilisers& add) {
        const Structure s = structure<Window>(x, y, squares, product, add);
        return ((2 * (x * y) + add.luminance) * s.top) / (((x * x + y * y) + add.luminance) * s.under);
    }
};
struct ContrastStructure {
    template <class Window>
    static PK_INLINE double value(double x, double y, double squares, double product, const Stabilisers& add) {
        const Structure s = structure<Window>(x, y, squares, product, add);
        return s.top / s.under;
    }
};

// The mean of four pixels; exact for bytes and words, and again for the means of their means, five scales deep.
PK_INLINE float mean_of_four(float a, float b, float c, float d) { return 0.25f * ((a + b) + (c + d)); }

// Which type holds a window's sums exactly enough; a difference of two samples; and a lane's sum of their squares.
template <class T, class Window>
struct Sums {
    using type = double;
};
template <>
struct Sums<u8, Uniform> {
    using type = float;
};
template <class T>
struct Errors {
    using difference = double;
    using sum = double;  // exact for words: 8192 * 65535^2 < 2^53
};
template <>
struct Errors<u8> {
    using difference = i32;
    using sum = u32;  // 256 * 255^2 < 2^32
};

}  // namespace pk
