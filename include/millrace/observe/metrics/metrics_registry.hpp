#ifndef MILLRACE_OBSERVE_METRICS_METRICS_REGISTRY_HPP
#define MILLRACE_OBSERVE_METRICS_METRICS_REGISTRY_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/result.hpp>
#include <millrace/observe/metrics/detail/cells.hpp>
#include <millrace/observe/metrics/detail/metric_catalog.hpp>
#include <millrace/observe/metrics/instruments.hpp>
#include <millrace/observe/metrics/label_set.hpp>
#include <millrace/observe/metrics/metrics_snapshot.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

/// The default bounds of a timer, in seconds: from 100 ns to 10 s in steps of 1, 2, 5.
inline constexpr double latency_buckets[] = {1e-7, 2e-7, 5e-7, 1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5,
                                             1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2,
                                             1e-1, 2e-1, 5e-1, 1.0,  2.0,  5.0,  10.0};

/// What a registry accepts.
struct metrics_options {
  /// How many series, each with its own label values, a metric may have. A label with unbounded values (a user, a path)
  /// would otherwise fill the process's memory, and the collector's.
  std::size_t max_series_per_family = 10'000;
};

/// Makes metrics and takes snapshots of their values. A metric, or family, is a name with a type; it has a series of
/// values for each set of labels.
///
///     mr::observe::metrics_registry registry;
///     const auto rows = registry.counter({"rows_total", "Rows read."}, {{"split", "train"}});
///     if (!rows) return rows.error();
///     rows->add();
///     return mr::store::write_file("metrics.prom", mr::observe::to_prometheus(registry.snapshot()));
///
/// A second request for the same name and labels returns the same series. Handles may be used as long as the registry
/// exists; snapshots may outlive it.
/// Threads: all members, any number at once; a snapshot does not slow the hot paths down.
/// Errors: `invalid_argument` for a name, label, unit or bounds that collectors would refuse; `already_exists` for a
/// name in use with another type, help, unit, bounds or label names; `out_of_range` for a series beyond
/// `max_series_per_family`.
/// Fork: the child starts with what was counted until then and counts for itself. Do not fork while a thread makes
/// metrics or takes a snapshot.
class metrics_registry {
 public:
  explicit metrics_registry(metrics_options options = {})
      : options_(options), catalog_(new detail::metric_catalog<>), owner_(catalog_), born_(steady_clock().ticks()) {}
  metrics_registry(const metrics_registry&) = delete;
  metrics_registry& operator=(const metrics_registry&) = delete;
  ~metrics_registry() {
    catalog_->read([](detail::catalog_extent, const detail::catalog_family* family) {
      for (; family != nullptr; family = family->next)
        for (const detail::catalog_series* series = family->first; series != nullptr; series = series->next)
          if (series->cell_count != 0) release(*series);
    });
  }

  /// In exports the name ends in `_total`, whether it is given with or without that.
  template <class = void>
  result<observe::counter> counter(const metric_info& info, const label_set& labels = {});
  /// The same of time: the unit is seconds, so the name ends in `_seconds` or `_seconds_total`.
  template <class = void>
  result<observe::time_counter> time_counter(const metric_info& info, const label_set& labels = {});
  template <class = void>
  result<observe::gauge> gauge(const metric_info& info, const label_set& labels = {});
  /// `bounds` are the buckets' upper bounds: from 1 to 1000 of them, finite and ascending. A last bucket without a
  /// bound is added.
  template <class = void>
  result<observe::histogram> histogram(const metric_info& info, const std::vector<double>& bounds,
                                       const label_set& labels = {});
  /// Updates are durations, `bounds` and exports are in seconds, so the name ends in `_seconds`. Bounds lie between a
  /// nanosecond and 104 days; the overload without bounds uses `latency_buckets`.
  template <class = void>
  result<observe::timer> timer(const metric_info& info, const label_set& labels = {});
  template <class = void>
  result<observe::timer> timer(const metric_info& info, const std::vector<double>& bounds,
                               const label_set& labels = {});

