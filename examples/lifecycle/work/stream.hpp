#ifndef MILLRACE_EXAMPLES_LIFECYCLE_WORK_STREAM_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_WORK_STREAM_HPP

#include "../format.hpp"

#include <millrace/middleware/profiler.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace lifecycle {

namespace mr = millrace;

/// How long each event of a chain took, in the order in which they ran.
using event_profiles = std::vector<const mr::event_profile*>;

/// A stretch of the stream: how long its rows took, in nanoseconds, and what the model made of them.
struct stream_window {
  std::uint64_t first = 0;  // row of the stream, counted from 0
  std::uint64_t rows = 0;
  double rows_per_second = 0;
  double p50 = 0;
  double p99 = 0;
  double longest = 0;
  double positive_share = 0;
  double mean_answer = 0;  // probability or number; NaN if validation refused all of its rows
};

/// How long the rows of a stream took.
struct stream_times {
  std::vector<std::pair<double, double>> percentiles;  // of a row's nanoseconds: 50, 90, 99, 99.9
  std::vector<stream_window> windows;
};

/// p50 104 ns, p90 107 ns, p99 2.1 µs, p99.9 5 µs.
inline std::string percentile_list(const stream_times& of) {
  std::string out;
  for (const auto& [p, nanoseconds] : of.percentiles) {
    const std::string name = fixed(p, p == std::floor(p) ? 0 : 1);
    out += (out.empty() ? "p" : ", p") + name + " " + duration(nanoseconds);
  }
  return out;
}

/// Rows, one by one through the inference chain.
struct stream_record {
  std::size_t rows = 0;
  std::size_t refused = 0;
  double seconds = 0;
  double rows_per_second = 0;
  double largest_difference = 0;  // from the same rows' probabilities in one batch
  stream_times times;
  std::string chain;  // how it describes itself
};

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_WORK_STREAM_HPP
