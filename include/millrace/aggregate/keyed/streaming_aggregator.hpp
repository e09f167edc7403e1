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
#include <millrace/core/detail/swap_members.hpp>
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

/// The statistics of a metric, or of one of its groups, over the window of a `streaming_aggregator`. NaN where there
/// are too few events.
struct metric_stats {
  std::string metric;
  std::string group;  ///< empty: the metric as a whole
  std::uint64_t count = 0;
  double rate = 0;  ///< events a second, over the panes in the window from that of the first event on, at least one
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

/// The window of a streaming aggregator, and how much it may hold.
struct streaming_options {
  duration window{300'000'000'000};
  std::size_t panes = 30;  ///< the window is forgotten pane by pane
  std::size_t most_metrics = 1024;
  std::size_t most_groups = 256;  ///< of each metric
  duration jump{};                ///< how far an event may be ahead of the newest open pane; zero: as far as it likes
};

/// Statistics and percentiles over a sliding window for metrics that are named at run time. The events of a metric may
/// be split into groups.
///
///     mr::streaming_aggregator events;                     // of the last five minutes
///     events.update("cpu_usage", 75.5);
///     events.update("latency", "eu-west", 12.5);           // into a group of the metric
///     events.stats("latency").p99;  events.stats("latency", "eu-west").mean;
///     for (auto& one : events.all_stats()) ...
///
/// `Aggregate`: one that keeps all members that `metric_stats` holds, and whatever else you ask `window` for.
///
/// Models: mergeable, saveable. Times are saved as they are: those of a steady clock mean nothing on another machine.
/// Guarantee: statistics are those of `aggregate` and `ddsketch` over the panes that overlap the last `window`; those
/// of a whole metric include its groups. Const functions do not change what later calls return: time passes by events
/// and `advance` only. Metrics beyond `most_metrics` share one named "(overflow)", and so do the groups of a metric
/// beyond `most_groups`, so that totals stay whole. Merging two gives what one over both streams would be; beyond the
/// bounds the order of merges decides which metrics and groups have names of their own. Events from before the window
/// are left out and counted in `late()`, events further ahead than `jump` in `refused()`.
/// Complexity: update O(1): a hash of the name, a reading of the clock, an update of the aggregate; with a `metric_id`
/// no hash. `stats`: three merges, after a late event O(panes) until the next pane begins, and O(groups) for a whole
/// metric with groups. Memory: 2 (panes + 2) aggregates, each 2.3 KiB and its buckets, for each metric and group.
/// Allocates: for new metrics and groups, and as ranges of values grow.
/// Threads: one at a time; const calls from any number.
/// Errors: an unknown metric is no error: it has no events. `make`: invalid_argument for a window that is not above
/// zero, for no panes, for more than `most_panes`, and for panes shorter than a nanosecond; one that is constructed
/// with such options refuses every event. merge: type_mismatch for another window or other panes, and the aggregate's
/// own; after an error nothing is merged. load: those of `envelope_reader::open`, corrupt, and the aggregate's own.
template <clock_policy Clock = steady_clock,
          class Aggregate = aggregate<count, sum, mean, variance, min, max, quantiles<ddsketch<>>>>
class basic_streaming_aggregator {
 public:
  using aggregate_type = Aggregate;
  static constexpr bool commutative = false;  // the order of merges decides on the order of metrics and groups
  static constexpr std::string_view overflow_name = "(overflow)";

  static constexpr std::size_t most_panes = detail::most_panes;

  /// Stands for a metric's name, so that updates need not look it up. Valid until `reset`, `expire` or assignment.
  struct metric_id {
    std::size_t index;
  };

  explicit basic_streaming_aggregator(streaming_options options = {}, Clock clock = Clock())
      : options_(options), clock_(std::move(clock)) {
    possible_ = detail::no_panes(options.window, options.panes, most_panes).empty();
    if (possible_) pane_ = (options.window.nanoseconds - 1) / static_cast<std::int64_t>(options.panes) + 1;
  }
  basic_streaming_aggregator(const basic_streaming_aggregator&) = default;
  basic_streaming_aggregator& operator=(const basic_streaming_aggregator&) = default;
  /// The one moved from is as newly made.
  basic_streaming_aggregator(basic_streaming_aggregator&& other) noexcept
      : basic_streaming_aggregator(other.options_, other.clock_) {
    swap(other);
  }
  basic_streaming_aggregator& operator=(basic_streaming_aggregator&& other) noexcept {
    basic_streaming_aggregator taken(std::move(other));
    swap(taken);
    return *this;
  }
  /// Errors: invalid_argument for impossible options, see above.
  static result<basic_streaming_aggregator> make(streaming_options options, Clock clock = Clock()) {
    if (std::string why = detail::no_panes(options.window, options.panes, most_panes); !why.empty())
      return error(errc::invalid_argument, "streaming_aggregator: " + std::move(why));
    return basic_streaming_aggregator(options, std::move(clock));
  }

