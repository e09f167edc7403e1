#ifndef MILLRACE_MODEL_TREES_DETAIL_UPPER_WALK_HPP
#define MILLRACE_MODEL_TREES_DETAIL_UPPER_WALK_HPP

#include <millrace/core/detail/simd.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// Asks all nodes of a tree's upper levels at once, two vectors of rows each: that takes fewer instructions than the
/// rows' walks, which ask one node a level, but one by one. Nodes are numbered as in a heap, from 1 on. Of a place,
/// `tree.threshold(place)` is what the node compares with, and `tree.numbers(place)` where the rows' numbers are, which
/// go right above it; behind the levels, `tree.exit(k)` is where the walk goes on from the k-th place.
template <unsigned Levels, std::size_t Bytes, class Tree>
struct upper_walk {
  using numbers = vector<float, Bytes>;
  using places = vector<std::int32_t, Bytes>;

  const Tree& tree;

  /// Where rows leave that come to a place `Left` levels above the exits.
  template <std::uint32_t Place = 1, unsigned Left = Levels>
  [[gnu::always_inline]] void run(places& first, places& second) const noexcept {
    places first_right;
    places second_right;
    if constexpr (Left > 1) {
      run<2 * Place, Left - 1>(first, second);
      run<2 * Place + 1, Left - 1>(first_right, second_right);
    } else {
      first = second = places{} + static_cast<std::int32_t>(tree.exit(2 * Place - (1U << Levels)));
      first_right = second_right = places{} + static_cast<std::int32_t>(tree.exit(2 * Place + 1 - (1U << Levels)));
    }
    const numbers threshold = tree.threshold(Place) - numbers{};  // minus 0 changes no number: nothing is subtracted
    const float* const from = tree.numbers(Place);
    numbers x;
    load_vector(x, from);
    first = x > threshold ? first_right : first;
    load_vector(x, from + Bytes / sizeof(float));
    second = x > threshold ? second_right : second;
  }
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_DETAIL_UPPER_WALK_HPP
