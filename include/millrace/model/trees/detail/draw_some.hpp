#ifndef MILLRACE_MODEL_TREES_DETAIL_DRAW_SOME_HPP
#define MILLRACE_MODEL_TREES_DETAIL_DRAW_SOME_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// Fills `drawn` with `wanted` items of a list, in its order, or with all if there are fewer. Every subset of that size
/// is as likely.
/// Source: selection sampling, Knuth, The Art of Computer Programming, volume 2, algorithm 3.4.2 S.
inline void draw_some(flat_vector<std::uint32_t>& drawn, std::span<const std::uint32_t> from, std::size_t wanted,
                      random_engine& random) {
  drawn.clear();
  if (wanted >= from.size()) {
    drawn.append(from);
    return;
  }
  for (std::size_t i = 0; wanted > 0; ++i) {
    if (random.below(from.size() - i) >= wanted) continue;
    drawn.push_back(from[i]);
    --wanted;
  }
}
/// The same of a share of the list, one item at least.
inline void draw_share(flat_vector<std::uint32_t>& drawn, std::span<const std::uint32_t> from, double share,
                       random_engine& random) {
  const auto wanted = static_cast<std::size_t>(share * static_cast<double>(from.size()) + 0.5);
  draw_some(drawn, from, wanted > 0 ? wanted : 1, random);
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_DETAIL_DRAW_SOME_HPP
