#ifndef MILLRACE_AGGREGATE_KEYED_STREAMING_AGGREGATOR_HPP
#define MILLRACE_AGGREGATE_KEYED_STREAMING_AGGREGATOR_HPP

#include <millrace/aggregate/histograms/ddsketch.hpp>
#include <millrace/aggregate/keyed/detail/group_index.hpp>
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/extremes.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/members/sketch_members.hpp>
#include <millrace/aggregate/members/sums.hpp>
#include <millrace/aggregate/windows/detail/pane_queue.hpp>
#include <millrace/aggregate/windows/time.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/saved/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {

/// What a `streaming_aggregator` knows of a metric, or of a group of it, over its window. NaN where there
/// are too few events.
struct metric_stats {
  std::string metric;
  std::string group;  ///< empty: the metric as a whole
  std::uint64_t count = 0;
  double rate = 0;  ///< events a second; of a stream younger than the window, over the panes since its first event
  double sum = 0;
  double mean = 0;
  double min = 0;
  double max = 0;
  double variance = 0;  ///< of a sample: divided by count - 1
  double stddev = 0;
  double p50 = 0;  ///< the percentiles within 1 % of the value
  double p90 = 0;
  double p95 = 0;
  double p99 = 0;
};

struct streaming_options {
  duration window{300'000'000'000};
  std::size_t panes = 30;  ///< the window is forgotten pane by pane
  std::size_t most_metrics = 1024;
  std::size_t most_groups = 256;  ///< of each metric
};

/// Statistics and percentiles over a sliding window for metrics that are named at run time, each split into
/// groups where wanted.
///
///     mr::streaming_aggregator events;                     // of the last five minutes
///     events.update("cpu_usage", 75.5);
///     events.update("latency", "eu-west", 12.5);           // into a group of the metric
///     events.stats("latency").p99;  events.stats("latency", "eu-west").mean;
///     for (auto& one : events.all_stats()) ...
///
/// Models: mergeable, saveable. Times are saved as they are: those that a steady clock stamped mean nothing to another
/// machine.
/// Guarantee: statistics are those of `aggregate` and `ddsketch` over the panes that overlap the last
/// `window`; the whole of a metric includes its groups. Metrics and groups beyond their bounds share one
/// named "(overflow)", so that totals stay whole. An event from before the window is counted in `late()`
/// and left out. Merging two answers what one over both streams would; beyond the bounds, who has a name of its own
/// depends on the order of merges.
/// Complexity: update O(1): a hash of the name, a reading of the clock, one fused update; `metric(name)`
/// saves the hash. stats O(panes) once a pane, then O(1), and O(groups) for the whole of a grouped metric.
/// Memory: 2 (panes + 2) aggregates, each 1.3 KiB and its buckets, for each metric and group; allocates: for new
/// ones, and as ranges of values grow.
/// Threads: one at a time. Errors: an unknown metric has no events; merge: type_mismatch for another window or other
/// panes, and the aggregate's own, after which nothing is merged; load: as every saved form.
///
/// `Aggregate`: one that answers all that `metric_stats` holds, and whatever else is to be asked of `window`.
template <clock_policy Clock = steady_clock,
          class Aggregate = aggregate<count, sum, mean, variance, min, max, quantiles<ddsketch<>>>>
class basic_streaming_aggregator {
 public:
  using aggregate_type = Aggregate;
  static constexpr bool commutative = false;  // in the order of metrics and groups
  static constexpr std::string_view overflow_name = "(overflow)";

  /// A metric's place, to update it without its name. Valid until `reset`.
  struct metric_id {
    std::size_t index;
  };

  explicit basic_streaming_aggregator(streaming_options options = {}, Clock clock = Clock())
      : options_(options), clock_(std::move(clock)) {
    const std::size_t most = options.panes > 100'000 ? 100'000 : options.panes;
    const auto panes = static_cast<std::int64_t>(most < 1 ? 1 : most);
    const std::int64_t window = options.window.nanoseconds > 0 ? options.window.nanoseconds : 1;
    pane_ = window / panes + (window % panes > 0 ? 1 : 0);
    options_.window = duration(window);
  }

