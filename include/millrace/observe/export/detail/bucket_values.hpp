#ifndef MILLRACE_OBSERVE_EXPORT_DETAIL_BUCKET_VALUES_HPP
#define MILLRACE_OBSERVE_EXPORT_DETAIL_BUCKET_VALUES_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/observe/metrics/metrics_snapshot.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {
namespace detail {

/// The upper end of a bucket of a native histogram, by Prometheus' number.
inline double native_bound(const native_layout& layout, std::int32_t number) noexcept {
  const std::int32_t parts = std::int32_t{1} << layout.schema;
  const std::int32_t octave = number >> layout.schema;
  const double part = static_cast<double>(number - octave * parts) / parts;
  return millrace::detail::math::ldexp(millrace::detail::math::exp2(part), octave);
}

/// Calls f(count, low, high) for each bucket of a histogram that got new values since `before`, in ascending order.
template <class F>
void for_each_bucket(const metric_family& family, const metric_sample& now, const metric_sample* before, F&& f) {
  const auto grown = [](std::span<const std::uint64_t> counts, std::span<const std::uint64_t> then, std::size_t i) {
    return counts[i] - (i < then.size() ? then[i] : 0);
  };
  const std::span<const std::uint64_t> none;
  if (!family.native) {
    const std::size_t last = family.bounds.size();
    for (std::size_t i = 0; i <= last; ++i) {
      const std::uint64_t count = grown(now.buckets, before != nullptr ? before->buckets : none, i);
      if (count == 0) continue;
      // The outer buckets have no other end: what a timer saw, zero, or the bound itself stands for it.
      const double low = i > 0 ? family.bounds[i - 1] : family.bounds[0] > 0 ? 0.0 : family.bounds[0];
      const double high = i < last ? family.bounds[i] : now.greatest > low ? now.greatest : low;
      f(count, low, high);
    }
    return;
  }
  const native_layout& layout = family.native;
  const auto number = [&](std::size_t i) { return layout.first + static_cast<std::int32_t>(i); };
  for (std::size_t i = now.native->negative.size(); i-- > 0;)
    if (const std::uint64_t count = grown(now.native->negative, before != nullptr ? before->native->negative : none, i);
        count != 0)
      f(count, -native_bound(layout, number(i)), -native_bound(layout, number(i) - 1));
  if (const std::uint64_t count = now.native->zeros - (before != nullptr ? before->native->zeros : 0); count != 0)
    f(count, 0.0, 0.0);
  for (std::size_t i = 0; i < now.native->positive.size(); ++i)
    if (const std::uint64_t count = grown(now.native->positive, before != nullptr ? before->native->positive : none, i);
        count != 0)
      f(count, native_bound(layout, number(i) - 1), native_bound(layout, number(i)));
}

/// Up to `most` values that are spread as those that a histogram got since `before`: of ranks that are evenly apart,
/// each where it lies in its bucket if the bucket's values are evenly apart.
template <class = void>
std::vector<double> bucket_values(const metric_family& family, const metric_sample& now, const metric_sample* before,
                                  std::size_t most) {
  const std::uint64_t total = now.count - (before != nullptr ? before->count : 0);
  const std::size_t wanted = total < most ? static_cast<std::size_t>(total) : most;
  const double step = wanted == 0 ? 0.0 : static_cast<double>(total) / static_cast<double>(wanted);
  std::vector<double> made;
  made.reserve(wanted);
  double seen = 0;
  for_each_bucket(family, now, before, [&](std::uint64_t count, double low, double high) {
    const auto size = static_cast<double>(count);
    while (made.size() < wanted) {
      const double rank = (static_cast<double>(made.size()) + 0.5) * step;
      if (rank > seen + size) break;
      made.push_back(low + (high - low) * ((rank - seen) / size));
    }
    seen += size;
  });
  return made;
}

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_EXPORT_DETAIL_BUCKET_VALUES_HPP