  /// A name that says a unit ends in it, as for the others; `update` of a length of time is in seconds.
  template <class = void>
  result<observe::native_histogram> native_histogram(const metric_info& info, const native_options& options = {},
                                                     const label_set& labels = {});

  /// A counter's sum over all threads, for tests and health checks; an exporter uses `snapshot`.
  std::uint64_t total(observe::counter counted) const;

  /// All values now.
  template <class = void>
  metrics_snapshot snapshot() const {
    metrics_snapshot taken;
    snapshot(taken);
    return taken;
  }
  /// Takes a snapshot into an object that is reused, so that one every second does not allocate.
  template <class = void>
  void snapshot(metrics_snapshot& into) const;

 private:
  static void release(const detail::catalog_series& series) noexcept {
    if (detail::exemplar_store::in_use())
      detail::exemplar_store::instance().release(series.first_cell, series.cell_count);
    detail::cell_store::instance().release(series.first_cell, series.cell_count);
  }
  template <class = void>
  result<const detail::catalog_series*> add(const detail::family_request& request, const label_set& labels) {
    return catalog_->find_or_add(request, labels, options_.max_series_per_family);
  }
  using slab_list = std::span<const detail::cell_slab* const>;

  static std::uint64_t now(const detail::metric_cell& cell) noexcept { return cell.load_relaxed(); }
  /// Calls f(the series' first cell) for every slab that has the series. A thread whose slab ends before the series has
  /// never added to it.
  template <class F>
  static void for_each_part(const detail::catalog_series& series, slab_list slabs, F&& f) {
    for (const detail::cell_slab* slab : slabs)
      if (series.first_cell + series.cell_count <= slab->size) f(slab->cells + series.first_cell);
  }
  /// Sums a series' cells over all slabs into `sample` and `buckets`.
  template <class = void>
  static void read(const detail::catalog_series& series, slab_list slabs, metric_sample& sample,
                   std::span<std::uint64_t> buckets, native_counts*& natives);
  template <class = void>
  static void read_timer(const detail::catalog_series& series, slab_list slabs, metric_sample& sample,
                         std::span<std::uint64_t> buckets);
  template <class = void>
  static void read_native(const detail::catalog_series& series, slab_list slabs, metric_sample& sample,
                          std::span<std::uint64_t> buckets, native_counts& counts);
  /// Appends the exemplars of a series, whose slots are found by its first cell.
  template <class = void>
  static std::size_t read_exemplars(const detail::catalog_series& series, std::vector<bucket_exemplar>& to);
  template <class = void>
  static void read_histogram(const detail::catalog_series& series, slab_list slabs, metric_sample& sample,
                             std::span<std::uint64_t> buckets);

  metrics_options options_;
  detail::metric_catalog<>* catalog_;
  detail::shared_owner owner_;  // snapshots may outlive the registry
  std::uint64_t born_;          // when it was made, on the steady clock
};

template <class>
result<counter> metrics_registry::counter(const metric_info& info, const label_set& labels) {
  const auto series = add({info, metric_type::counter, false, {}, detail::counter_cell::kinds()}, labels);
  if (!series) return series.error();
  return observe::counter((*series)->first_cell);
}

template <class>
result<time_counter> metrics_registry::time_counter(const metric_info& info, const label_set& labels) {
  metric_info in_seconds = info;
  if (in_seconds.unit.empty()) in_seconds.unit = "seconds";
  const auto series = add({in_seconds, metric_type::counter, true, {}, detail::counter_cell::kinds()}, labels);
  if (!series) return series.error();
  return observe::time_counter((*series)->first_cell);
}

template <class>
result<gauge> metrics_registry::gauge(const metric_info& info, const label_set& labels) {
  const auto series = add({info, metric_type::gauge, false, {}, {}}, labels);
  if (!series) return series.error();
  return observe::gauge(*(*series)->gauge);
}

template <class>
result<histogram> metrics_registry::histogram(const metric_info& info, const std::vector<double>& bounds,
                                              const label_set& labels) {
  const auto series =
      add({info, metric_type::histogram, false, bounds, detail::histogram_cells::kinds(bounds.size())}, labels);
  if (!series) return series.error();
  return observe::histogram({*(*series)->family->reals, (*series)->first_cell});
}

