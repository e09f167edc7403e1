#ifndef MILLRACE_DETECT_FEATURES_DRIFT_REFERENCE_HPP
#define MILLRACE_DETECT_FEATURES_DRIFT_REFERENCE_HPP

#include <millrace/aggregate/concepts.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/swap_members.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/detect/detail/ordered.hpp>
#include <millrace/detect/fwd.hpp>
#include <millrace/stats/distributions/chi_squared.hpp>
#include <millrace/stats/distributions/kolmogorov.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detect {

/// The values of one feature in a window: ascending, each with the number of observations that it stands for (1 in a
/// sample, more in a sketch).
/// Moved from, it has no values: its `size()` is 0, and beyond that it may only be assigned to or destroyed.
class value_window {
 public:
  value_window(const value_window&) = default;
  value_window& operator=(const value_window&) = default;
  value_window(value_window&& other) noexcept : value_window() { swap(other); }
  value_window& operator=(value_window&& other) noexcept {
    value_window taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~value_window() = default;

  /// The window of a sample.
  /// Complexity: O(n log n).
  /// Allocates: 16 bytes a value.
  /// Errors: invalid_argument: no values; not_finite: a value that is not, with its place.
  static result<value_window> make(std::span<const double> sample) {
    if (auto ok = checked(sample); !ok) return std::move(ok).error();
    value_window made;
    made.values_.assign(sample.begin(), sample.end());
    made.up_to_.resize(sample.size());
    detail::sort_ascending(made.values_.data(), sample.size(), made.up_to_.data());
    for (std::size_t i = 0; i < sample.size(); ++i) made.up_to_[i] = static_cast<double>(i + 1);
    return made;
  }
  static result<value_window> make(std::span<const float> sample) {
    const std::vector<double> widened(sample.begin(), sample.end());
    return make(std::span<const double>(widened));
  }
  /// The window of a sketch's view (quantile_view): ascending values, and for each the number of observations at or
  /// below it. Tests take the window for that many observations; the sketch's own error is not accounted for.
  /// Errors: also shape_mismatch: different lengths; invalid_argument: values or numbers that do not ascend.
  static result<value_window> make(std::span<const double> values, std::span<const std::uint64_t> cumulative) {
    if (auto ok = checked(values); !ok) return std::move(ok).error();
    if (values.size() != cumulative.size())
      return error(errc::shape_mismatch, "window: " + std::to_string(values.size()) + " values, " +
                                             std::to_string(cumulative.size()) + " weights");
    value_window made;
    std::uint64_t before = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (cumulative[i] <= before || (i > 0 && values[i] < values[i - 1]))
        return error(errc::invalid_argument, "window: value " + std::to_string(i) + " or its weight does not ascend");
      before = cumulative[i];
      made.up_to_.push_back(static_cast<double>(before));
    }
    made.values_.assign(values.begin(), values.end());
    return made;
  }
  /// The window of a kll or req sketch, or of an aggregate that keeps `quantiles` of one.
  template <quantile_source Sketch>
  static result<value_window> make(const Sketch& sketch) {
    const auto& kept = sketch_of(sketch);
    if constexpr (requires {
                    kept.view().values();
                    kept.view().cumulative();
                  }) {
      const auto view = kept.view();
      return make(std::span<const double>(view.values()), view.cumulative());
    } else {
      static_assert(!sizeof(Sketch),
                    "millrace[DETECT-9]: a window is made of a sample, a kll or req sketch, or an aggregate with "
                    "`quantiles` of one; other sketches do not hold observations");
    }
  }

  /// Observations in the window.
  double count() const noexcept { return up_to_.back(); }
  /// Values that are kept.
  std::size_t size() const noexcept { return values_.size(); }
  /// The i-th value in ascending order, from 0.
  double value(std::size_t i) const noexcept { return values_[i]; }
  /// Observations at or below value(i), and those that value(i) stands for.
  double up_to(std::size_t i) const noexcept { return up_to_[i]; }
  double weight(std::size_t i) const noexcept { return i == 0 ? up_to_[0] : up_to_[i] - up_to_[i - 1]; }

