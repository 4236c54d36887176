// Ward's clustering of points by chains of nearest neighbours, and the cut of its tree that costs least.
//
// To merge clusters a and b of n points around m adds
//     n_a n_b / (n_a + n_b) |m_a - m_b|^2
// to the sum of squared distances from centres. From any cluster one walks to its nearest neighbour, from there to its own, and
// so on: what is added falls on the way, until two clusters are each other's nearest. Those are merged. No later merge
// changes that they were (the cost is reducible), so the tree is that of merging the best pair first, in O(points^2)
// and without a matrix. Rounding may bend that law where costs tie; a chain never keeps a cluster that is gone, so it
// still ends. Leaves are 0 .. points - 1, the k-th merge makes node points + k: children come before parents.
// Sources: Ward, "Hierarchical grouping to optimize an objective function", J. Am. Stat. Assoc. 58, 1963;
// Murtagh, "A survey of recent advances in hierarchical clustering algorithms", Computer Journal 26(4), 1983.
namespace pk::PK_LEVEL {

// What a merge with the cluster at `at` would add, for each of `active` clusters. 0 / 0 cannot be: weights are positive.
inline void merging_costs(const Clusters& of, i64 active, i64 at, double* cost) {
    const double w = of.weight[at], x = of.x[at], y = of.y[at], z = of.z[at];
    for (i64 j = 0; j < active; ++j) {
        const double dx = of.x[j] - x, dy = of.y[j] - y, dz = of.z[j] - z, v = of.weight[j];
        cost[j] = w * v / (w + v) * (dx * dx + dy * dy + dz * dz);
    }
}

// The smallest of costs, in eight lanes so that it vectorises; a minimum is the same in every order.
inline double smallest(const double* cost, i64 count) {
    double lanes[8];
    for (int k = 0; k < 8; ++k) lanes[k] = cost[0];
    i64 j = 0;
    for (; j + 8 <= count; j += 8)
        for (int k = 0; k < 8; ++k) lanes[k] = cost[j + k] < lanes[k] ? cost[j + k] : lanes[k];
    for (; j < count; ++j) lanes[0] = cost[j] < lanes[0] ? cost[j] : lanes[0];
    double least = lanes[0];
    for (int k = 1; k < 8; ++k) least = lanes[k] < least ? lanes[k] : least;
    return least;
}

// `of` has `points` clusters of one point each and is used up; `slot` has room for 2 points, `chain` and `cost` for points.
inline void ward_tree(const Clusters& of, i64 points, i32* node, i32* slot, i32* chain, double* cost, i32* left,
                      i32* right, double* added) {
    for (i64 j = 0; j < points; ++j) node[j] = slot[j] = (i32)j;
    i64 active = points, length = 0;
    for (i64 merge = 0; merge < points - 1;) {
        if (length == 0) chain[length++] = node[0];
        const i64 tip = slot[chain[length - 1]];
        merging_costs(of, active, tip, cost);
        cost[tip] = infinite;
        const double least = smallest(cost, active);
        const i64 before = length > 1 ? slot[chain[length - 2]] : -1;
        if (before < 0 || cost[before] > least) {  // a tie with where the chain came from ends the chain
            i64 next = 0;
            while (cost[next] != least) ++next;
            if (length == points) chain[0] = chain[length - 1], length = 1;  // only rounding makes a chain that long
            chain[length++] = node[next];
            continue;
        }
        const i64 keep = tip < before ? tip : before, drop = tip < before ? before : tip, last = active - 1;
        const double w = of.weight[keep], v = of.weight[drop], sum = w + v;
        const i32 a = node[keep], b = node[drop];
        left[merge] = a;
        right[merge] = b;
        added[merge] = least;
        of.x[keep] = (w * of.x[keep] + v * of.x[drop]) / sum;
        of.y[keep] = (w * of.y[keep] + v * of.y[drop]) / sum;
        of.z[keep] = (w * of.z[keep] + v * of.z[drop]) / sum;
        of.weight[keep] = sum;
        of.x[drop] = of.x[last];
        of.y[drop] = of.y[last];
        of.z[drop] = of.z[last];
        of.weight[drop] = of.weight[last];
        node[drop] = node[last];
        slot[node[drop]] = (i32)drop;
        node[keep] = (i32)(points + merge);
        slot[node[keep]] = (i32)keep;
        slot[a] = slot[b] = -1;
        active = last;
        ++merge;
        while (length > 0 && slot[chain[length - 1]] < 0) --length;
    }
}

// Of all ways to cut a tree into clusters, the one whose sum of `own` costs is least; `cost` gets that sum for every subtree.
// A tie leaves a node whole.
inline void cheapest_cut(const i32* left, const i32* right, const double* own, i64 points, double* cost) {
    for (i64 k = 0; k < points; ++k) cost[k] = own[k];
    for (i64 k = 0; k < points - 1; ++k) {
        const double apart = cost[left[k]] + cost[right[k]], whole = own[points + k];
        cost[points + k] = apart < whole ? apart : whole;
    }
}

// The cluster of every leaf: the highest node above it that is not split. Parents come after children, so downwards.
inline void leaves_of_cut(const i32* left, const i32* right, const u8* split, i64 points, i32* owner) {
    owner[2 * points - 2] = (i32)(2 * points - 2);
    for (i64 k = points - 2; k >= 0; --k) {
        const i32 of = owner[points + k];
        const bool apart = split[points + k] && of == (i32)(points + k);
        owner[left[k]] = apart ? left[k] : of;
        owner[right[k]] = apart ? right[k] : of;
    }
}

}  // namespace pk::PK_LEVEL
