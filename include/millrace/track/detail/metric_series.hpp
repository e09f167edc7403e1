#ifndef MILLRACE_TRACK_DETAIL_METRIC_SERIES_HPP
#define MILLRACE_TRACK_DETAIL_METRIC_SERIES_HPP

#include <millrace/aggregate/sketches/tdigest.hpp>
#include <millrace/core/result.hpp>
#include <millrace/track/detail/documents.hpp>
#include <millrace/track/detail/layout.hpp>
#include <millrace/track/detail/recent_points.hpp>
#include <millrace/track/metric_points.hpp>
#include <millrace/track/records.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace track {
namespace detail {

/// The step and time that all points of a chunk lie between.
struct chunk_bounds {
  std::int64_t first_step = 0, last_step = -1, first_time = 0, last_time = -1;

  explicit chunk_bounds(const std::vector<metric_point>& points) noexcept
      : first_step(points[0].step), last_step(points[0].step), first_time(points[0].time), last_time(points[0].time) {
    for (const metric_point& each : points) {
      if (each.step < first_step) first_step = each.step;
      if (each.step > last_step) last_step = each.step;
      if (each.time < first_time) first_time = each.time;
      if (each.time > last_time) last_time = each.time;
    }
  }
  chunk_bounds() noexcept = default;
  bool contains(const metric_point& point) const noexcept {
    return point.step >= first_step && point.step <= last_step && point.time >= first_time && point.time <= last_time;
  }
};

/// Whether a point comes after another in step and time, so that it cannot be the same.
constexpr bool is_later(const metric_point& point, const metric_point& than) noexcept {
  return point.step != than.step ? point.step > than.step : point.time > than.time;
}
/// Whether a point is the latest in place of another: greater in step, then time, then value, in which NaN counts as 0,
/// as MLflow has it.
constexpr bool is_latest(const metric_point& point, const metric_point& than) noexcept {
  if (point.step != than.step || point.time != than.time) return is_later(point, than);
  const double a = __builtin_isnan(point.value) ? 0.0 : point.value;
  const double b = __builtin_isnan(than.value) ? 0.0 : than.value;
  return a > b;
}

/// The least window of a metric.
inline constexpr std::uint64_t least_window = 1024;

/// What a series is kept by: where, and the most points that its window may hold.
struct series_place {
  const layout* keys;
  std::string_view run;
  std::uint64_t window;
};

/// A metric of a run: what the last transaction left, so that the next need not read it again, and how points are added
/// to it.
///
/// Full chunks have 1,024 points each. The points behind them are kept in smaller ones, of which no one is smaller than
/// or as large as the next, as in a binary counter: so a point is written about ten times at most until it is in a full
/// chunk, however few come at a time, and a series has no more than ten small chunks.
class metric_series {
 public:
  explicit metric_series(std::string_view name) : key(name), summary(empty_summary(name)) {}

  static metric_summary empty_summary(std::string_view name) {
    metric_summary made;
    made.key = name;
    made.min = made.max = made.mean = made.p50 = made.p90 = made.p99 = __builtin_nan("");
    return made;
  }

  const std::string key;
  metric_summary summary;
  std::vector<metric_point> incoming;  // not written yet
  bool is_loaded = false;              // what follows is what the storage has

  /// How many points it has in memory, besides the incoming ones.
  std::uint64_t cached() const noexcept { return recent_.size(); }

  /// Reads what is needed to add points, after `summary` was set. Changes nothing in the storage.
  template <class Objects>
  result<void> load(const Objects& objects, const series_place& place);
  /// Adds the incoming points that are not there yet. After an error the series has to be loaded again.
  template <class Objects>
  result<void> append(Objects& objects, const series_place& place) {
    constexpr std::size_t slice = least_window;  // what a slice adds is all in the window at its end
    for (std::size_t at = 0; at < incoming.size(); at += slice) {
      const std::size_t size = incoming.size() - at < slice ? incoming.size() - at : slice;
      if (auto done = append(objects, place, std::span(incoming).subspan(at, size)); !done) return done;
    }
    if (auto done = keep_tail(objects, place); !done) return done;
    note_percentiles();
    return {};
  }

