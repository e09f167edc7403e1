#ifndef MILLRACE_AGGREGATE_HISTOGRAMS_BINNED_HISTOGRAM_HPP
#define MILLRACE_AGGREGATE_HISTOGRAMS_BINNED_HISTOGRAM_HPP

#include <millrace/aggregate/concepts.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/swap_members.hpp>
#include <millrace/core/saved/envelope.hpp>

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

// An axis divides the numbers into bins [edge(i), edge(i + 1)), i < bins(). `bin_of` returns the bin that a number
// falls into, -1 for a number below the first edge, and bins() for the last edge and above. An axis of your own is any
// type with the members of the ones here: `name`, `bins`, `bin_of`, `edge`, `save`, `load`, ==, and `make` if it has
// parameters.

/// Bins of equal width.
class regular_axis {
 public:
  static constexpr std::string_view name = "regular";

  regular_axis() = default;
  /// Errors: invalid_argument unless low < high, both are finite and at most 1e300 apart, 0 < bins <= 2^31, and a bin
  /// is wide enough that its edges differ.
  static result<regular_axis> make(std::size_t bins, double low, double high) {
    const double width = (high - low) / static_cast<double>(bins);
    if (bins == 0 || bins > (std::size_t{1} << 31) || !(width > 0) || !(high - low <= 1e300) || !(low + width > low) ||
        !(low + width * static_cast<double>(bins - 1) < high))
      return error(errc::invalid_argument, "regular_axis: bins between " + std::to_string(low) + " and " +
                                               std::to_string(high) + " would have no width");
    regular_axis made;
    made.bins_ = bins;
    made.low_ = low;
    made.high_ = high;
    made.width_ = width;
    made.per_width_ = static_cast<double>(bins) / (high - low);
    return made;
  }

  std::size_t bins() const noexcept { return bins_; }
  std::ptrdiff_t bin_of(double x) const noexcept {
    if (!(x >= low_)) return -1;
    if (!(x < high_)) return static_cast<std::ptrdiff_t>(bins_);
    auto i = static_cast<std::ptrdiff_t>((x - low_) * per_width_);
    const auto last = static_cast<std::ptrdiff_t>(bins_) - 1;
    i = i < last ? i : last;
    // The quotient may have rounded over an edge.
    if (x < low_ + static_cast<double>(i) * width_) return i - 1;
    return i < last && x >= low_ + static_cast<double>(i + 1) * width_ ? i + 1 : i;
  }
  double edge(std::size_t i) const noexcept { return i == bins_ ? high_ : low_ + static_cast<double>(i) * width_; }
  void save(envelope_writer& to) const {
    to.u64(bins_);
    to.f64(low_);
    to.f64(high_);
  }
  static result<regular_axis> load(envelope_reader& from) {
    const std::uint64_t bins = from.u64();
    const double low = from.f64();
    const double high = from.f64();
    if (bins == 0) return regular_axis();
    return make(static_cast<std::size_t>(bins), low, high);
  }
  bool operator==(const regular_axis& other) const noexcept {
    return bins_ == other.bins_ && low_ == other.low_ && high_ == other.high_;
  }

 private:
  std::size_t bins_ = 0;
  double low_ = 0;
  double high_ = 0;
  double width_ = 0;      // of a bin
  double per_width_ = 0;  // bins for each unit of x
};

/// Bins between edges of your own.
class edges_axis {
 public:
  static constexpr std::string_view name = "edges";

  edges_axis() = default;
  /// Errors: invalid_argument unless there are at least two edges and each is above the one before it.
  static result<edges_axis> make(std::vector<double> edges) {
    if (edges.size() < 2) return error(errc::invalid_argument, "edges_axis: fewer than two edges make no bin");
    for (std::size_t i = 0; i < edges.size(); ++i)
      if (!(i == 0 ? edges[i] == edges[i] : edges[i - 1] < edges[i]))
        return error(errc::invalid_argument,
                     "edges_axis: edge " + std::to_string(i) + " is not above the one before it");
    edges_axis made;
    made.edges_ = std::move(edges);
    return made;
  }

  std::size_t bins() const noexcept { return edges_.empty() ? 0 : edges_.size() - 1; }
  std::ptrdiff_t bin_of(double x) const noexcept {
    std::size_t at = 0;  // how many edges are at or below x
    for (std::size_t left = edges_.size(); left != 0;) {
      const std::size_t half = left / 2;
      const bool above = edges_[at + half] <= x;
      at = above ? at + half + 1 : at;
      left = above ? left - half - 1 : half;
    }
    return static_cast<std::ptrdiff_t>(at) - 1;
  }
  double edge(std::size_t i) const noexcept { return edges_[i]; }
  void save(envelope_writer& to) const {
    to.u64(edges_.size());
    for (const double e : edges_) to.f64(e);
  }
  static result<edges_axis> load(envelope_reader& from) {
    std::vector<double> edges(from.count(8));
    for (double& e : edges) e = from.f64();
    if (edges.empty()) return edges_axis();
    return make(std::move(edges));
  }
  bool operator==(const edges_axis&) const = default;

