#ifndef MILLRACE_AGGREGATE_HISTOGRAMS_PERCENTILE_TRACKER_HPP
#define MILLRACE_AGGREGATE_HISTOGRAMS_PERCENTILE_TRACKER_HPP

#include <millrace/aggregate/histograms/ddsketch.hpp>
#include <millrace/core/saved/envelope.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {

/// A list of percentiles of a stream in fixed memory, whatever its length: for service levels.
///
///     mr::percentile_tracker latency;                  // 50, 90, 95, 99
///     latency.update(12.5);
///     latency.percentile(99);
///     for (auto [percentile, value] : latency.percentiles()) ...
///
/// `Sketch`: what keeps the distribution; `ddsketch` is within 1 % of the value, `kll` within 1.3 % of the rank.
/// Guarantee, complexity, memory: the sketch's. Threads: one at a time; const calls from any number.
template <class Sketch = ddsketch<>>
class basic_percentile_tracker {
 public:
  using sample = double;
  struct row {
    double percentile;
    double value;
  };

  explicit basic_percentile_tracker(std::vector<double> percentiles = {50, 90, 95, 99}, Sketch empty = Sketch())
      : percentiles_(std::move(percentiles)), kept_(empty), empty_(std::move(empty)) {}

  void update(double x) { kept_.update(x); }
  void update(double x, weight w) { kept_.update(x, w); }
  void update(std::span<const double> items) { kept_.update(items); }
  void merge(const basic_percentile_tracker& other) { kept_.merge(other.kept_); }
  /// As if nothing had been seen.
  void reset() { kept_ = empty_; }

  /// `percentile` in [0, 100]; NaN for any other, and when nothing was seen.
  double percentile(double percentile) const { return kept_.quantile(percentile / 100); }
  /// Those of the constructor, in its order.
  std::vector<row> percentiles() const {
    std::vector<row> made;
    made.reserve(percentiles_.size());
    for (const double p : percentiles_) made.push_back({p, percentile(p)});
    return made;
  }
  /// What was seen weighs together.
  double count() const { return static_cast<double>(kept_.count()); }
  const Sketch& sketch() const noexcept { return kept_; }

  std::vector<std::byte> save() const {
    envelope_writer to(type);
    to.u64(percentiles_.size());
    for (const double p : percentiles_) to.f64(p);
    to.block(kept_.save());
    to.block(empty_.save());
    return std::move(to).finish();
  }
  static result<basic_percentile_tracker> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, type);
    if (!from) return std::move(from).error();
    std::vector<double> percentiles(from->count(8));
    bool valid = true;
    for (double& p : percentiles) {
      p = from->f64();
      valid = valid && p == p;
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

  std::vector<double> percentiles_;
  Sketch kept_;
  Sketch empty_;
};

using percentile_tracker = basic_percentile_tracker<>;

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_HISTOGRAMS_PERCENTILE_TRACKER_HPP