 private:
  static std::string number(std::uint64_t first) { return store::number_key_part(first); }
  std::uint64_t full() const noexcept { return (summary.count - tail_.size()) / max_chunk; }

  template <class Objects>
  static result<std::vector<metric_point>> read_chunk(const Objects& objects, const std::string& key) {
    const auto bytes = objects.read(key);
    if (!bytes) return bytes.error();
    auto points = load_points(*bytes);
    if (!points) return std::move(points).error().wrap("cannot read " + quoted_text(key));
    return points;
  }
  template <class Objects>
  result<void> append(Objects& objects, const series_place& place, std::span<const metric_point> points) {
    std::vector<bool> known;
    if (auto done = find_known(objects, place, points, known); !done) return done;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const metric_point& point = points[i];
      const bool later = summary.count == 0 || is_later(point, summary.last);
      if (!later && ((!known.empty() && known[i]) || recent_.contains(point))) {
        continue;
      }
      update(point);
      recent_.update(point, place.window);
      tail_.push_back(point);
      if (tail_.size() == max_chunk)
        if (auto done = keep_full(objects, place); !done) return done;
    }
    return {};
  }
  template <class Objects>
  result<void> find_known(const Objects& objects, const series_place& place, std::span<const metric_point> points,
                          std::vector<bool>& known);
  void update(const metric_point& point) {
    if (summary.count++ == 0 || is_latest(point, summary.last)) summary.last = point;
    if (__builtin_isnan(point.value)) return;
    if (!(summary.min <= point.value)) summary.min = point.value;
    if (!(summary.max >= point.value)) summary.max = point.value;
    if (__builtin_isinf(point.value)) return;
    ++summary.finite;
    // Each value's share of the mean, so that no sum overflows.
    const double n = static_cast<double>(summary.finite);
    summary.mean = summary.finite == 1 ? point.value : summary.mean + (point.value / n - summary.mean / n);
    sketch_.update(point.value);
  }
  /// Writes the tail as a full chunk, in the place of the smaller ones.
  template <class Objects>
  result<void> keep_full(Objects& objects, const series_place& place) {
    const std::uint64_t first = summary.count - max_chunk;
    const std::string keys = place.keys->points(place.run, summary.key);
    for (const std::size_t cut : cuts_)
      if (cut != 0)
        if (auto done = objects.remove(keys + number(first + cut)); !done) return done;
    if (auto done = objects.write(keys + number(first), save_points(tail_)); !done) return done;
    bounds_.resize(first / max_chunk);
    bounds_.push_back(chunk_bounds(tail_));
    tail_.clear();
    cuts_.clear();
    written_ = 0;
    sketch_.compress();
    return objects.write(place.keys->sketch(place.run, summary.key), sketch_.save());
  }
  /// Writes what is new in the tail, with the small chunks before it that are no larger.
  template <class Objects>
  result<void> keep_tail(Objects& objects, const series_place& place) {
    if (written_ == tail_.size()) return {};
    const std::uint64_t base = summary.count - tail_.size();
    const std::string keys = place.keys->points(place.run, summary.key);
    std::size_t begin = written_;
    while (!cuts_.empty() && begin - cuts_.back() <= tail_.size() - begin) {
      if (begin != written_)
        if (auto done = objects.remove(keys + number(base + begin)); !done) return done;
      begin = cuts_.back();
      cuts_.pop_back();
    }
    cuts_.push_back(begin);
    written_ = tail_.size();
    return objects.write(keys + number(base + begin), save_points(std::span(tail_).subspan(begin)));
  }
  void note_percentiles() {
    if (summary.finite == 0) return;
    const auto curve = sketch_.view();
    summary.p50 = curve.quantile(0.5);
    summary.p90 = curve.quantile(0.9);
    summary.p99 = curve.quantile(0.99);
  }

