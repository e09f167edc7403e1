#ifndef MILLRACE_MODEL_TREES_DETAIL_SHARES_HPP
#define MILLRACE_MODEL_TREES_DETAIL_SHARES_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/parallel.hpp>

#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// A seed for each tree, so that trees do not depend on who grows them, and when.
inline flat_vector<std::uint64_t> seeds_of(std::uint64_t seed, std::size_t trees) {
  random_engine random(seed);
  flat_vector<std::uint64_t> seeds(trees);
  for (std::uint64_t& one : seeds) one = random();
  return seeds;
}

/// Calls work(begin, end) for shares of `items`, each a job: few, because a job has memory of its own, but enough that
/// no thread waits long for the last.
template <class Work>
void by_shares(const executor_reference& on, std::size_t items, const Work& work) {
  std::size_t shares = on.size() == 1 ? 1 : on.size() > 0 ? 4 * on.size() : 16;
  if (shares > items) shares = items;
  on(shares, [&](std::size_t i) { work(items * i / shares, items * (i + 1) / shares); });
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_DETAIL_SHARES_HPP