  /// The least value with at least the share p of the observations at or below it; p in (0, 1].
  double quantile(double p) const noexcept {
    const double wanted = p * count();
    const std::size_t at = detail::count_below(up_to_.data(), up_to_.size(), wanted);
    return values_[at == up_to_.size() ? at - 1 : at];
  }

 private:
  friend class drift_reference;

  value_window() = default;
  void swap(value_window& other) noexcept {
    detail::swap_members(*this, other, &value_window::values_, &value_window::up_to_);
  }

  /// Whether each value stands for one observation, as in a sample.
  bool is_sample() const noexcept { return count() == static_cast<double>(size()); }

  void save(envelope_writer& to) const {
    to.u64(values_.size());
    to.u8(is_sample() ? 0 : 1);
    for (const double x : values_) to.f64(x);
    if (is_sample()) return;
    for (const double x : up_to_) to.f64(x);
  }
  /// Returns a window without values if the bytes are not those of a window.
  static value_window load(envelope_reader& from) {
    value_window made;
    const std::size_t n = from.count(8);
    const std::uint8_t weighted = from.u8();
    if (weighted > 1 || from.remaining() / (weighted == 1 ? 16 : 8) < n) return {};
    made.values_.resize(n);
    for (double& x : made.values_) x = from.f64();
    made.up_to_.resize(n);
    for (std::size_t i = 0; i < n; ++i) made.up_to_[i] = weighted == 1 ? from.f64() : static_cast<double>(i + 1);
    if (!checked(made.values_) || (weighted == 1 && n > 0 && made.is_sample())) return {};
    for (std::size_t i = 0; i < n; ++i) {
      const double least = i == 0 ? 0 : made.up_to_[i - 1];
      if (!(made.up_to_[i] > least && made.up_to_[i] <= 0x1p64 &&
            made.up_to_[i] == detail::math::floor(made.up_to_[i])))
        return {};
      if (i > 0 && made.values_[i] < made.values_[i - 1]) return {};
    }
    return made;
  }

  static result<void> checked(std::span<const double> values) {
    if (values.empty()) return error(errc::invalid_argument, "window: it has no values");
    for (std::size_t i = 0; i < values.size(); ++i)
      if (!detail::math::is_finite(values[i]))
        return error(errc::not_finite, "window: value " + std::to_string(i) + " is not finite");
    return {};
  }

  std::vector<double> values_;
  std::vector<double> up_to_;
};

/// How far a window is from the reference, by several measures.
struct drift_measures {
  /// Observations in the window.
  double n = 0;
  /// The population stability index and the Kullback-Leibler divergence of the window from the reference, in nats, over
  /// bins that each hold an equal share of the reference. An empty bin counts as half an observation, so both are
  /// finite. A rule of thumb for psi: no drift below 0.1, much above 0.25.
  double psi = 0;
  double kl = 0;
  /// The Jensen-Shannon divergence over the same bins, in bits: 0 to 1.
  double jensen_shannon = 0;
  /// The chi-squared test of both samples over the same bins.
  double chi_squared = 0;
  double chi_squared_p = 1;
  /// The Kolmogorov-Smirnov test: the largest difference of the distribution functions, and its p-value.
  double ks = 0;
  double ks_p = 1;
  /// The Wasserstein distance: how far an observation has to move on average to turn one distribution into the other.
  /// In the feature's unit, and in standard deviations of the reference.
  double wasserstein = 0;
  double wasserstein_relative = 0;
  /// The squared maximum mean discrepancy, estimated by 64 random features of a Gaussian kernel: 0 to 2.
  double mmd = 0;
  /// One figure for a gauge, 0 (no drift) to 1: the square root of jensen_shannon less its mean without drift for
  /// windows of this size; 0 where that is negative.
  double score = 0;
};