  /// The id of a metric, which is made if it is new: that of the overflow if there are `most_metrics` already.
  metric_id metric(std::string_view name) {
    std::size_t id = names_.find(name);
    if (id == detail::no_group) {
      if (metrics_.size() >= options_.most_metrics && name != overflow_name) return metric(overflow_name);
      id = names_.insert(name);
      metrics_.push_back(metric_state{{}, {}, new_series()});
    }
    return {id};
  }

  /// Takes an event of the value x, for a metric or a group of it, of now or of a time.
  void update(std::string_view name, double x) { update(metric(name), x, now()); }
  void update(std::string_view name, double x, time_point time) { update(metric(name), x, time); }
  void update(metric_id metric, double x) { update(metric, x, now()); }
  void update(metric_id metric, double x, time_point time) { add(metrics_[metric.index].whole, x, time.nanoseconds); }
  void update(std::string_view name, std::string_view group, double x) { update(metric(name), group, x, now()); }
  void update(std::string_view name, std::string_view group, double x, time_point time) {
    update(metric(name), group, x, time);
  }
  void update(metric_id metric, std::string_view group, double x, time_point time) {
    add(group_of(metrics_[metric.index], group), x, time.nanoseconds);
  }

  template <class Metric, detail::bare_number Number>
  void update(const Metric&, double, Number) {
    static_assert(!sizeof(Number),
                  "millrace[WINDOW-13]: a bare number is no time: write mr::time_point(t), of nanoseconds, or of a "
                  "std::chrono::time_point; the name of a group stands before the number");
  }

  /// Lets time pass for every metric and group without an event; the bound `jump` does not apply.
  void advance() { advance(now()); }
  void advance(time_point time) {
    for_each_series([&](series& one) {
      one.panes.pass(time.nanoseconds);
      one.panes.sum_up();
      one.close();
    });
    if (time.nanoseconds > ahead_) ahead_ = time.nanoseconds;
  }
  /// Forgets the metrics and groups that have no event in the window, as of the last event or `advance` of each, so
  /// that other names may have their places. Call `advance` first. Returns how many metrics and groups it forgot.
  std::size_t expire() {
    std::size_t gone = 0;
    detail::group_index<std::string> names;
    std::vector<metric_state> kept;
    for (std::size_t id = 0; id < metrics_.size(); ++id) {
      metric_state& one = metrics_[id];
      gone += expire_groups(one);
      if (one.groups.empty() && one.whole.panes.empty()) {
        ++gone;
      } else {
        (void)names.insert(names_.key(id));
        kept.push_back(std::move(one));
      }
    }
    names_ = std::move(names);
    metrics_ = std::move(kept);
    return gone;
  }

  /// The statistics of a metric or a group, as of now by the clock, or as of the metric's last event or `advance` if
  /// that is later.
  metric_stats stats(std::string_view name) const { return stats(name, now()); }
  metric_stats stats(std::string_view name, std::string_view group) const { return stats(name, group, now()); }
  /// The same as of a time, or as of the metric's last event or `advance` if that is later.
  metric_stats stats(std::string_view name, time_point time) const {
    const std::size_t id = names_.find(name);
    return id == detail::no_group ? stats_of(name, {}, aggregate_type()) : stats_of_whole(id, time);
  }
  metric_stats stats(std::string_view name, std::string_view group, time_point time) const {
    const std::size_t id = names_.find(name);
    if (id != detail::no_group) {
      const std::size_t in = metrics_[id].names.find(group);
      if (in != detail::no_group) return stats_of_group(id, in, time);
    }
    return stats_of(name, group, aggregate_type());
  }
  /// The aggregate over a metric's window, to ask it for other members, or to merge it with another process's.
  aggregate_type window(std::string_view name) const { return window(name, now()); }
  aggregate_type window(std::string_view name, time_point time) const {
    const std::size_t id = names_.find(name);
    return id == detail::no_group ? aggregate_type() : whole_of(metrics_[id], time);
  }

