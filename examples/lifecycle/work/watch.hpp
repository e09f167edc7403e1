#ifndef MILLRACE_EXAMPLES_LIFECYCLE_WORK_WATCH_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_WORK_WATCH_HPP

#include "stream.hpp"

#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/extremes.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/members/sums.hpp>
#include <millrace/aggregate/sketches/kll.hpp>
#include <millrace/aggregate/windows/tumbling.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace lifecycle {

/// Watches a stream of known length in windows of as many rows each: how long rows took, and their answers.
class stream_watch {
 public:
  static constexpr std::size_t most_windows = 20;

  explicit stream_watch(std::size_t rows) : stream_watch(rows / most_windows + (rows % most_windows != 0 ? 1 : 0), 0) {}

  /// answer: a probability or a number; NaN for a row that was refused.
  void update(double nanoseconds, double answer, bool positive) {
    answers_.update(answer);
    positives_.update(positive ? 1 : 0);
    times_.update(nanoseconds, [this](std::uint64_t, const times& took) {
      add(took, answers_.last()->get<mr::mean>(), positives_.last()->get<mr::mean>());
    });
  }

  /// What was seen; the last window may be shorter.
  stream_times finish() {
    const times& rest = times_.open();
    if (rest.get<mr::count>() != 0) add(rest, answers_.open().get<mr::mean>(), positives_.open().get<mr::mean>());
    stream_times seen{{}, windows_};
    const auto view = all_.get<mr::kll<200>>().view();
    for (const double p : {50.0, 90.0, 99.0, 99.9}) seen.percentiles.emplace_back(p, view.quantile(p / 100));
    return seen;
  }

 private:
  using times = mr::aggregate<mr::count, mr::sum, mr::max, mr::kll<200>>;
  using means = mr::aggregate<mr::mean>;

  stream_watch(std::size_t rows, int) : times_(rows, times(mr::kll<200>(1))), answers_(rows), positives_(rows) {}

  void add(const times& took, double mean_answer, double positive_share) {
    const auto view = took.get<mr::kll<200>>().view();
    stream_window one;
    one.first = all_.get<mr::count>();
    one.rows = took.get<mr::count>();
    one.rows_per_second = static_cast<double>(one.rows) * 1e9 / took.get<mr::sum>();
    one.p50 = view.quantile(0.5);
    one.p99 = view.quantile(0.99);
    one.longest = took.get<mr::max>();
    one.positive_share = positive_share;
    one.mean_answer = mean_answer;
    windows_.push_back(one);
    all_.merge(took);
  }

  mr::windowed<mr::tumbling_count<>, times> times_;
  mr::windowed<mr::tumbling_count<>, means> answers_;
  mr::windowed<mr::tumbling_count<>, means> positives_;
  times all_{mr::kll<200>(2)};
  std::vector<stream_window> windows_;
};

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_WORK_WATCH_HPP
