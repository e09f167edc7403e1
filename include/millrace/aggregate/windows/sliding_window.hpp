#ifndef MILLRACE_AGGREGATE_WINDOWS_SLIDING_WINDOW_HPP
#define MILLRACE_AGGREGATE_WINDOWS_SLIDING_WINDOW_HPP

#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/extremes.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/members/sums.hpp>
#include <millrace/aggregate/windows/sliding.hpp>

#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {

/// What `sliding_window::stats` returns. NaN where there are too few items: variance and stddev need two, mean, min and
/// max one.
struct window_stats {
  std::uint64_t count = 0;
  double sum = 0;
  double mean = 0;
  double min = 0;
  double max = 0;
  double variance = 0;  ///< of a sample: divided by count - 1
  double stddev = 0;
};

/// The usual statistics over the last stretch of time, five minutes by default.
///
///     mr::sliding_window recent;             // items are stamped as they come
///     recent.update(100.0);
///     recent.stats().mean;
///     mr::basic_sliding_window<mr::event_time<10s>> by_event(60s);
///     by_event.update(100.0, mr::time_point(time));
///
/// It is a `windowed<sliding<>, aggregate<...>>`: it has its guarantees, its memory (16 bytes for an item and its time,
/// of at most `most` items), its `advance`, `late` and `get`, and by event time its `merge`, `save` and `load`.
template <class Time = processing_time<>>
class basic_sliding_window : public windowed<sliding<>, aggregate<count, sum, mean, variance, stddev, min, max>, Time> {
  using base = windowed<sliding<>, aggregate<count, sum, mean, variance, stddev, min, max>, Time>;

 public:
  explicit basic_sliding_window(duration length = duration(300'000'000'000), std::size_t most = base::unbounded)
      : base(length, most) {}
  template <detail::bare_number Number>
  explicit basic_sliding_window(Number, const auto&...) : base(detail::no_unit<Number>::length) {}

  static result<basic_sliding_window> load(std::span<const std::byte> bytes)
  requires saveable<base>
  {
    auto loaded = base::load(bytes);
    if (!loaded) return std::move(loaded).error();
    return basic_sliding_window(*std::move(loaded));
  }

  /// The statistics as of now for windows by arrival; by event time as of the last update or `advance`.
  window_stats stats() { return of(this->value()); }
  window_stats stats() const { return of(this->value()); }

 private:
  explicit basic_sliding_window(base loaded) : base(std::move(loaded)) {}
  static window_stats of(const auto& now) {
    return {now.template get<count>(), now.template get<sum>(),      now.template get<mean>(),  now.template get<min>(),
            now.template get<max>(),   now.template get<variance>(), now.template get<stddev>()};
  }
};
/// The ready-made sliding window of doubles.
using sliding_window = basic_sliding_window<>;

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_WINDOWS_SLIDING_WINDOW_HPP