  metric_id metric(std::string_view name) {
    std::size_t id = names_.find(name);
    if (id == detail::no_group) {
      if (metrics_.size() >= options_.most_metrics && name != overflow_name) return metric(overflow_name);
      id = names_.insert(name);
      metrics_.push_back(metric_state{{}, {}, new_series()});
    }
    return {id};
  }

  void update(std::string_view name, double x) { update(metric(name), x, now()); }
  void update(std::string_view name, double x, at time) { update(metric(name), x, time); }
  void update(metric_id metric, double x) { update(metric, x, now()); }
  void update(metric_id metric, double x, at time) { add(metrics_[metric.index].whole, x, time.nanoseconds); }
  void update(std::string_view name, std::string_view group, double x) { update(metric(name), group, x, now()); }
  void update(std::string_view name, std::string_view group, double x, at time) {
    update(metric(name), group, x, time);
  }
  void update(metric_id metric, std::string_view group, double x, at time) {
    add(group_of(metrics_[metric.index], group), x, time.nanoseconds);
  }

  /// As of now.
  metric_stats stats(std::string_view name) { return stats(name, now()); }
  metric_stats stats(std::string_view name, std::string_view group) { return stats(name, group, now()); }
  /// As of a time, which is not before the last one.
  metric_stats stats(std::string_view name, at time) {
    const std::size_t id = names_.find(name);
    return id == detail::no_group ? made(name, {}, nothing())
                                  : made(name, {}, whole_of(metrics_[id], time), known_from(metrics_[id]), time);
  }
  metric_stats stats(std::string_view name, std::string_view group, at time) {
    const std::size_t id = names_.find(name);
    if (id != detail::no_group) {
      const std::size_t in = metrics_[id].names.find(group);
      if (in != detail::no_group) {
        series& one = metrics_[id].groups[in];
        return made(name, group, panes_of(one, time), one.panes.begin(), time);
      }
    }
    return made(name, group, nothing());
  }
  /// The aggregate itself, to be asked for more, or merged with another process's.
  aggregate_type window(std::string_view name) { return window(name, now()); }
  aggregate_type window(std::string_view name, at time) {
    const std::size_t id = names_.find(name);
    return id == detail::no_group ? aggregate_type() : whole_of(metrics_[id], time);
  }

  /// Every metric in the order of first events, each followed by its groups.
  std::vector<metric_stats> all_stats() { return all_stats(now()); }
  std::vector<metric_stats> all_stats(at time) {
    std::vector<metric_stats> all;
    for (std::size_t id = 0; id < metrics_.size(); ++id) {
      all.push_back(made(names_.key(id), {}, whole_of(metrics_[id], time), known_from(metrics_[id]), time));
      for (std::size_t g = 0; g < metrics_[id].groups.size(); ++g)
        all.push_back(made(names_.key(id), metrics_[id].names.key(g), panes_of(metrics_[id].groups[g], time),
                           metrics_[id].groups[g].panes.begin(), time));
    }
    return all;
  }
  /// `all_stats` as a JSON array of objects; NaN is "NaN".
  std::string json() { return json(now()); }
  std::string json(at time) {
    std::string text;
    json_writer to(text);
    to.begin_array();
    for (const metric_stats& one : all_stats(time)) {
      to.begin_object().member("metric", one.metric);
      if (!one.group.empty()) to.member("group", one.group);
      to.member("count", one.count).member("rate", one.rate).member("sum", one.sum).member("mean", one.mean);
      to.member("min", one.min).member("max", one.max).member("variance", one.variance).member("stddev", one.stddev);
      to.member("p50", one.p50).member("p90", one.p90).member("p95", one.p95).member("p99", one.p99).end_object();
    }
    to.end_array();
    return text;
  }

  /// Takes up the metrics and groups of another stream, or of a part of this one.
  result<void> merge(const basic_streaming_aggregator& other) {
    if (other.options_.window.nanoseconds != options_.window.nanoseconds)
      return detail::other_window("length", duration(other.options_.window.nanoseconds),
                                  duration(options_.window.nanoseconds));
    if (other.pane_ != pane_) return detail::other_window("length of panes", duration(other.pane_), duration(pane_));
    if constexpr (std::is_void_v<decltype(std::declval<aggregate_type&>().merge(std::declval<aggregate_type>()))>) {
      return take_in(other);
    } else {
      basic_streaming_aggregator both = *this;
      result<void> done = both.take_in(other);
      if (done) *this = std::move(both);
      return done;
    }
  }