template <class>
result<timer> metrics_registry::timer(const metric_info& info, const label_set& labels) {
  return timer(info, std::vector<double>(std::begin(latency_buckets), std::end(latency_buckets)), labels);
}

template <class>
result<timer> metrics_registry::timer(const metric_info& info, const std::vector<double>& bounds,
                                      const label_set& labels) {
  metric_info in_seconds = info;
  if (in_seconds.unit.empty()) in_seconds.unit = "seconds";
  const auto series =
      add({in_seconds, metric_type::histogram, true, bounds, detail::timer_cells::kinds(bounds.size())}, labels);
  if (!series) return series.error();
  return observe::timer({*(*series)->family->wholes, (*series)->first_cell});
}

template <class>
result<native_histogram> metrics_registry::native_histogram(const metric_info& info, const native_options& options,
                                                            const label_set& labels) {
  const auto layout = native_layout::make(options);
  if (!layout) return error(layout.error()).wrap("metric \"" + detail::valid_utf8(info.name) + "\"");
  const auto series =
      add({info, metric_type::histogram, false, {}, detail::native_cells::kinds(*layout), *layout}, labels);
  if (!series) return series.error();
  return observe::native_histogram({*(*series)->family->natives, (*series)->first_cell});
}

inline std::uint64_t metrics_registry::total(observe::counter counted) const {
  std::uint64_t sum = 0;
  detail::cell_store::instance().read([&](slab_list slabs) {
    for (const detail::cell_slab* slab : slabs)
      if (counted.cell_.end <= slab->size) sum += slab->cells[counted.cell_.end - 1].load_relaxed();
  });
  return sum;
}

template <class>
void metrics_registry::read_timer(const detail::catalog_series& series, slab_list slabs, metric_sample& sample,
                                  std::span<std::uint64_t> buckets) {
  const auto raise = [](std::uint64_t& most, std::uint64_t value) { most = value > most ? value : most; };
  std::uint64_t sum = 0;
  std::uint64_t greatest = 0;
  std::uint64_t least = 0;
  for_each_part(series, slabs, [&](const detail::metric_cell* cells) {
    sum += now(cells[detail::timer_cells::sum]);
    raise(greatest, now(cells[detail::timer_cells::greatest]));
    raise(least, now(cells[detail::timer_cells::least]));
    for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += now(cells[detail::timer_cells::buckets + i]);
  });
  sample.nanoseconds = sum;
  sample.value = static_cast<double>(sum) / 1e9;
  sample.greatest = static_cast<double>(greatest) / 1e9;
  if (least != 0) sample.least = static_cast<double>(~least) / 1e9;
}

template <class>
void metrics_registry::read_histogram(const detail::catalog_series& series, slab_list slabs, metric_sample& sample,
                                      std::span<std::uint64_t> buckets) {
  const std::uint32_t skipped = detail::histogram_cells::pairs_of(series.first_cell) - series.first_cell;
  for_each_part(series, slabs, [&](const detail::metric_cell* cells) {
    const detail::metric_cell* const pairs = cells + skipped;
    for (std::size_t i = 0; i < buckets.size(); ++i) {
      buckets[i] += static_cast<std::uint64_t>(std::bit_cast<double>(now(pairs[2 * i])));
      sample.value += std::bit_cast<double>(now(pairs[2 * i + 1]));
    }
  });
}

template <class>
void metrics_registry::read_native(const detail::catalog_series& series, slab_list slabs, metric_sample& sample,
                                   std::span<std::uint64_t> buckets, native_counts& counts) {
  using cells_of = detail::native_cells;
  const native_layout& layout = series.family->info.native;
  const std::span<std::uint64_t> signed_ones = buckets.subspan(1);
  counts.zeros = 0;
  for_each_part(series, slabs, [&](const detail::metric_cell* cells) {
    sample.value += std::bit_cast<double>(now(cells[cells_of::sum]));
    counts.zeros += now(cells[cells_of::zeros]);
    for (std::size_t i = 0; i < signed_ones.size(); ++i) signed_ones[i] += now(cells[cells_of::buckets + i]);
  });
  buckets[0] = counts.zeros;
  for (const std::uint64_t n : signed_ones) buckets[0] += n;
  counts.positive = signed_ones.first(layout.buckets);
  counts.negative = signed_ones.subspan(layout.buckets);
  sample.native = &counts;
}