/// The distribution of a feature, with which windows are compared. It is made where the model is trained, saved beside
/// the model, and loaded where the model serves:
///
///     auto reference = mr::detect::drift_reference::make(amounts);  // a sample, a sketch, or an aggregate
///     if (!reference) return std::move(reference).error();
///     if (auto done = mr::store::write_file("amount.drift", reference->save()); !done) return done;
///
/// A feature with few distinct values gets fewer bins than were asked for.
/// Guarantee: the p-values are asymptotic, for windows of a hundred observations and more. Without drift `score` is
/// about 0. The same seed and data give the same figures.
/// Complexity: `make` O(n log n). `compare` O(n log n) with a sample of n, O(n + m) with a value_window and m values in
/// the reference; 1 ms at 10,000.
/// Allocates: `make` and `compare`.
/// Threads: several may call `compare` at once.
/// Moved from: may only be assigned to or destroyed.
/// Source: chi-squared over two samples: Conover, "Practical Nonparametric Statistics"; PSI: Siddiqi, "Credit Risk
/// Scorecards", 2006; Lin, "Divergence measures based on the Shannon entropy", IEEE Trans. Inf. Theory 37, 1991;
/// Gretton and others, "A kernel two-sample test", JMLR 13, 2012, with the features of Rahimi, Recht, NIPS 2007.
class drift_reference {
 public:
  drift_reference(const drift_reference&) = default;
  drift_reference& operator=(const drift_reference&) = default;
  drift_reference(drift_reference&&) noexcept = default;
  drift_reference& operator=(drift_reference&& other) noexcept {
    drift_reference taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~drift_reference() = default;

  /// `seed` decides the random features of `mmd`.
  /// Errors: invalid_argument: fewer than 2 or more than 1000 bins.
  static result<drift_reference> make(value_window window, std::size_t bins = 10, std::uint64_t seed = 0) {
    if (bins < 2 || bins > 1000)
      return error(errc::invalid_argument,
                   "drift reference: " + std::to_string(bins) + " bins; 2 to 1000 are possible");
    return drift_reference(std::move(window), bins, seed);
  }
  /// The same from a sample, a sketch, or an aggregate with `quantiles`. Errors: also those of value_window::make.
  static result<drift_reference> make(std::span<const double> sample, std::size_t bins = 10, std::uint64_t seed = 0) {
    return made_of(value_window::make(sample), bins, seed);
  }
  static result<drift_reference> make(std::span<const float> sample, std::size_t bins = 10, std::uint64_t seed = 0) {
    return made_of(value_window::make(sample), bins, seed);
  }
  template <quantile_source Sketch>
  static result<drift_reference> make(const Sketch& sketch, std::size_t bins = 10, std::uint64_t seed = 0) {
    return made_of(value_window::make(sketch), bins, seed);
  }

  /// How far a window, a sample, a sketch or an aggregate with `quantiles` is from the reference.
  /// Errors: those of value_window::make; none for a window.
  result<drift_measures> compare(const value_window& window) const {
    drift_measures found;
    found.n = window.count();
    binned(window, found);
    whole(window, found);
    std::array<double, features> theirs = embedding(window);
    for (std::size_t i = 0; i < features; ++i) found.mmd += (theirs[i] - embedding_[i]) * (theirs[i] - embedding_[i]);
    return found;
  }
  result<drift_measures> compare(std::span<const double> sample) const { return compared(value_window::make(sample)); }
  result<drift_measures> compare(std::span<const float> sample) const { return compared(value_window::make(sample)); }
  template <quantile_source Sketch>
  result<drift_measures> compare(const Sketch& sketch) const {
    return compared(value_window::make(sketch));
  }

  /// The reference as bytes: 8 a value of a sample, 16 a value of a sketch.
  /// Allocates: the bytes.
  std::vector<std::byte> save() const {
    envelope_writer to(saved_as);
    to.u32(static_cast<std::uint32_t>(bins_));
    to.u64(seed_);
    reference_.save(to);
    return std::move(to).finish();
  }
  /// Guarantee: the loaded reference compares as the saved one did.
  /// Errors: those of an envelope; corrupt. They do not name the file; `.wrap(path)` adds it.
  static result<drift_reference> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, saved_as);
    if (!from) return std::move(from).error();
    const std::size_t bins = from->u32();
    const std::uint64_t seed = from->u64();
    value_window window = value_window::load(*from);
    if (auto done = from->finish(bins >= 2 && bins <= 1000 && window.size() > 0); !done) return std::move(done).error();
    return drift_reference(std::move(window), bins, seed);
  }

  const value_window& window() const noexcept { return reference_; }
  /// The upper edges of all bins but the last; a value at an edge belongs to the bin below it.
  std::span<const double> edges() const noexcept { return edges_; }

 private:
  static constexpr std::string_view saved_as = "drift_reference";
  static constexpr std::size_t features = 64;
  static constexpr std::size_t quantiles = 512;

  static result<drift_reference> made_of(result<value_window> window, std::size_t bins, std::uint64_t seed) {
    if (!window) return std::move(window).error();
    return make(std::move(*window), bins, seed);
  }
  result<drift_measures> compared(const result<value_window>& window) const {
    if (!window) return window.error();
    return compare(*window);
  }
  drift_reference(value_window window, std::size_t bins, std::uint64_t seed)
      : reference_(std::move(window)), bins_(bins), seed_(seed) {
    for (std::size_t b = 1; b < bins; ++b) {
      const double edge = reference_.quantile(static_cast<double>(b) / static_cast<double>(bins));
      if ((edges_.empty() || edge > edges_.back()) && edge < reference_.value(reference_.size() - 1))
        edges_.push_back(edge);
    }
    if (edges_.empty()) edges_.push_back(reference_.value(reference_.size() - 1));  // a constant: up to it, above it
    expected_ = histogram(reference_);
    unit_ = unit_of(reference_);
    const double first = reference_.value(0) * unit_;
    double sum = 0;
    for (std::size_t i = 0; i < reference_.size(); ++i)
      sum += reference_.weight(i) / reference_.count() * (reference_.value(i) * unit_ - first);
    mean_ = first + sum;
    double squares = 0;
    for (std::size_t i = 0; i < reference_.size(); ++i) {
      const double d = reference_.value(i) * unit_ - mean_;
      squares += reference_.weight(i) / reference_.count() * d * d;
    }
    deviation_ = detail::math::sqrt(squares);
    random_engine engine(seed);
    for (std::size_t i = 0; i < features / 2; ++i) {
      // The random frequencies of a Gaussian kernel are normal (Rahimi, Recht); made by Box and Muller's method. Values
      // are divided by the reference's standard deviation, which so is the kernel's width.
      const double u = 1 - engine.uniform();
      frequency_[i] =
          detail::math::sqrt(-2 * detail::math::log(u)) * detail::math::cos(6.283185307179586 * engine.uniform());
    }
    embedding_ = embedding(reference_);
  }

  /// A power of two whose product with the largest absolute value is near 1. Values are multiplied by it, which loses
  /// no digit, so that no square over- or underflows.
  static double unit_of(const value_window& window) noexcept {
    int exponent = 0;
    detail::math::frexp(detail::math::fmax(detail::math::absolute(window.value(0)),
                                           detail::math::absolute(window.value(window.size() - 1))),
                        &exponent);
    return detail::math::ldexp(1, exponent > -1000 ? -exponent : 1000);
  }

  std::vector<double> histogram(const value_window& window) const {
    std::vector<double> counts(edges_.size() + 1);
    std::size_t bin = 0;
    for (std::size_t i = 0; i < window.size(); ++i) {
      while (bin < edges_.size() && window.value(i) > edges_[bin]) ++bin;
      counts[bin] += window.weight(i);
    }
    return counts;
  }

  void binned(const value_window& window, drift_measures& found) const {
    const std::vector<double> counts = histogram(window);
    const double n = window.count();
    const double m = reference_.count();
    double filled = 0;
    for (std::size_t b = 0; b < counts.size(); ++b) {
      const double p = (detail::math::fmax(counts[b], 0.5)) / n;
      const double q = (detail::math::fmax(expected_[b], 0.5)) / m;
      const double log_ratio = detail::math::log(p / q);
      found.psi += (p - q) * log_ratio;
      found.kl += p * log_ratio;
      const double both = counts[b] + expected_[b];
      if (both == 0) continue;
      filled += 1;
      const double d = counts[b] * detail::math::sqrt(m / n) - expected_[b] * detail::math::sqrt(n / m);
      found.chi_squared += d * d / both;
      const double share = counts[b] / n;
      const double other = expected_[b] / m;
      const double middle = 0.5 * (share + other);
      if (share > 0) found.jensen_shannon += 0.5 * share * detail::math::log2(share / middle);
      if (other > 0) found.jensen_shannon += 0.5 * other * detail::math::log2(other / middle);
    }
    if (found.kl < 0) found.kl = 0;
    found.jensen_shannon = detail::math::fmin(1, detail::math::fmax(0, found.jensen_shannon));
    if (filled > 1) found.chi_squared_p = stats::chi_squared{filled - 1}.sf(found.chi_squared);
    // Without drift the Jensen-Shannon divergence in nats is about chi_squared (1/n + 1/m) / 8, and chi_squared is
    // about filled - 1 on average, its degrees of freedom.
    const double chance = (filled - 1) / (8 * 0.6931471805599453) * (1 / n + 1 / m);
    found.score = found.jensen_shannon > chance ? detail::math::sqrt(found.jensen_shannon - chance) : 0;
  }

  /// The measures of the whole distribution, in one walk over the values of both.
  void whole(const value_window& window, drift_measures& found) const {
    const double n = window.count();
    const double m = reference_.count();
    std::size_t i = 0;
    std::size_t j = 0;
    double f = 0;
    double g = 0;
    double before = 0;
    double distance = 0;  // of values multiplied by unit_
    while (i < window.size() || j < reference_.size()) {
      const double x = j == reference_.size() || (i < window.size() && window.value(i) <= reference_.value(j))
                           ? window.value(i)
                           : reference_.value(j);
      if (i + j > 0) distance += detail::math::absolute(f - g) * (x * unit_ - before * unit_);
      for (; i < window.size() && window.value(i) <= x; ++i) f = window.up_to(i) / n;
      for (; j < reference_.size() && reference_.value(j) <= x; ++j) g = reference_.up_to(j) / m;
      found.ks = detail::math::fmax(found.ks, detail::math::absolute(f - g));
      before = x;
    }
    found.wasserstein = distance / unit_;
    found.wasserstein_relative = deviation_ > 0 ? distance / deviation_
                                 : distance > 0 ? std::numeric_limits<double>::infinity()
                                                : 0;
    const double root = detail::math::sqrt(n * (m / (n + m)));
    found.ks_p = stats::kolmogorov{}.sf((root + 0.12 + 0.11 / root) * found.ks);
  }

  /// The means of the random features over a window, by which the maximum mean discrepancy is estimated: it is the
  /// squared distance of two such means.
  std::array<double, features> embedding(const value_window& window) const {
    std::array<double, features> sums{};
    const double scale = deviation_ > 0 ? 1 / deviation_ : 1;
    // A window of more than 512 values is represented by 512 of its quantiles.
    const bool all = window.size() <= quantiles;
    const std::size_t points = all ? window.size() : quantiles;
    const double unit = detail::math::sqrt(2.0 / static_cast<double>(features));
    for (std::size_t k = 0; k < points; ++k) {
      const double share = all ? window.weight(k) / window.count() : 1.0 / static_cast<double>(quantiles);
      const double at =
          all ? window.value(k) : window.quantile((static_cast<double>(k) + 0.5) / static_cast<double>(quantiles));
      const double z = (at * unit_ - mean_) * scale;
      for (std::size_t i = 0; i < features / 2; ++i) {
        sums[2 * i] += share * unit * detail::math::cos(frequency_[i] * z);
        sums[2 * i + 1] += share * unit * detail::math::sin(frequency_[i] * z);
      }
    }
    return sums;
  }

  void swap(drift_reference& other) noexcept {
    detail::swap_members(*this, other, &drift_reference::reference_, &drift_reference::bins_, &drift_reference::seed_,
                         &drift_reference::edges_, &drift_reference::expected_, &drift_reference::unit_,
                         &drift_reference::mean_, &drift_reference::deviation_, &drift_reference::frequency_,
                         &drift_reference::embedding_);
  }

  value_window reference_;
  std::size_t bins_;
  std::uint64_t seed_;
  std::vector<double> edges_;
  std::vector<double> expected_;
  double unit_ = 1;
  double mean_ = 0;  // of values multiplied by unit_, as is the deviation
  double deviation_ = 0;
  std::array<double, features / 2> frequency_{};
  std::array<double, features> embedding_{};
};

}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_FEATURES_DRIFT_REFERENCE_HPP
