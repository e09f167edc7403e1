#ifndef MILLRACE_TESTS_SUPPORT_CACHE_TRACES_HPP
#define MILLRACE_TESTS_SUPPORT_CACHE_TRACES_HPP

// Traces of keys that caches are measured by, the same in tests and in the table of benchmarks/cache_hit_rates.cpp.

#include <millrace/core/seed.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace support {

struct cache_trace {
  std::string name;
  std::vector<std::uint64_t> keys;
};

/// Numbers from 0 to n - 1, number i as often as 1 / (i + 1)^alpha.
class zipf_numbers {
 public:
  zipf_numbers(std::size_t n, double alpha) : below_(n) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) below_[i] = sum += std::pow(static_cast<double>(i + 1), -alpha);
    for (double& each : below_) each /= sum;
  }
  std::uint64_t operator()(millrace::random_engine& random) const {
    const auto at = std::upper_bound(below_.begin(), below_.end(), random.uniform());
    return static_cast<std::uint64_t>(std::min<std::ptrdiff_t>(at - below_.begin(), std::ptrdiff_t(below_.size()) - 1));
  }

 private:
  std::vector<double> below_;
};

/// Popular keys, the same all the time.
inline cache_trace zipf_trace(std::size_t length, double alpha, std::uint64_t seed) {
  millrace::random_engine random(seed);
  const zipf_numbers popular(50'000, alpha);
  cache_trace made{"zipf " + std::to_string(alpha).substr(0, 3), {}};
  for (std::size_t i = 0; i < length; ++i) made.keys.push_back(popular(random));
  return made;
}
/// Popular keys, and every now and then a pass over many that come once.
inline cache_trace scan_trace(std::size_t length, std::uint64_t seed) {
  millrace::random_engine random(seed);
  const zipf_numbers popular(20'000, 0.9);
  cache_trace made{"scan", {}};
  for (std::uint64_t next = 1U << 20U; made.keys.size() < length;) {
    for (int i = 0; i < 10'000; ++i) made.keys.push_back(popular(random));
    for (int i = 0; i < 8'000; ++i) made.keys.push_back(next++);
  }
  return made;
}
/// The same keys in the same order over and over, more than fit.
inline cache_trace loop_trace(std::size_t length, std::size_t period) {
  cache_trace made{"loop", {}};
  for (std::size_t i = 0; i < length; ++i) made.keys.push_back(i % period);
  return made;
}
/// What was used lately is used again: what recency alone predicts.
inline cache_trace recent_trace(std::size_t length, std::uint64_t seed) {
  millrace::random_engine random(seed);
  cache_trace made{"recent", {}};
  for (std::uint64_t next = 0; made.keys.size() < length;) {
    const double u = random.uniform();
    const auto back = static_cast<std::size_t>(600.0 * -std::log(1 - random.uniform()));
    if (u < 0.7 && back < made.keys.size())
      made.keys.push_back(made.keys[made.keys.size() - 1 - back]);
    else
      made.keys.push_back(next++);
  }
  return made;
}
/// Popularity that shifts, passes, loops and recency, by turns.
inline cache_trace mixed_trace(std::size_t length, std::uint64_t seed) {
  millrace::random_engine random(seed);
  const zipf_numbers popular(10'000, 0.8);
  cache_trace made{"mixed", {}};
  std::uint64_t fresh = 1U << 24U;
  for (std::uint64_t turn = 0; made.keys.size() < length; ++turn) {
    const std::uint64_t shift = turn / 3 * 2'000;
    for (int i = 0; i < 8'000; ++i) made.keys.push_back(shift + popular(random));
    if (turn % 3 == 0)
      for (int i = 0; i < 4'000; ++i) made.keys.push_back(fresh++);
    if (turn % 3 == 1)
      for (std::uint64_t i = 0; i < 6'000; ++i) made.keys.push_back((1U << 23U) + i % 1'500);
    if (turn % 3 == 2)
      for (int i = 0; i < 4'000; ++i) made.keys.push_back(made.keys[made.keys.size() - 1 - random.below(800)]);
  }
  return made;
}

inline std::vector<cache_trace> cache_traces(std::size_t length) {
  return {zipf_trace(length, 0.7, 1), zipf_trace(length, 1.0, 2), scan_trace(length, 3),
          loop_trace(length, 3'000),  recent_trace(length, 4),    mixed_trace(length, 5)};
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_CACHE_TRACES_HPP
