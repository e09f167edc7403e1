#ifndef MILLRACE_TESTS_SUPPORT_ENDED_WINDOWS_HPP
#define MILLRACE_TESTS_SUPPORT_ENDED_WINDOWS_HPP

// Windows that end one after another, and the streams that tests make them of.

#include <millrace/aggregate/windows/window.hpp>
#include <millrace/core/seed.hpp>

#include <support/windows.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace support {

using ended_windows = std::vector<std::pair<mr::time_range, exact_total>>;

/// Collects what ends.
inline auto into(ended_windows& windows) {
  return [&windows](const mr::time_range& when, const exact_total& what) { windows.emplace_back(when, what); };
}

/// What a window must make of a stream: the items in time, and how many are late.
struct timed_items {
  std::vector<std::pair<std::int64_t, double>> items;
  std::uint64_t late = 0;
};

/// Feeds a window `count` whole numbers of either sign. Time goes on from `start` by `step()` from one to the next, and
/// each is `delay()` behind it.
template <class Window, class Step, class Delay>
timed_items feed_out_of_order(Window& window, ended_windows& found, int count, std::int64_t start,
                              std::int64_t lateness, mr::random_engine& random, Step step, Delay delay) {
  timed_items expected;
  std::int64_t now = start;
  std::int64_t greatest = start - 1000;
  for (int i = 0; i < count; ++i) {
    now += static_cast<std::int64_t>(step());
    const std::int64_t time = now - static_cast<std::int64_t>(delay());
    const double x = static_cast<double>(random.below(1000)) - 500;
    greatest = (std::max)(greatest, time);
    if (time >= greatest - lateness)
      expected.items.emplace_back(time, x);
    else
      ++expected.late;
    window.update(x, mr::time_point(time), into(found));
  }
  return expected;
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_ENDED_WINDOWS_HPP
