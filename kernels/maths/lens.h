// Lens models: where a point of the corrected image lies in the distorted photo, and back.
//
// Points are normalised: n = (p - centre) / focal, one unit in x and in y, so that the radius is isotropic.
// Each model is a formula d = n s(r^2) + t(n), r = |n|, with a radial scale s and, for Brown-Conrady, a small
// shift t. All functions work on displacements d - n and on s - 1: a lens without distortion then moves
// nothing, not even by a rounding.
//
//     BrownConrady   s = (1 + k0 + k1 r^2 + k2 r^4 + k3 r^6) / (1 + k4 r^2 + k5 r^4 + k6 r^6)
//                    t = (2 p1 x y + p2 (r^2 + 2 x^2) + s1 r^2 + s2 r^4,
//                         p1 (r^2 + 2 y^2) + 2 p2 x y + s3 r^2 + s4 r^4)
//     KannalaBrandt  s = a (1 + k1 a^2 + k2 a^4 + k3 a^6 + k4 a^8) / r,   a = atan r
//     Division       s = 1 / (1 + k1 r^2 + k2 r^4)                        (from the photo to the corrected image)
//     PTLens         s = a r^3 + b r^2 + c r + 1 - a - b - c
//
// Sources: Brown, "Close-range camera calibration", Photogrammetric Engineering 37(8), 1971; Conrady, MNRAS 79,
// 1919; Kannala & Brandt, IEEE PAMI 28(8), 2006, eq. 6; Fitzgibbon, CVPR 2001, eq. 4; Dersch, PanoTools.
#pragma once
#include "atan.h"

namespace pk {

struct BrownConrady {
    enum { K0, K1, K2, K3, K4, K5, K6, P1, P2, S1, S2, S3, S4 };
    static constexpr bool shifts = true;

