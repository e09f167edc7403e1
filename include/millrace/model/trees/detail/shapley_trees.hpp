#ifndef MILLRACE_MODEL_TREES_DETAIL_SHAPLEY_TREES_HPP
#define MILLRACE_MODEL_TREES_DETAIL_SHAPLEY_TREES_HPP

#include <millrace/core/detail/gauss_legendre.hpp>
#include <millrace/core/detail/simd.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

// Shapley values of a tree's columns, as integrals.
//
// On the path to a leaf with value v, let column j pass its splits with o_j = 1 if the row does and 0 if it does not,
// and let z_j be the share of training rows that do. A coalition S gives the leaf v, times o_j for every j in S, times
// z_j for every other j. Column i's Shapley value is the mean, over all orders of d columns, of what i adds to those
// before it: v (o_i - z_i) times the sum over S without i of |S|! (d - 1 - |S|)! / d! times these products. The factor
// is the integral of t^|S| (1 - t)^(d - 1 - |S|) over t in [0, 1], and the sum over all S of the integrands is a
// product:
//     v (o_i - z_i)  integral of the product over j != i of f_j,   f_j = o_j t + z_j (1 - t),
// a polynomial of degree d - 1, which n nodes of Gauss and Legendre integrate exactly up to d = 2 n. Numbers at the
// nodes lie on the lanes of vectors.
//
// A node of the tree parts its rows by column i: a share z goes left, and the row does if o = 1. If i was not met
// above, the path to the left gains the factor f = o t + z (1 - t), that to the right 1 - f. With A(t) the product of
// the factors above and B(t) what the leaves below a child sum to, each times the factors below that child, the node
// owes to column i
//     (o - z)  integral of A (B_left - B_right),   and   B = f B_left + (1 - f) B_right.
// If i was met above, with o' and z' so far, these paths had the factor g = o' t + z' (1 - t), and now have o' o t + z'
// z (1 - t) instead, g times the factor for that f. For o' = 0 it is f = z, and what the node owes turns out to be 0.
// For o' = 1 let e = z' (1 - t) / g; it is f = o + e (z - o), and the node owes
//     (o - z)  integral of A (B_left - B_right) z' / g^2.
// With z' = 1 this is the first case again. So each node knows two vectors, e and w z' / g^2, with the weights w of the
// quadrature; at o' = 0 it uses 1 and 0 for them. Nothing is divided by for a row, and no difference is of close
// numbers but B's, where the leaves are alike. A path without training rows has z' = 0, and is no exception.

/// A node that parts a tree's rows. An end is a node with two leaves; others are inner ones. The children of the k-th
/// inner node have the places 2 k + 1 and 2 k + 2; the root's place is 0, and leaves of ends have none.
struct shapley_node {
  float threshold = 0;
  std::uint16_t column = 0;
  std::uint8_t missing_right = 0;
  std::uint8_t rule = 0;
  /// The place at the end of the last edge above that parted the same column, or 0.
  std::uint32_t before = 0;
  /// Where its two vectors are in the tree's table, a multiple of 8.
  std::uint32_t vectors = 0;
  double share = 0;         // of training rows that go left
  std::uint32_t place = 0;  // its own
  std::uint32_t slot = 0;   // its column among those that the trees ask for
};
struct shapley_leaf {
  double value = 0;
  std::uint32_t place = 0;
};

/// The leaves of an end.
struct shapley_end {
  double right = 0;
  double left_less_right = 0;
};

/// A tree within the lists of all: its inner nodes, behind which its ends stand, and the leaves of its inner nodes.
struct shapley_tree {
  std::size_t first_node = 0, inner = 0;
  std::size_t first_end = 0, ends = 0;
  std::size_t first_leaf = 0, leaves = 0;
  std::size_t lanes = 0;  // 4, or a multiple of 8
  std::size_t table = 0;  // where its vectors begin: those of 1 and 0
};

/// Eight numbers where a vector's read crosses no line of the cache.
struct alignas(64) shapley_numbers {
  double lanes[8] = {};
};

/// What a row's walk through one tree needs, in a kernel's hands.
struct shapley_walk {
  const shapley_tree* tree;
  const shapley_node* nodes;
  const shapley_end* ends;
  const shapley_leaf* leaves;
  const double* table;
  /// Of each node: where the vectors are that it uses for the row, and 1 more where the row goes left.
  const std::uint32_t* ways;
  double* at_places;  // scratch, 8 numbers a place
  double* of_nodes;   // scratch, 16 numbers a node
  double* owed;       // 8 numbers a slot
};

