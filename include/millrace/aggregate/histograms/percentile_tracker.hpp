#ifndef MILLRACE_AGGREGATE_HISTOGRAMS_PERCENTILE_TRACKER_HPP
#define MILLRACE_AGGREGATE_HISTOGRAMS_PERCENTILE_TRACKER_HPP

#include <millrace/aggregate/histograms/ddsketch.hpp>
#include <millrace/core/saved/envelope.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {

/// A place on the scale from 0 to 100. Whole numbers convert to it; a number with a fraction must be written
/// `mr::percent(99.9)`, so that 0.99, which is meant on the scale from 0 to 1, does not compile.
struct percent {
  double value;

  template <std::integral Whole>
  requires(!std::is_same_v<Whole, bool>)
  constexpr percent(Whole whole) noexcept : value(static_cast<double>(whole)) {}
  constexpr explicit percent(double of_hundred) noexcept : value(of_hundred) {}
  /// millrace[SKETCH-13]: a floating-point number without its scale; the error names the template parameter, which says
  /// what to write.
  template <class millrace_SKETCH_13_percentiles_are_of_100_write_99_or_percent_99_9_or_call_quantile>
  requires std::is_floating_point_v<millrace_SKETCH_13_percentiles_are_of_100_write_99_or_percent_99_9_or_call_quantile>
  percent(millrace_SKETCH_13_percentiles_are_of_100_write_99_or_percent_99_9_or_call_quantile) = delete;
};

/// A list of percentiles of a stream of any length, in fixed memory: for service levels.
///
///     mr::percentile_tracker latency;                  // 50, 90, 95, 99
///     latency.update(12.5);
///     latency.percentile(99);                          // and percentile(mr::percent(99.9)), quantile(0.999)
///     for (auto [percentile, value] : latency.percentiles()) ...
///
/// `Sketch` keeps the distribution; with `ddsketch` percentiles are within 1 % of the value, with `kll` within 1.3 % of
/// the rank.
/// Guarantee: that of the sketch, and so are complexity and memory.
/// Threads: one at a time; const calls from any number.
/// Moved from: it has seen nothing and lists no percentiles.
template <class Sketch = ddsketch<>>
class basic_percentile_tracker {
 public:
  using sample = double;
  struct row {
    double percentile;
    double value;
  };

  /// `percentiles`: those that `percentiles()` lists. `empty`: a sketch without items, to set its parameters.
  explicit basic_percentile_tracker(std::vector<percent> percentiles = {50, 90, 95, 99}, Sketch empty = Sketch())
      : percentiles_(std::move(percentiles)), kept_(empty), empty_(std::move(empty)) {}

  void update(double x) { kept_.update(x); }
  void update(double x, weight w) { kept_.update(x, w); }
  void update(std::span<const double> items) { kept_.update(items); }
  /// Adds the items of another one. Returns what the sketch's own merge returns: a result where that can fail.
  decltype(auto) merge(const basic_percentile_tracker& other) { return kept_.merge(other.kept_); }
  /// Forgets all items.
  void reset() { kept_ = empty_; }

  /// The percentile at a place in [0, 100]; NaN for any other, and when nothing was seen.
  double percentile(percent place) const { return kept_.quantile(place.value / 100); }
  /// The same on the scale that sketches use, p in [0, 1].
  double quantile(double p) const { return kept_.quantile(p); }
  /// The percentiles that the constructor was given, in that order, with their values.
  std::vector<row> percentiles() const {
    std::vector<row> made;
    made.reserve(percentiles_.size());
    for (const percent p : percentiles_) made.push_back({p.value, percentile(p)});
    return made;
  }
  /// What all items weigh together.
  double count() const { return static_cast<double>(kept_.count()); }
  const Sketch& sketch() const noexcept { return kept_; }

  std::vector<std::byte> save() const {
    envelope_writer to(type);
    to.u64(percentiles_.size());
    for (const percent p : percentiles_) to.f64(p.value);
    to.block(kept_.save());
    to.block(empty_.save());
    return std::move(to).finish();
  }
  static result<basic_percentile_tracker> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, type);
    if (!from) return std::move(from).error();
    std::vector<percent> percentiles(from->count(8), percent(0));
    bool valid = true;
    for (percent& p : percentiles) {
      p.value = from->f64();
      valid = valid && p.value == p.value;
    }
    auto kept = Sketch::load(from->block());
    auto empty = Sketch::load(from->block());
    if (auto done = from->finish(valid); !done) return std::move(done).error();
    if (!kept) return std::move(kept).error().wrap("saved " + std::string(type));
    if (!empty) return std::move(empty).error().wrap("saved " + std::string(type));
    basic_percentile_tracker made(std::move(percentiles), *std::move(empty));
    made.kept_ = *std::move(kept);
    return made;
  }

 private:
  static constexpr std::string_view type = "percentile_tracker";

  std::vector<percent> percentiles_;
  Sketch kept_;
  Sketch empty_;
};

/// Percentiles by the default sketch.
using percentile_tracker = basic_percentile_tracker<>;

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_HISTOGRAMS_PERCENTILE_TRACKER_HPP
