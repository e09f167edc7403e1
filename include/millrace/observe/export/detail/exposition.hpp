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

/// Which of the two formats is written. OpenMetrics has exemplars, and no sum and count of a histogram that may hold
/// negative values, because its sums never fall.
enum class text_format : bool { prometheus, openmetrics };

/// The most characters that an exemplar takes: its labels, each character of them escaped, a value and a time.
inline constexpr std::size_t longest_exemplar =
    2 * exemplar::most_bytes + 4 * (exemplar::most_labels + 2) + 2 * longest_number + 8;

/// Puts ` # {trace_id="..."} value time` at the end of the line that was written last, in place of its end.
inline char* put_exemplar(char* out, const exemplar& one) {
  --out;
  std::string labels;
  one.for_each_label([&](std::string_view name, std::string_view value) {
    labels.append(labels.empty() ? "" : ",").append(name).append("=\"");
    append_escaped(labels, value, true);
    labels += '"';
  });
  out = put(put(put(out, " # {"), labels), "} ");
  out = write_number(out, one.value);
  *out++ = ' ';
  out = write_number(out, one.unix_nanoseconds / 1'000'000'000);
  *out++ = '.';
  for (std::uint64_t unit = 100, rest = one.unix_nanoseconds / 1'000'000 % 1000; unit != 0; rest %= unit, unit /= 10)
    *out++ = static_cast<char>('0' + rest / unit);
  *out++ = '\n';
  return out;
}

/// Writes a line `x_bucket{...}` with the cumulated count for each bound and +Inf, then `x_sum` and `x_count`.
inline char* put_histogram(char* out, const metric_family& family, const metric_sample& sample, text_format format) {
  std::uint64_t cumulated = 0;
  const bucket_exemplar* next = sample.exemplars.data();
  const bucket_exemplar* const end = next + (format == text_format::openmetrics ? sample.exemplars.size() : 0);
  for (std::size_t i = 0; i < sample.buckets.size(); ++i) {
    cumulated += sample.buckets[i];
    out = put_line(put(out, sample.series->text), family.bound_text[i], cumulated);
    if (next != end && next->bucket == i) out = put_exemplar(out, next++->exemplar);
  }
  const bool may_fall = family.native ? family.native.both_signs : family.bounds.front() < 0;
  if (format == text_format::openmetrics && (may_fall || !(sample.value >= 0))) return out;
  out = put_line(out, sample.series->sum_text, sample.value);
  return put_line(out, sample.series->count_text, sample.count);
}

/// The most characters that one sample's lines can take.
inline std::size_t room_for(const metric_family& family, const metric_sample& sample) noexcept {
  const metric_series& series = *sample.series;
  constexpr std::size_t ending = longest_number + 1;
  const std::size_t exemplars = sample.exemplars.size() * longest_exemplar;
  std::size_t room = series.text.size() + ending;
  if (family.type == metric_type::histogram) {
    room = series.sum_text.size() + series.count_text.size() + 2 * ending;
    for (const std::string& bound : family.bound_text) room += series.text.size() + bound.size() + ending;
  }
  return room + exemplars;
}

/// Appends the lines of a family's samples.
inline void append_samples(std::string& out, const metric_family_samples& each, text_format format) {
  const metric_family& family = *each.family;
  std::size_t room = 0;
  for (const metric_sample& sample : each.samples) room += room_for(family, sample);
  const std::size_t before = out.size();
  out.resize(before + room);
  char* at = out.data() + before;
  for (const metric_sample& sample : each.samples) {
    switch (family.type) {
      case metric_type::counter:
        at = family.nanoseconds ? put_line(at, sample.series->text, sample.value)
                                : put_line(at, sample.series->text, sample.count);
        if (format == text_format::openmetrics && !sample.exemplars.empty())
          at = put_exemplar(at, sample.exemplars.front().exemplar);
        break;
      case metric_type::gauge: at = put_line(at, sample.series->text, sample.value); break;
      case metric_type::histogram: at = put_histogram(at, family, sample, format); break;
    }
  }
  out.resize(static_cast<std::size_t>(at - out.data()));
}

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_EXPORT_DETAIL_EXPOSITION_HPP