/// A node's factor f of the path to its left child, and what it owes for each unit by which B differs, less the sign.
/// `Bytes`: of the kernel's registers.
template <std::size_t Lanes, std::size_t Bytes>
struct shapley_factor {
  using numbers = vector<double, 8 * Lanes>;
  numbers above;
  numbers left;
  numbers owes;

  [[gnu::always_inline]] void find(const shapley_walk& walk, std::size_t group, std::size_t node) noexcept {
    static constexpr double sides[] = {0, 1};
    const std::uint32_t way = walk.ways[node];
    const double o = sides[way & 1];
    const double off = walk.nodes[node].share - o;
    const double* const vectors = walk.table + group + (way & ~1U);
    load_vector(above, walk.at_places + walk.nodes[node].place * Lanes);
    load_vector(left, vectors);
    load_vector(owes, vectors + walk.tree->lanes);
    left *= off;
    rounded_vector<Bytes>(left);
    left += o;
    owes *= above;
    owes *= off;
  }
};

/// Takes from a column's sums what a node owes.
template <std::size_t Bytes, class Numbers>
[[gnu::always_inline]] inline void take_owed(double* owed, const Numbers& by) noexcept {
  Numbers taken = by;
  rounded_vector<Bytes>(taken);
  Numbers sum;
  load_vector(sum, owed);
  sum -= taken;
  store_vector(owed, sum);
}

/// Fills the products of factors above each place, level by level down.
template <std::size_t Lanes, std::size_t Bytes>
[[gnu::always_inline]] inline void walk_down(const shapley_walk& walk, std::size_t group) noexcept {
  using numbers = vector<double, 8 * Lanes>;
  double* const places = walk.at_places;
  double* const of_nodes = walk.of_nodes;
  store_vector(places, numbers(1 - numbers{}));
  const std::size_t count = walk.tree->inner;
  for (std::size_t k = 0; k < count; ++k) {
    shapley_factor<Lanes, Bytes> by;
    by.find(walk, group, k);
    numbers left = by.above * by.left;
    rounded_vector<Bytes>(left);
    store_vector(places + (2 * k + 1) * Lanes, left);
    store_vector(places + (2 * k + 2) * Lanes, numbers(by.above - left));
    store_vector(of_nodes + 2 * k * Lanes, by.left);
    store_vector(of_nodes + (2 * k + 1) * Lanes, by.owes);
  }
}
/// Replaces them by what the leaves below sum to: at ends and leaves first, then level by level up. Each node adds what
/// it owes to its column.
template <std::size_t Lanes, std::size_t Bytes>
[[gnu::always_inline]] inline void walk_up(const shapley_walk& walk, std::size_t group) noexcept {
  using numbers = vector<double, 8 * Lanes>;
  double* const places = walk.at_places;
  double* const owed = walk.owed;
  const std::size_t inner = walk.tree->inner;
  const std::size_t ends = walk.tree->ends;
  for (std::size_t k = 0; k < ends; ++k) {
    const shapley_node& node = walk.nodes[inner + k];
    shapley_factor<Lanes, Bytes> by;
    by.find(walk, group, inner + k);
    by.left *= walk.ends[k].left_less_right;
    rounded_vector<Bytes>(by.left);
    store_vector(places + node.place * Lanes, numbers(by.left + walk.ends[k].right));
    take_owed<Bytes>(owed + node.slot * 8, numbers(by.owes * walk.ends[k].left_less_right));
  }
  const std::size_t leaves = walk.tree->leaves;
  for (std::size_t k = 0; k < leaves; ++k)
    store_vector(places + walk.leaves[k].place * Lanes, numbers(walk.leaves[k].value - numbers{}));
  for (std::size_t k = inner; k-- > 0;) {
    const shapley_node& node = walk.nodes[k];
    numbers apart;
    numbers right;
    numbers f;
    numbers owes;
    load_vector(apart, places + (2 * k + 1) * Lanes);
    load_vector(right, places + (2 * k + 2) * Lanes);
    load_vector(f, walk.of_nodes + 2 * k * Lanes);
    load_vector(owes, walk.of_nodes + (2 * k + 1) * Lanes);
    apart -= right;
    f *= apart;
    rounded_vector<Bytes>(f);
    store_vector(places + node.place * Lanes, numbers(right + f));
    take_owed<Bytes>(owed + node.slot * 8, numbers(owes * apart));
  }
}
template <std::size_t Lanes, std::size_t Bytes>
[[gnu::always_inline]] inline void walk_lanes(const shapley_walk& walk, std::size_t group) noexcept {
  walk_down<Lanes, Bytes>(walk, group);
  walk_up<Lanes, Bytes>(walk, group);
}
template <std::size_t Bytes>
[[gnu::always_inline]] inline void walk_body(const shapley_walk& of_tree) noexcept {
  const shapley_walk walk = of_tree;  // on the stack, where what is written elsewhere leaves it
  if (walk.tree->lanes == 4) return walk_lanes<4, Bytes>(walk, 0);
  for (std::size_t group = 0; group < walk.tree->lanes; group += 8) walk_lanes<8, Bytes>(walk, group);
}
inline void walk_baseline(const shapley_walk& walk) noexcept { walk_body<16>(walk); }
MILLRACE_X86_TARGET("avx2") inline void walk_avx2(const shapley_walk& walk) noexcept { walk_body<32>(walk); }
MILLRACE_X86_TARGET("avx512f") inline void walk_avx512(const shapley_walk& walk) noexcept { walk_body<64>(walk); }
using walk_kernel = void (*)(const shapley_walk&) noexcept;
inline walk_kernel walk_of_this_cpu() noexcept {
  if (cpu_has_avx512()) return walk_avx512;
  return cpu_has_avx2() ? walk_avx2 : walk_baseline;
}