 private:
  std::vector<double> edges_;
};

/// Bins between low > 0 and high whose edges grow by the same factor: of equal width in the logarithm.
class logarithmic_axis {
 public:
  static constexpr std::string_view name = "logarithmic";

  logarithmic_axis() = default;
  /// Errors: invalid_argument unless 0 < low < high, both are finite, 0 < bins <= 2^24, and a bin is wide enough that
  /// its edges differ.
  static result<logarithmic_axis> make(std::size_t bins, double low, double high) {
    logarithmic_axis made;
    if (bins != 0 && bins <= (std::size_t{1} << 24) && low > 0 && low < high &&
        high <= (std::numeric_limits<double>::max)()) {
      made.bins_ = bins;
      made.low_ = low;
      made.high_ = high;
      made.start_ = detail::math::log2(low);
      made.per_octave_ = static_cast<double>(bins) / (detail::math::log2(high) - made.start_);
      if (made.edge(1) > low && made.edge(bins - 1) < high) return made;
    }
    return error(errc::invalid_argument, "logarithmic_axis: no " + std::to_string(bins) + " bins between " +
                                             std::to_string(low) + " and " + std::to_string(high));
  }

  std::size_t bins() const noexcept { return bins_; }
  std::ptrdiff_t bin_of(double x) const noexcept {
    if (!(x >= low_)) return -1;
    if (!(x < high_)) return static_cast<std::ptrdiff_t>(bins_);
    auto i = static_cast<std::ptrdiff_t>((detail::math::log2(x) - start_) * per_octave_);
    const auto last = static_cast<std::ptrdiff_t>(bins_) - 1;
    i = i < 0 ? 0 : i > last ? last : i;
    // The logarithm may have rounded over an edge.
    if (i > 0 && x < edge(static_cast<std::size_t>(i))) return i - 1;
    return i < last && x >= edge(static_cast<std::size_t>(i) + 1) ? i + 1 : i;
  }
  double edge(std::size_t i) const noexcept {
    return i == 0 ? low_ : i == bins_ ? high_ : detail::math::exp2(start_ + static_cast<double>(i) / per_octave_);
  }
  void save(envelope_writer& to) const {
    to.u64(bins_);
    to.f64(low_);
    to.f64(high_);
  }
  static result<logarithmic_axis> load(envelope_reader& from) {
    const std::uint64_t bins = from.u64();
    const double low = from.f64();
    const double high = from.f64();
    if (bins == 0) return logarithmic_axis();
    return make(static_cast<std::size_t>(bins), low, high);
  }
  bool operator==(const logarithmic_axis& other) const noexcept {
    return bins_ == other.bins_ && low_ == other.low_ && high_ == other.high_;
  }

 private:
  std::size_t bins_ = 0;
  double low_ = 0;
  double high_ = 0;
  double start_ = 0;       // log2(low)
  double per_octave_ = 0;  // bins for each factor of two
};

/// Counts of the items in each bin of an axis, and of those below and above all bins. Items may have weights.
///
///     auto ms = mr::regular_histogram::make(100, 0.0, 50.0);
///
/// Guarantee: an item counts in the bin whose edges are around it, the lower edge included; NaN is left out. Counts are
/// exact up to 2^53. Merging adds the counts of each bin; a histogram without an axis (a default-constructed one) takes
/// the other's.
/// Complexity: update O(1), with edges_axis O(log bins); 8 bytes a bin.
/// Allocates: when made, loaded, copied, or merged into without an axis.
/// Threads: one at a time; const calls from any number.
/// Errors: merge: invalid_argument when the axes differ.
template <class Axis>
class binned_histogram {
 public:
  using axis_type = Axis;