  /// The statistics of every metric, in the order of first events, each followed by those of its groups.
  std::vector<metric_stats> all_stats() const { return all_stats(now()); }
  std::vector<metric_stats> all_stats(time_point time) const {
    std::vector<metric_stats> all;
    for (std::size_t id = 0; id < metrics_.size(); ++id) {
      all.push_back(stats_of_whole(id, time));
      for (std::size_t g = 0; g < metrics_[id].groups.size(); ++g) all.push_back(stats_of_group(id, g, time));
    }
    return all;
  }
  /// Adds the metrics and groups of another stream, or of another part of this one.
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
    if (refused_ != 0 || options_.jump.nanoseconds != 0) {
      to.i64(options_.jump.nanoseconds);
      to.u64(refused_);
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
    if (from->remaining() != 0) {
      made.options_.jump = duration(from->i64());
      made.refused_ = from->u64();
    }
    if (done = from->finish(made.possible_ && made.options_.jump.nanoseconds >= 0); !done)
      return std::move(done).error();
    made.for_each_series([&](const series& one) { made.ahead_ = one.end > made.ahead_ ? one.end : made.ahead_; });
    return made;
  }

  /// The time by its clock.
  time_point now() const noexcept { return time_point(static_cast<std::int64_t>(clock_.nanoseconds(clock_.ticks()))); }
  const streaming_options& options() const noexcept { return options_; }
  std::size_t metrics() const noexcept { return metrics_.size(); }
  /// How many events came, late and refused ones included, since the beginning or the last `reset`.
  std::uint64_t events() const noexcept { return events_; }
  /// How many events came from before the window, and were left out.
  std::uint64_t late() const noexcept { return late_; }
  /// How many events came further ahead than `jump`, or with impossible options, and were left out.
  std::uint64_t refused() const noexcept { return refused_; }
  /// Forgets all metrics and times.
  void reset() { *this = basic_streaming_aggregator(options_, clock_); }

 private:
  static constexpr std::string_view type = "streaming_aggregator";

  /// The panes of a group, or of a metric's events without a group, and the newest pane, to which most events go, held
  /// open.
  struct series {
    explicit series(detail::pane_queue<aggregate_type> kept) : panes(std::move(kept)) { close(); }
    series(const series& other) : series(other.panes) {}  // `open` points into the panes
    series& operator=(const series& other) { return *this = series(other); }
    series(series&&) = default;
    series& operator=(series&&) = default;

    /// Closes the open pane: called when another pane may have become the newest, since only the newest is ever open.
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

  void swap(basic_streaming_aggregator& other) noexcept {
    detail::swap_members(*this, other, &basic_streaming_aggregator::options_, &basic_streaming_aggregator::clock_,
                         &basic_streaming_aggregator::pane_, &basic_streaming_aggregator::names_,
                         &basic_streaming_aggregator::events_, &basic_streaming_aggregator::late_,
                         &basic_streaming_aggregator::refused_, &basic_streaming_aggregator::ahead_,
                         &basic_streaming_aggregator::possible_, &basic_streaming_aggregator::metrics_);
  }
  series new_series() const {
    const std::int64_t length = possible_ ? options_.window.nanoseconds : 1;
    return series(detail::pane_queue<aggregate_type>(aggregate_type(), length, pane_));
  }
  template <class F>
  void for_each_series(F&& f) {
    for (metric_state& metric : metrics_) {
      f(metric.whole);
      for (series& group : metric.groups) f(group);
    }
  }
  static std::size_t expire_groups(metric_state& metric) {
    detail::group_index<std::string> names;
    std::vector<series> kept;
    for (std::size_t g = 0; g < metric.groups.size(); ++g) {
      if (metric.groups[g].panes.empty()) continue;
      (void)names.insert(metric.names.key(g));
      kept.push_back(std::move(metric.groups[g]));
    }
    const std::size_t gone = metric.groups.size() - kept.size();
    metric.names = std::move(names);
    metric.groups = std::move(kept);
    return gone;
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
    refused_ += other.refused_;
    if (other.ahead_ > ahead_) ahead_ = other.ahead_;
    return done;
  }

