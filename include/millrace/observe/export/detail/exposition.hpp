#ifndef MILLRACE_OBSERVE_EXPORT_DETAIL_EXPOSITION_HPP
#define MILLRACE_OBSERVE_EXPORT_DETAIL_EXPOSITION_HPP

#include <millrace/observe/metrics/detail/metric_text.hpp>
#include <millrace/observe/metrics/metrics_snapshot.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

// The lines of a family's samples, which are the same in Prometheus' text format and OpenMetrics. They are written
// through a pointer into a string that was enlarged beforehand, because appending word by word would take most of the
// time.
namespace millrace {
inline namespace v0 {
namespace observe {
namespace detail {

inline char* put(char* out, std::string_view text) noexcept {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

template <class Number>
char* put_line(char* out, std::string_view text, Number value) noexcept {
  out = write_number(put(out, text), value);
  *out++ = '\n';
  return out;
}

/// Whether sum and count of a histogram that may hold negative values are left out, as in OpenMetrics, or kept.
enum class falling_sums : bool { left_out, kept };

/// Writes a line `x_bucket{...}` with the cumulated count for each bound and +Inf, then `x_sum` and `x_count`.
inline char* put_histogram(char* out, const metric_family& family, const metric_sample& sample,
                           falling_sums sums) noexcept {
  std::uint64_t cumulated = 0;
  for (std::size_t i = 0; i < sample.buckets.size(); ++i) {
    cumulated += sample.buckets[i];
    out = put_line(put(out, sample.series->text), family.bound_text[i], cumulated);
  }
  if (sums == falling_sums::left_out && (family.bounds.front() < 0 || !(sample.value >= 0))) return out;
  out = put_line(out, sample.series->sum_text, sample.value);
  return put_line(out, sample.series->count_text, sample.count);
}

/// The most characters that one sample's lines can take.
inline std::size_t room_for(const metric_family& family, const metric_sample& sample) noexcept {
  const metric_series& series = *sample.series;
  constexpr std::size_t ending = longest_number + 1;
  std::size_t room = series.text.size() + ending;
  if (family.type == metric_type::histogram) {
    room = series.sum_text.size() + series.count_text.size() + 2 * ending;
    for (const std::string& bound : family.bound_text) room += series.text.size() + bound.size() + ending;
  }
  return room;
}

/// Appends the lines of a family's samples.
inline void append_samples(std::string& out, const metric_family_samples& each, falling_sums sums) {
  const metric_family& family = *each.family;
  std::size_t room = 0;
  for (const metric_sample& sample : each.samples) room += room_for(family, sample);
  const std::size_t before = out.size();
  out.resize(before + room);
  char* at = out.data() + before;
  for (const metric_sample& sample : each.samples) {
    switch (family.type) {
      case metric_type::counter: at = put_line(at, sample.series->text, sample.count); break;
      case metric_type::gauge: at = put_line(at, sample.series->text, sample.value); break;
      case metric_type::histogram: at = put_histogram(at, family, sample, sums); break;
    }
  }
  out.resize(static_cast<std::size_t>(at - out.data()));
}

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_EXPORT_DETAIL_EXPOSITION_HPP