  binned_histogram() = default;
  binned_histogram(const binned_histogram&) = default;
  binned_histogram& operator=(const binned_histogram&) = default;
  /// The histogram moved from has no bins and takes no items.
  binned_histogram(binned_histogram&& other) noexcept : binned_histogram() { swap(other); }
  binned_histogram& operator=(binned_histogram&& other) noexcept {
    binned_histogram taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~binned_histogram() = default;
  /// Without items, over the bins of an axis.
  explicit binned_histogram(Axis axis) : axis_(std::move(axis)), counts_(axis_.bins() + 2) {}
  /// A histogram with an axis that Axis::make makes of these arguments.
  /// Errors: those of Axis::make.
  template <class... Args>
  static result<binned_histogram> make(Args&&... args) {
    auto axis = Axis::make(std::forward<Args>(args)...);
    if (!axis) return std::move(axis).error();
    return binned_histogram(*std::move(axis));
  }

  const Axis& axis() const noexcept { return axis_; }
  void update(double x) noexcept { add(x, 1); }
  void update(double x, weight w) noexcept {
    if (w.value > 0 && w.value <= (std::numeric_limits<double>::max)()) add(x, w.value);
  }
  void update(std::span<const double> items) noexcept {
    for (const double x : items) add(x, 1);
  }
  result<void> merge(const binned_histogram& other) {
    if (other.counts_.empty()) return {};
    if (counts_.empty()) {
      *this = other;
      return {};
    }
    if (!(axis_ == other.axis_))
      return error(errc::invalid_argument, "binned_histogram<" + std::string(Axis::name) + "_axis>: the axes differ");
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    return {};
  }
  /// Multiplies the weight of every item so far by factor > 0.
  void scale(double factor) noexcept {
    for (double& c : counts_) c *= factor;
  }

  std::size_t bins() const noexcept { return axis_.bins(); }
  /// What the items in bin i weigh together. Precondition: i < bins().
  double count(std::size_t i) const noexcept { return counts_[i + 1]; }
  double below() const noexcept { return counts_.empty() ? 0 : counts_.front(); }
  /// What the items at the last edge or above weigh together.
  double above() const noexcept { return counts_.empty() ? 0 : counts_.back(); }
  /// What all items weigh together, those below and above the bins included.
  double total() const noexcept {
    double sum = 0;
    for (const double c : counts_) sum += c;
    return sum;
  }
  /// The fraction of all items that is in bin i, divided by the bin's width. Precondition: i < bins().
  double density(std::size_t i) const noexcept { return count(i) / total() / (axis_.edge(i + 1) - axis_.edge(i)); }
  /// The fraction of all items below x, as if the items of a bin were spread evenly over it. NaN when empty, and for an
  /// x that is NaN. Items above all bins count as lying at infinity.
  double rank(double x) const noexcept {
    const double all = total();
    if (!(all > 0) || x != x) return std::numeric_limits<double>::quiet_NaN();
    const std::ptrdiff_t bin = axis_.bin_of(x);
    if (bin < 0) return 0;
    double sum = below();
    for (std::ptrdiff_t i = 0; i < bin; ++i) sum += count(static_cast<std::size_t>(i));
    if (bin == static_cast<std::ptrdiff_t>(bins())) return sum / all;
    const auto i = static_cast<std::size_t>(bin);
    return (sum + count(i) * ((x - axis_.edge(i)) / (axis_.edge(i + 1) - axis_.edge(i)))) / all;
  }
  /// The x for which `rank` returns p, interpolated within its bin; the first or the last edge where that item lies
  /// outside all bins. NaN when empty, and unless p is in [0, 1].
  double quantile(double p) const noexcept {
    const double all = total();
    if (!(all > 0) || !(p >= 0 && p <= 1)) return std::numeric_limits<double>::quiet_NaN();
    const double wanted = p * all;
    double sum = below();
    if (wanted <= sum && sum > 0) return axis_.edge(0);
    for (std::size_t i = 0; i < bins(); ++i) {
      if (count(i) > 0 && sum + count(i) >= wanted) {
        const double part = (wanted - sum) / count(i);
        const double low = axis_.edge(i);
        const double high = axis_.edge(i + 1);
        const double x = low + (high - low) * part;
        return x < low ? low : x > high ? high : x;
      }
      sum += count(i);
    }
    return axis_.edge(bins());
  }
  double median() const noexcept { return quantile(0.5); }
  /// The upper quartile minus the lower quartile.
  double interquartile_range() const noexcept { return quantile(0.75) - quantile(0.25); }

  std::vector<std::byte> save() const {
    const std::string name = type();
    envelope_writer to(name);
    axis_.save(to);
    to.u64(counts_.size());
    for (const double c : counts_) to.f64(c);
    return std::move(to).finish();
  }
  static result<binned_histogram> load(std::span<const std::byte> bytes) {
    const std::string name = type();
    auto from = envelope_reader::open(bytes, name);
    if (!from) return std::move(from).error();
    auto axis = Axis::load(*from);
    if (!axis) return std::move(axis).error().wrap("saved " + name);
    binned_histogram made;
    made.axis_ = *std::move(axis);
    made.counts_.resize(from->count(8));
    bool valid = made.counts_.size() == (made.axis_.bins() == 0 ? 0 : made.axis_.bins() + 2);
    for (double& c : made.counts_) {
      c = from->f64();
      valid = valid && c >= 0;
    }
    if (auto done = from->finish(valid); !done) return std::move(done).error();
    return made;
  }

 private:
  void swap(binned_histogram& other) noexcept {
    detail::swap_members(*this, other, &binned_histogram::axis_, &binned_histogram::counts_);
  }
  void add(double x, double w) noexcept {
    if (x != x || counts_.empty()) return;
    counts_[static_cast<std::size_t>(axis_.bin_of(x) + 1)] += w;
  }
  static std::string type() { return "binned_histogram<" + std::string(Axis::name) + ">"; }

  Axis axis_;
  std::vector<double> counts_;  // below, the bins, above
};

/// With bins of equal width.
using regular_histogram = binned_histogram<regular_axis>;
/// With bins of equal ratio.
using logarithmic_histogram = binned_histogram<logarithmic_axis>;
/// With edges of your own.
using fixed_histogram = binned_histogram<edges_axis>;

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_HISTOGRAMS_BINNED_HISTOGRAM_HPP