  std::vector<std::byte> save() const {
    envelope_writer to(type);
    to.i64(options_.window.nanoseconds);
    for (const std::uint64_t n : {std::uint64_t{options_.panes}, std::uint64_t{options_.most_metrics},
                                  std::uint64_t{options_.most_groups}, events_, late_})
      to.u64(n);
    to.u64(metrics_.size());
    for (std::size_t id = 0; id < metrics_.size(); ++id) {
      const metric_state& one = metrics_[id];
      names_.save_key(id, to);
      one.whole.panes.save(to);
      to.u64(one.groups.size());
      for (std::size_t g = 0; g < one.groups.size(); ++g) {
        one.names.save_key(g, to);
        one.groups[g].panes.save(to);
      }
    }
    return std::move(to).finish();
  }
  static result<basic_streaming_aggregator> load(std::span<const std::byte> bytes, Clock clock = Clock()) {
    auto from = envelope_reader::open(bytes, type);
    if (!from) return std::move(from).error();
    streaming_options options;
    options.window = duration(from->i64());
    options.panes = static_cast<std::size_t>(from->u64());
    options.most_metrics = static_cast<std::size_t>(from->u64());
    options.most_groups = static_cast<std::size_t>(from->u64());
    basic_streaming_aggregator made(options, std::move(clock));
    made.events_ = from->u64();
    made.late_ = from->u64();
    result<void> done = load_named(*from, options.most_metrics, made.names_, [&]() -> result<void> {
      auto whole = made.load_series(*from);
      if (!whole) return std::move(whole).error();
      made.metrics_.push_back(metric_state{{}, {}, *std::move(whole)});
      metric_state& one = made.metrics_.back();
      return load_named(*from, options.most_groups, one.names, [&]() -> result<void> {
        auto group = made.load_series(*from);
        if (!group) return std::move(group).error();
        one.groups.push_back(*std::move(group));
        return {};
      });
    });
    if (!done) return std::move(done).error().wrap("saved " + std::string(type));
    if (done = from->finish(options.window.nanoseconds > 0); !done) return std::move(done).error();
    return made;
  }

  const streaming_options& options() const noexcept { return options_; }
  std::size_t metrics() const noexcept { return metrics_.size(); }
  /// How many events there were, since the beginning or the last `reset`.
  std::uint64_t events() const noexcept { return events_; }
  std::uint64_t late() const noexcept { return late_; }
  /// Forgets all metrics.
  void reset() { *this = basic_streaming_aggregator(options_, std::move(clock_)); }

 private:
  static constexpr std::string_view type = "streaming_aggregator";

  struct series {
    explicit series(detail::pane_queue<aggregate_type> kept) : panes(std::move(kept)) { close(); }
    series(const series& other) : series(other.panes) {}  // `open` points into the panes
    series& operator=(const series& other) { return *this = series(other); }
    series(series&&) = default;
    series& operator=(series&&) = default;

    /// Another pane than the open one may be the newest now; only that is ever open.
    void close() noexcept { begin = end = panes.now(); }

    detail::pane_queue<aggregate_type> panes;
    std::int64_t begin;  // of the open pane
    std::int64_t end;
    aggregate_type* open = nullptr;
  };
  struct metric_state {
    detail::group_index<std::string> names;
    std::vector<series> groups;
    series whole;  // of events without a group
  };

  at now() const noexcept { return at(static_cast<std::int64_t>(clock_.nanoseconds(clock_.ticks()))); }
  series new_series() const {
    return series(detail::pane_queue<aggregate_type>(aggregate_type(), options_.window.nanoseconds, pane_));
  }

  result<void> take_in(const basic_streaming_aggregator& other) {
    if (&other == this) return take_in(basic_streaming_aggregator(other));
    result<void> done;
    const auto join = [&](series& into, const series& from) {
      if (done) done = into.panes.merge(from.panes);
      into.close();
    };
    for (std::size_t id = 0; id < other.metrics_.size(); ++id) {
      const metric_state& theirs = other.metrics_[id];
      metric_state& mine = metrics_[metric(other.names_.key(id)).index];
      join(mine.whole, theirs.whole);
      for (std::size_t g = 0; g < theirs.groups.size(); ++g)
        join(group_of(mine, theirs.names.key(g)), theirs.groups[g]);
    }
    events_ += other.events_;
    late_ += other.late_;
    return done;
  }