    // s - 1 and ds/d(r^2)
    static PK_INLINE void scale(const double* k, double r2, double& excess, double& slope) {
        const double top = 1 + k[K0] + r2 * (k[K1] + r2 * (k[K2] + r2 * k[K3]));
        const double top_slope = k[K1] + r2 * (2 * k[K2] + r2 * 3 * k[K3]);
        const double under = 1 + r2 * (k[K4] + r2 * (k[K5] + r2 * k[K6]));
        const double under_slope = k[K4] + r2 * (2 * k[K5] + r2 * 3 * k[K6]);
        excess = (k[K0] + r2 * (k[K1] - k[K4] + r2 * (k[K2] - k[K5] + r2 * (k[K3] - k[K6])))) / under;
        slope = (top_slope * under - top * under_slope) / (under * under);
    }
    static PK_INLINE void shift(const double* k, double x, double y, double& tx, double& ty) {
        const double r2 = x * x + y * y, xy = 2 * x * y;
        tx = k[P1] * xy + k[P2] * (r2 + 2 * x * x) + r2 * (k[S1] + r2 * k[S2]);
        ty = k[P1] * (r2 + 2 * y * y) + k[P2] * xy + r2 * (k[S3] + r2 * k[S4]);
    }
    static PK_INLINE void shift_jacobian(const double* k, double x, double y, double* j) {
        const double r2 = x * x + y * y, sx = 2 * (k[S1] + 2 * r2 * k[S2]), sy = 2 * (k[S3] + 2 * r2 * k[S4]);
        j[0] += 2 * k[P1] * y + 6 * k[P2] * x + sx * x;
        j[1] += 2 * k[P1] * x + 2 * k[P2] * y + sx * y;
        j[2] += 2 * k[P1] * x + 2 * k[P2] * y + sy * x;
        j[3] += 6 * k[P1] * y + 2 * k[P2] * x + sy * y;
    }
};

struct RadialOnly {
    static constexpr bool shifts = false;
    static PK_INLINE void shift(const double*, double, double, double& tx, double& ty) { tx = ty = 0; }
    static PK_INLINE void shift_jacobian(const double*, double, double, double*) {}
};

struct KannalaBrandt : RadialOnly {
    static PK_INLINE void scale(const double* k, double r2, double& excess, double& slope) {
        const double r = square_root(r2 > 1e-30 ? r2 : 1e-30), a = arc_tangent(r), a2 = a * a;
        const double bend = a2 * (k[0] + a2 * (k[1] + a2 * (k[2] + a2 * k[3])));
        const double growth = 1 + a2 * (3 * k[0] + a2 * (5 * k[1] + a2 * (7 * k[2] + a2 * 9 * k[3])));
        excess = ((a - r) + a * bend) / r;
        slope = (growth / (1 + r * r) * r - a * (1 + bend)) / (2 * r * r * r);
        if (r2 < 1e-30) excess = 0, slope = k[0] - 1.0 / 3;
    }
};

struct Division : RadialOnly {
    static PK_INLINE void scale(const double* k, double r2, double& excess, double& slope) {
        const double q = r2 * (k[0] + r2 * k[1]), under = 1 + q;
        excess = -q / under;
        slope = -(k[0] + 2 * r2 * k[1]) / (under * under);
    }
};

struct PTLens : RadialOnly {
    static PK_INLINE void scale(const double* k, double r2, double& excess, double& slope) {
        const double r = square_root(r2);
        excess = k[0] * (r2 * r - 1) + k[1] * (r2 - 1) + k[2] * (r - 1);
        slope = r > 0 ? (3 * k[0] * r2 + 2 * k[1] * r + k[2]) / (2 * r) : 0;
    }
};

// d - n of the model's formula.
template <class Model>
PK_INLINE void displace(const double* k, double x, double y, double& dx, double& dy) {
    double excess, slope;
    Model::scale(k, x * x + y * y, excess, slope);
    Model::shift(k, x, y, dx, dy);
    dx += x * excess;
    dy += y * excess;
}

// The Jacobian of n -> d, row by row.
template <class Model>
PK_INLINE void model_jacobian(const double* k, double x, double y, double* j) {
    double excess, slope;
    Model::scale(k, x * x + y * y, excess, slope);
    j[0] = 1 + excess + 2 * slope * x * x;
    j[1] = j[2] = 2 * slope * x * y;
    j[3] = 1 + excess + 2 * slope * y * y;
    Model::shift_jacobian(k, x, y, j);
}

// The radius r in [0, limit] with r s(r^2) = target; negative if there is none. `limit` is the radius at which
// the radial map stops growing, so the root is the only one and a bracketed Newton iteration cannot miss it. Where
// it is a pole of the map, its rounding decides on which side the value is taken: the bracket ends just before.
template <class Model>
PK_INLINE double radius_of(const double* k, double limit, double target) {
    double excess, slope, low = 0, high = limit * (1 - 1e-12);
    if (high < 1e300) {
        Model::scale(k, high * high, excess, slope);
        if (!(high + high * excess >= target)) return -1;
    } else {
        high = target + 1;
        for (int doubling = 0;; ++doubling) {
            Model::scale(k, high * high, excess, slope);
            if (high + high * excess >= target) break;
            if (doubling == 60) return -1;
            high *= 2;
        }
    }
    double r = target < high ? target : high;
    for (int step = 0; step < 100; ++step) {
        Model::scale(k, r * r, excess, slope);
        const double miss = (r - target) + r * excess, growth = 1 + excess + 2 * slope * r * r;
        if (miss == 0) break;
        if (miss > 0) high = r; else low = r;
        double next = r - miss / growth;
        if (!(next >= low && next <= high)) next = 0.5 * (low + high);
        const double moved = next > r ? next - r : r - next;
        r = next;
        if (moved <= 4e-16 * r) break;  // two units in the last place
    }
    return r;
}

// n - d for the point n that the model's formula sends to d = (u, v); false where there is none.
template <class Model>
PK_INLINE bool undo(const double* k, double limit, double u, double v, double& dx, double& dy) {
    const double target = square_root(u * u + v * v);
    dx = dy = 0;
    if (!(target < 1e150)) return false;
    double r = radius_of<Model>(k, limit, target);
    if (!Model::shifts) {
        if (r < 0) return false;
        const double move = target > 0 ? (r - target) / target : 0;
        dx = u * move;
        dy = v * move;
        return true;
    }
    if (r < 0) r = 0.9 * limit;  // the shift may still bring the point inside
    // Newton's step, halved until it brings the point nearer and stays before the fold: far steps overshoot near it.
    double x = target > 0 ? u * (r / target) : 0, y = target > 0 ? v * (r / target) : 0, best = 1e300;
    double at_x = x, at_y = y, step_x = 0, step_y = 0;
    for (int step = 0; step < 100; ++step) {
        double ex, ey, j[4];
        displace<Model>(k, x, y, ex, ey);
        ex += x - u;
        ey += y - v;
        model_jacobian<Model>(k, x, y, j);
        const double det = j[0] * j[3] - j[1] * j[2], miss = ex * ex + ey * ey;
        if (det > 0 && miss < best) {
            best = miss;
            at_x = x;
            at_y = y;
            dx = x - u;
            dy = y - v;
            if (miss <= 1e-32 * (1 + target * target)) break;
            step_x = (j[3] * ex - j[1] * ey) / det;
            step_y = (j[0] * ey - j[2] * ex) / det;
        } else {
            if (best <= 1e-26 * (1 + target * target) || best == 1e300) break;  // rounding is all that is left
            step_x *= 0.5;
            step_y *= 0.5;
        }
        x = at_x - step_x;
        y = at_y - step_y;
    }
    x = at_x;
    y = at_y;
    return best <= 1e-26 * (1 + target * target) && x * x + y * y <= limit * limit;
}

// A lens with its two cameras, as pixkern.lenses packs it: corrected pixel p -> photo pixel p ratio + offset
// + focal (displacement of the normalised point). `solves` says which way round the model's formula is used.
struct Lens {
    double model, solves, limit, inverse_view[2], view_center[2], ratio[2], offset[2], focal[2], k[13];
};
enum LensModel { BROWN_CONRADY, KANNALA_BRANDT, DIVISION, PT_LENS };

template <class Model, bool solves>
PK_INLINE void photo_position(const Lens& lens, double px, double py, double& x, double& y) {
    const double u = (px - lens.view_center[0]) * lens.inverse_view[0];
    const double v = (py - lens.view_center[1]) * lens.inverse_view[1];
    double dx, dy;
    if (solves) {
        if (!undo<Model>(lens.k, lens.limit, u, v, dx, dy)) dx = dy = not_a_number();
    } else {
        displace<Model>(lens.k, u, v, dx, dy);
    }
    x = px * lens.ratio[0] + lens.offset[0] + lens.focal[0] * dx;
    y = py * lens.ratio[1] + lens.offset[1] + lens.focal[1] * dy;
}

// The Jacobian of photo_position, row by row; NaN where the point has no image.
template <class Model, bool solves>
PK_INLINE void photo_jacobian(const Lens& lens, double px, double py, double* j) {
    double u = (px - lens.view_center[0]) * lens.inverse_view[0];
    double v = (py - lens.view_center[1]) * lens.inverse_view[1];
    if (solves) {
        double dx, dy, m[4];
        if (!undo<Model>(lens.k, lens.limit, u, v, dx, dy)) {
            j[0] = j[1] = j[2] = j[3] = not_a_number();
            return;
        }
        model_jacobian<Model>(lens.k, u + dx, v + dy, m);
        const double det = m[0] * m[3] - m[1] * m[2];
        j[0] = m[3] / det;
        j[1] = -m[1] / det;
        j[2] = -m[2] / det;
        j[3] = m[0] / det;
    } else {
        model_jacobian<Model>(lens.k, u, v, j);
    }
    j[0] *= lens.focal[0] * lens.inverse_view[0];
    j[1] *= lens.focal[0] * lens.inverse_view[1];
    j[2] *= lens.focal[1] * lens.inverse_view[0];
    j[3] *= lens.focal[1] * lens.inverse_view[1];
}

// Calls `use` with the lens's model and direction as types, so that loops are compiled for each.
template <class Use>
PK_INLINE void with_model(const Lens& lens, Use use) {
    switch (int(lens.model) * 2 + int(lens.solves)) {
        case 2 * BROWN_CONRADY: return use(BrownConrady(), false_type());
        case 2 * BROWN_CONRADY + 1: return use(BrownConrady(), true_type());
        case 2 * KANNALA_BRANDT: return use(KannalaBrandt(), false_type());
        case 2 * KANNALA_BRANDT + 1: return use(KannalaBrandt(), true_type());
        case 2 * DIVISION: return use(Division(), false_type());
        case 2 * DIVISION + 1: return use(Division(), true_type());
        case 2 * PT_LENS: return use(PTLens(), false_type());
        default: return use(PTLens(), true_type());
    }
}

// Lateral chromatic aberration of one channel: p moves away from `center` by v - 1 + c r + b r^2, r = |p - center| / unit.
// Source: Kolesnikov, lensfun (TCA model poly3).
struct Chromatic {
    double inverse_unit, center[2], v, c, b;
};

PK_INLINE void disperse(const Chromatic& of, double& x, double& y) {
    const double ux = (x - of.center[0]) * of.inverse_unit, uy = (y - of.center[1]) * of.inverse_unit;
    const double r2 = ux * ux + uy * uy, grow = (of.v - 1) + of.c * square_root(r2) + of.b * r2;
    x += (x - of.center[0]) * grow;
    y += (y - of.center[1]) * grow;
}

}  // namespace pk
