#ifndef MILLRACE_TESTS_SUPPORT_WINDOWS_HPP
#define MILLRACE_TESTS_SUPPORT_WINDOWS_HPP

// Windows held against aggregates made anew from the items that should be in them.

#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/extremes.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/members/sums.hpp>
#include <millrace/core/seed.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <vector>

namespace support {

namespace mr = millrace;

/// Equal to the last bit, or both NaN.
inline bool same(double a, double b) { return a == b || (a != a && b != b); }

/// Do two aggregates or snapshots answer the same, within what rounding can do to items up to `magnitude`?
template <class A, class W, class B>
bool agree(const W& found, const B& expected, double magnitude) {
  using states = typename A::states;
  bool ok = found.items() == expected.items();
  const auto close = [&](double a, double b, double scale) {
    ok = ok && (same(a, b) || std::fabs(a - b) <= 1e-12 * scale);
  };
  if constexpr (mr::detail::answerable<mr::sum, states>())
    close(found.template get<mr::sum>(), expected.template get<mr::sum>(),
          1e-3 * magnitude * static_cast<double>(expected.items()));
  if constexpr (mr::detail::answerable<mr::mean, states>())
    close(found.template get<mr::mean>(), expected.template get<mr::mean>(), magnitude);
  if constexpr (mr::detail::answerable<mr::variance, states>())
    close(found.template get<mr::variance>(), expected.template get<mr::variance>(),
          10 * expected.template get<mr::variance>() + 1e-12 * magnitude * magnitude);
  if constexpr (mr::detail::answerable<mr::min, states>())
    ok = ok && same(found.template get<mr::min>(), expected.template get<mr::min>());
  if constexpr (mr::detail::answerable<mr::max, states>())
    ok = ok && same(found.template get<mr::max>(), expected.template get<mr::max>());
  if constexpr (mr::detail::answerable<mr::first, states>())
    ok = ok && same(found.template get<mr::first>(), expected.template get<mr::first>());
  if constexpr (mr::detail::answerable<mr::last, states>())
    ok = ok && same(found.template get<mr::last>(), expected.template get<mr::last>());
  return ok;
}

/// A number from one of the streams that break windows: small, negative, huge offset, integers with many
/// equal ones; rarely an infinity.
inline double awkward(mr::random_engine& random, unsigned kind, bool infinities = true) {
  if (infinities && random.below(500) == 0)
    return (random.below(2) == 0 ? 1 : -1) * std::numeric_limits<double>::infinity();
  switch (kind % 4) {
    case 0: return random.normal();
    case 1: return -1e15 + random.normal();
    case 2: return static_cast<double>(random.below(7)) - 3;
    default: return 1e9 * std::exp(random.normal());
  }
}
inline double magnitude_of(unsigned kind) {
  constexpr double all[] = {10, 2e15, 10, 1e12};
  return all[kind % 4];
}

/// An aggregator of whole numbers, to the bit: what windows may subtract from for ever. Its memory is its
/// own 16 bytes.
struct exact_total {
  static constexpr bool invertible = true;
  static constexpr bool exactly_invertible = true;
  std::int64_t total = 0;
  std::int64_t count = 0;

  void update(double x) {
    total += static_cast<std::int64_t>(x);
    ++count;
  }
  void merge(const exact_total& other) {
    total += other.total;
    count += other.count;
  }
  void unmerge(const exact_total& other) {
    total -= other.total;
    count -= other.count;
  }
  std::vector<std::byte> save() const {
    mr::envelope_writer to("exact_total");
    to.i64(total);
    to.i64(count);
    return std::move(to).finish();
  }
  static mr::result<exact_total> load(std::span<const std::byte> bytes) {
    auto from = mr::envelope_reader::open(bytes, "exact_total");
    if (!from) return std::move(from).error();
    exact_total made;
    made.total = from->i64();
    made.count = from->i64();
    if (auto done = from->finish(made.count >= 0); !done) return std::move(done).error();
    return made;
  }
  bool operator==(const exact_total&) const = default;
};

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_WINDOWS_HPP