  result<series> load_series(envelope_reader& from) const {
    auto panes = detail::pane_queue<aggregate_type>::load(from, options_.window.nanoseconds, pane_);
    if (!panes) return std::move(panes).error();
    return series(*std::move(panes));
  }
  /// Names, each once and followed by what `next` reads; no more of them than `most` and the overflow's.
  template <class Next>
  static result<void> load_named(envelope_reader& from, std::size_t most, detail::group_index<std::string>& names,
                                 Next&& next) {
    const std::size_t count = from.count(64);
    for (std::size_t i = 0; i < count; ++i) {
      if (names.load_key(from) != i) return error(errc::corrupt, "a name comes twice, or ends too early");
      if (result<void> done = next(); !done) return done;
    }
    if (count > most && (count - most > 1 || names.find(overflow_name) == detail::no_group))
      return error(errc::corrupt, "more names than its bounds allow");
    return {};
  }

  series& group_of(metric_state& metric, std::string_view group) {
    std::size_t id = metric.names.find(group);
    if (id == detail::no_group) {
      if (metric.groups.size() >= options_.most_groups && group != overflow_name)
        return group_of(metric, overflow_name);
      id = metric.names.insert(group);
      metric.groups.push_back(new_series());
    }
    return metric.groups[id];
  }

  void add(series& to, double x, std::int64_t time) {
    ++events_;
    if (time >= to.begin && time < to.end) [[likely]] {
      to.open->update(x);
      return;
    }
    aggregate_type* const pane = to.panes.pane_of(time, options_.window.nanoseconds);
    if (pane == nullptr) {
      ++late_;
      return;
    }
    pane->update(x);
    if (time < to.end) return;  // the newest pane stays the open one
    to.open = pane;
    to.begin = detail::aligned(time, pane_);
    to.end = detail::later_by(to.begin, pane_);
  }
  static aggregate_type panes_of(series& of, at time) {
    of.panes.pass(time.nanoseconds);
    if (time.nanoseconds >= of.end) of.begin = of.end = time.nanoseconds;  // another pane is open now
    return of.panes.sum();
  }
  static aggregate_type whole_of(metric_state& metric, at time) {
    aggregate_type all = panes_of(metric.whole, time);
    for (series& group : metric.groups) (void)all.merge(panes_of(group, time));
    return all;
  }

  static std::int64_t known_from(const metric_state& metric) {
    std::int64_t begin = metric.whole.panes.begin();
    for (const series& group : metric.groups)
      if (group.panes.begin() < begin) begin = group.panes.begin();
    return begin;
  }
  static aggregate_type nothing() { return {}; }

  /// `begin`: of the first pane that is known of; asked after the panes have been brought up to `now`.
  metric_stats made(std::string_view metric, std::string_view group, const aggregate_type& of,
                    std::int64_t begin = detail::end_of_time, at now = at()) const {
    const std::int64_t past = detail::earlier_by(now.nanoseconds, begin);
    const auto& quantile = of.template get<quantiles>();
    metric_stats stats;
    stats.metric = metric;
    stats.group = group;
    stats.count = of.template get<millrace::count>();
    stats.rate = static_cast<double>(stats.count) * 1e9 / static_cast<double>(past > pane_ ? past : pane_);
    stats.sum = of.template get<millrace::sum>();
    stats.mean = of.template get<mean>();
    stats.min = of.template get<min>();
    stats.max = of.template get<max>();
    stats.variance = of.template get<variance>();
    stats.stddev = of.template get<stddev>();
    stats.p50 = quantile(0.5);
    stats.p90 = quantile(0.9);
    stats.p95 = quantile(0.95);
    stats.p99 = quantile(0.99);
    return stats;
  }

  streaming_options options_;
  Clock clock_;
  std::int64_t pane_ = 1;
  detail::group_index<std::string> names_;
  std::vector<metric_state> metrics_;
  std::uint64_t events_ = 0;
  std::uint64_t late_ = 0;
};

using streaming_aggregator = basic_streaming_aggregator<>;

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_KEYED_STREAMING_AGGREGATOR_HPP