template <class>
std::size_t metrics_registry::read_exemplars(const detail::catalog_series& series, std::vector<bucket_exemplar>& to) {
  const metric_family& family = series.family->info;
  if (family.type == metric_type::gauge || family.native) return 0;
  const std::uint32_t cell = family.type == metric_type::histogram && !family.nanoseconds
                                 ? detail::histogram_cells::pairs_of(series.first_cell)
                                 : series.first_cell;
  const detail::series_exemplars* const slots = detail::exemplar_store::instance().find(cell);
  if (slots == nullptr) return 0;
  const std::size_t before = to.size();
  bucket_exemplar one;
  for (one.bucket = 0; one.bucket < slots->size; ++one.bucket)
    if (slots->slots[one.bucket].read(one.exemplar)) to.push_back(one);
  return to.size() - before;
}

template <class>
void metrics_registry::read(const detail::catalog_series& series, slab_list slabs, metric_sample& sample,
                            std::span<std::uint64_t> buckets, native_counts*& natives) {
  const metric_family& family = series.family->info;
  sample = metric_sample{};
  sample.series = &series.info;
  switch (family.type) {
    case metric_type::gauge: sample.value = series.gauge->value.load_relaxed(); return;
    case metric_type::counter:
      for_each_part(series, slabs, [&](const detail::metric_cell* cells) { sample.count += now(*cells); });
      if (family.nanoseconds) sample.value = static_cast<double>(sample.count) / 1e9;
      return;
    case metric_type::histogram:
      if (family.native)
        read_native(series, slabs, sample, buckets, *natives++);
      else if (family.nanoseconds)
        read_timer(series, slabs, sample, buckets);
      else
        read_histogram(series, slabs, sample, buckets);
      sample.buckets = family.native ? buckets.first(1) : buckets;
      for (const std::uint64_t n : sample.buckets) sample.count += n;
  }
}

template <class>
void metrics_registry::snapshot(metrics_snapshot& into) const {
  into.catalog_ = owner_;
  into.registry_id = catalog_->id();
  into.unix_nanoseconds = unix_nanoseconds();
  into.uptime_nanoseconds = steady_clock().ticks() - born_;
  into.families_.clear();
  into.exemplars_.clear();
  const bool may_have_exemplars = detail::exemplar_store::in_use();
  catalog_->read([&](detail::catalog_extent size, const detail::catalog_family* first) {
    into.samples_.resize(size.series);
    into.buckets_.assign(size.buckets, 0);
    into.natives_.resize(size.natives);
    native_counts* natives = into.natives_.data();
    metric_sample* sample = into.samples_.data();
    std::uint64_t* buckets = into.buckets_.data();
    detail::cell_store::instance().read([&](slab_list slabs) {
      for (const detail::catalog_family* family = first; family != nullptr; family = family->next) {
        metric_sample* const first_sample = sample;
        const std::size_t bucket_count = detail::snapshot_buckets(family->info);
        for (const detail::catalog_series* each = family->first; each != nullptr; each = each->next) {
          read(*each, slabs, *sample, {buckets, bucket_count}, natives);
          if (!each->shows_zero && sample->count == 0) continue;
          // The list may still move: for now the span has its length alone.
          if (may_have_exemplars) [[unlikely]]
            sample->exemplars = {static_cast<const bucket_exemplar*>(nullptr), read_exemplars(*each, into.exemplars_)};
          ++sample;
          buckets += bucket_count;
        }
        into.families_.push_back({&family->info, {first_sample, sample}});
      }
    });
    if (into.exemplars_.empty()) return;
    const bucket_exemplar* next = into.exemplars_.data();
    for (metric_sample* each = into.samples_.data(); each != sample; ++each) {
      each->exemplars = {next, each->exemplars.size()};
      next += each->exemplars.size();
    }
  });
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_METRICS_METRICS_REGISTRY_HPP