  result<series> load_series(envelope_reader& from) const {
    auto panes = detail::pane_queue<aggregate_type>::load(from, options_.window.nanoseconds, pane_);
    if (!panes) return std::move(panes).error();
    return series(*std::move(panes));
  }
  /// Loads names, each followed by what next() loads.
  /// Errors: corrupt if a name comes twice, or there are more than `most` and the overflow's.
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

  /// The series of a group, which is made if it is new: that of the overflow if there are `most_groups` already.
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
    if (!possible_ || detail::jumps(ahead_, time, options_.jump.nanoseconds)) [[unlikely]] {
      ++refused_;
      return;
    }
    aggregate_type* const pane = to.panes.summed_pane_of(time, options_.window.nanoseconds);
    if (pane == nullptr) {
      ++late_;
      return;
    }
    pane->update(x);
    if (time < to.end) return;  // the newest pane stays the open one
    to.open = pane;
    to.begin = detail::aligned(time, pane_);
    to.end = detail::later_by(to.begin, pane_);
    if (to.end > ahead_) ahead_ = to.end;
  }
  static aggregate_type whole_of(const metric_state& metric, time_point time) {
    aggregate_type all = metric.whole.panes.sum_as_of(time.nanoseconds);
    for (const series& group : metric.groups) (void)all.merge(group.panes.sum_as_of(time.nanoseconds));
    return all;
  }

  metric_stats stats_of_whole(std::size_t id, time_point time) const {
    const metric_state& metric = metrics_[id];
    std::int64_t begin = metric.whole.panes.begin_as_of(time.nanoseconds);
    std::int64_t end = metric.whole.panes.now();
    for (const series& group : metric.groups) {
      const std::int64_t one = group.panes.begin_as_of(time.nanoseconds);
      begin = one < begin ? one : begin;
      end = group.panes.now() > end ? group.panes.now() : end;
    }
    return stats_of(names_.key(id), {}, whole_of(metric, time), begin, time.nanoseconds > end ? time.nanoseconds : end);
  }
  metric_stats stats_of_group(std::size_t id, std::size_t group, time_point time) const {
    const detail::pane_queue<aggregate_type>& panes = metrics_[id].groups[group].panes;
    const std::int64_t end = time.nanoseconds > panes.now() ? time.nanoseconds : panes.now();
    return stats_of(names_.key(id), metrics_[id].names.key(group), panes.sum_as_of(end), panes.begin_as_of(end), end);
  }
  /// `begin`: where the first pane in the window begins that events may have gone to; `end`: the time as of which the
  /// statistics are.
  metric_stats stats_of(std::string_view metric, std::string_view group, const aggregate_type& of,
                        std::int64_t begin = detail::end_of_time, std::int64_t end = 0) const {
    const std::int64_t past = detail::earlier_by(end, begin);
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
  std::uint64_t refused_ = 0;
  std::int64_t ahead_ = detail::beginning_of_time;  // where the newest open pane ends
  bool possible_ = true;
};

/// Metrics named at run time, with quantiles of the default sketch.
using streaming_aggregator = basic_streaming_aggregator<>;

/// `all_stats` as of a time, as a JSON array of objects with the names of `metric_stats`; NaN is the text "NaN".
template <class Clock, class Aggregate>
std::string to_json(const basic_streaming_aggregator<Clock, Aggregate>& metrics, time_point time) {
  std::string text;
  json_writer to(text);
  to.begin_array();
  for (const auto& one : metrics.all_stats(time)) {
    to.begin_object().member("metric", one.metric);
    if (!one.group.empty()) to.member("group", one.group);
    to.member("count", one.count).member("rate", one.rate).member("sum", one.sum).member("mean", one.mean);
    to.member("min", one.min).member("max", one.max).member("variance", one.variance).member("stddev", one.stddev);
    to.member("p50", one.p50).member("p90", one.p90).member("p95", one.p95).member("p99", one.p99).end_object();
  }
  to.end_array();
  return text;
}
/// The same as of now, by the aggregator's clock.
template <class Clock, class Aggregate>
std::string to_json(const basic_streaming_aggregator<Clock, Aggregate>& metrics) {
  return to_json(metrics, metrics.now());
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_KEYED_STREAMING_AGGREGATOR_HPP
