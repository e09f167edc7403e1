#ifndef MILLRACE_TESTS_SUPPORT_STREAMS_HPP
#define MILLRACE_TESTS_SUPPORT_STREAMS_HPP

#include <millrace/core/seed.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace support {

struct stream {
  std::string name;
  std::vector<double> values;
};

inline const std::vector<std::string>& stream_names() {
  static const std::vector<std::string> names{"uniform",  "log-normal",   "sorted",     "reversed",
                                              "constant", "heavy-tailed", "closing in", "sawtooth"};
  return names;
}

/// The streams on which sketches of quantiles must keep their promise. Heavy-tailed: Pareto with shape 1/2, so without
/// a mean. Closing in: each value between all the smaller and all the larger ones so far, from both sides, so that
/// every value to come lies in the same gap. Sawtooth: sorted runs whose length is no power of two.
inline stream make_stream(const std::string& name, std::size_t size, std::uint64_t seed) {
  millrace::random_engine random(seed);
  std::vector<double> values(size);
  for (std::size_t i = 0; i < size; ++i) {
    const auto at = static_cast<double>(i);
    values[i] = name == "uniform"        ? random.uniform()
                : name == "log-normal"   ? std::exp(2 * random.normal())
                : name == "sorted"       ? at
                : name == "reversed"     ? -at
                : name == "constant"     ? 42.0
                : name == "heavy-tailed" ? std::pow(1 - random.uniform(), -2.0)
                : name == "closing in"   ? (i % 2 == 0 ? at : 2 * static_cast<double>(size) - at)
                                         : static_cast<double>(i % 1027);
  }
  return {name, std::move(values)};
}

/// How far p is from the ranks that `value` has in `sorted`: 0 where the value covers p.
inline double rank_error(const std::vector<double>& sorted, double value, double p) {
  const auto size = static_cast<double>(sorted.size());
  const auto below = static_cast<double>(std::lower_bound(sorted.begin(), sorted.end(), value) - sorted.begin()) / size;
  const auto up_to = static_cast<double>(std::upper_bound(sorted.begin(), sorted.end(), value) - sorted.begin()) / size;
  return p < below ? below - p : p > up_to ? p - up_to : 0.0;
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_STREAMS_HPP