/// Vectors of nodes, by the lanes of their tree.
class shapley_table {
 public:
  const double* data() const noexcept { return numbers_.empty() ? nullptr : numbers_.front().lanes; }

  /// Lanes for trees whose paths part by at most `columns` different ones.
  static std::size_t lanes_for(std::size_t columns) noexcept {
    const std::size_t points = points_for(columns);
    return points <= 4 ? 4 : (points + 7) / 8 * 8;
  }
  /// Prepares for trees of so many; returns where the vectors 1 and 0 are. Behind these are those of z' = 1.
  std::size_t begin(std::size_t columns) {
    const std::size_t points = points_for(columns);
    const std::size_t lanes = lanes_for(columns);
    points_.assign(lanes, 0.5);
    weights_.assign(lanes, 0);
    gauss_legendre(std::span(points_).first(points), std::span(weights_).first(points));
    for (std::size_t k = 0; k < points; ++k) {  // from [-1, 1] to [0, 1]
      points_[k] = (1 + points_[k]) / 2;
      weights_[k] /= 2;
    }
    for (const begun& known : known_)
      if (known.points == points) return known.blank;
    const std::size_t blank = 8 * numbers_.size();
    known_.push_back({points, blank});
    add([](std::size_t) { return 1; }, [](std::size_t) { return 0; });
    add(1);
    return blank;
  }
  /// Adds the vectors of a node whose column was met above, with the share `above` of rows so far.
  std::size_t add(double above) {
    const std::size_t at = 8 * numbers_.size();
    const auto g = [&](std::size_t k) { return points_[k] + above * (1 - points_[k]); };
    add([&](std::size_t k) { return above * (1 - points_[k]) / g(k); },
        [&](std::size_t k) { return weights_[k] * above / (g(k) * g(k)); });
    return at;
  }

 private:
  struct begun {
    std::size_t points;
    std::size_t blank;
  };
  static std::size_t points_for(std::size_t columns) noexcept { return columns < 2 ? 1 : (columns + 1) / 2; }

  template <class First, class Second>
  void add(First e, Second w) {
    const std::size_t lanes = points_.size();
    for (std::size_t i = 0; i < 2 * lanes; ++i) {
      if (i % 8 == 0) numbers_.emplace_back();
      numbers_.back().lanes[i % 8] = i < lanes ? e(i) : w(i - lanes);
    }
  }

  std::vector<shapley_numbers> numbers_;
  std::vector<begun> known_;
  std::vector<double> points_;
  std::vector<double> weights_;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_DETAIL_SHAPLEY_TREES_HPP