  tdigest<100> sketch_;               // of all points
  std::vector<metric_point> tail_;    // points behind the last full chunk
  std::vector<std::size_t> cuts_;     // where in it its chunks begin
  std::size_t written_ = 0;           // how many of it the storage has
  recent_points recent_;              // the last points, those of the tail among them
  std::vector<chunk_bounds> bounds_;  // of full chunks
  std::uint64_t unknown_ = 0;         // of as many full chunks from the first on the bounds are not known
};

template <class Objects>
result<void> metric_series::load(const Objects& objects, const series_place& place) {
  const std::uint64_t full_chunks = summary.count / max_chunk;
  const std::string keys = place.keys->points(place.run, summary.key);
  const auto corrupt = [&](const char* what) {
    return error(errc::corrupt,
                 "metric " + quoted_text(summary.key) + " of run " + quoted_text(place.run) + ": " + what);
  };
  tail_.clear();
  cuts_.clear();
  recent_.reset();
  bounds_.clear();
  unknown_ = full_chunks;
  const auto chunks = objects.list(keys, full_chunks == 0 ? "" : keys + number(full_chunks * max_chunk - 1), 1000);
  if (!chunks) return chunks.error();
  for (const store::storage_entry& each : *chunks) {
    if (each.key != keys + number(full_chunks * max_chunk + tail_.size())) return corrupt("its chunks leave a gap");
    auto points = read_chunk(objects, each.key);
    if (!points) return std::move(points).error();
    cuts_.push_back(tail_.size());
    for (const metric_point& point : *points) tail_.push_back(point);
    if (tail_.size() >= max_chunk) return corrupt("its chunks have more points than its summary says");
  }
  if (full_chunks * max_chunk + tail_.size() != summary.count)
    return corrupt("its chunks have fewer points than its summary says");
  written_ = tail_.size();
  sketch_ = {};
  if (full_chunks != 0) {
    const auto bytes = objects.read(place.keys->sketch(place.run, summary.key));
    if (!bytes) return bytes.error();
    auto read = tdigest<100>::load(*bytes);
    if (!read) return std::move(read).error().wrap("the percentiles of metric " + quoted_text(summary.key));
    sketch_ = std::move(*read);
  }
  for (const metric_point& each : tail_) {
    sketch_.update(each.value);
    recent_.update(each, place.window);
  }
  is_loaded = true;
  return {};
}

/// Sets `known` for points that are there, before any of these is added. Few points are looked for: those
/// that do not come after the latest one.
template <class Objects>
result<void> metric_series::find_known(const Objects& objects, const series_place& place,
                                       std::span<const metric_point> points, std::vector<bool>& known) {
  const std::uint64_t points_outside = summary.count - recent_.size();
  const std::uint64_t outside = (points_outside + max_chunk - 1) / max_chunk;
  std::vector<std::size_t> sought;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (summary.count == 0 || is_later(points[i], summary.last)) continue;
    known.resize(points.size());
    known[i] = recent_.contains(points[i]);  // now: when its turn comes, the window may have moved on
    if (!known[i] && outside != 0) sought.push_back(i);
  }
  if (sought.empty()) return {};
  if (bounds_.size() < full()) bounds_.resize(full());
  const std::string keys = place.keys->points(place.run, summary.key);
  for (std::uint64_t chunk = 0; chunk < full() && chunk < outside; ++chunk) {
    bool may = chunk < unknown_;
    for (const std::size_t i : sought) may = may || bounds_[chunk].contains(points[i]);
    if (!may) continue;
    const auto read = read_chunk(objects, keys + number(chunk * max_chunk));
    if (!read) return read.error();
    if (chunk < unknown_) bounds_[chunk] = chunk_bounds(*read);
    for (const std::size_t i : sought)
      if (bounds_[chunk].contains(points[i]))
        for (const metric_point& each : *read) known[i] = known[i] || each == points[i];
  }
  if (unknown_ <= outside) unknown_ = 0;
  for (std::uint64_t at = full() * max_chunk; at < points_outside; ++at)
    for (const std::size_t i : sought) known[i] = known[i] || tail_[at - full() * max_chunk] == points[i];
  return {};
}

}  // namespace detail
}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_DETAIL_METRIC_SERIES_HPP
