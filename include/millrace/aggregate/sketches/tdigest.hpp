#ifndef MILLRACE_AGGREGATE_SKETCHES_TDIGEST_HPP
#define MILLRACE_AGGREGATE_SKETCHES_TDIGEST_HPP

#include <millrace/aggregate/concepts.hpp>
#include <millrace/aggregate/detail/extremes.hpp>
#include <millrace/aggregate/detail/quantile_points.hpp>
#include <millrace/aggregate/sketches/detail/tdigest_reference.hpp>
#include <millrace/aggregate/sketches/quantile_curve.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/order_key.hpp>
#include <millrace/core/detail/sort.hpp>
#include <millrace/core/detail/swap_members.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/detail/image.hpp>
#include <millrace/core/seed.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detail::tdigest_image {

// Apache DataSketches' image. Fields are one byte long unless a number of bytes stands behind them: length of the
// preamble in units of 8 bytes, version, type, k (2), flags, 0 (2). For one value follows that value; for more the
// numbers of centroids and of buffered values (4 each), min, max, the centroids (mean and whole weight, each as wide as
// T) and the buffered values.
inline constexpr std::uint8_t short_preamble = 1;
inline constexpr std::uint8_t long_preamble = 2;
inline constexpr std::uint8_t serial_version = 1;
inline constexpr std::uint8_t sketch_type = 20;
inline constexpr std::uint8_t is_empty = 1;
inline constexpr std::uint8_t is_single = 2;
inline constexpr std::uint8_t in_reverse = 4;  // the other implementations' next merge goes from the upper end
inline constexpr std::size_t header_bytes = 16;

}  // namespace detail::tdigest_image

/// Quantiles that are most precise at the ends of the distribution (p99.9, p0.01), in a few kilobytes: the t-digest.
///
/// `K` sets accuracy and size of a new sketch; a loaded one has the K of its image. `T` is double or float. NaN and
/// infinities are left out.
///
/// The stream is kept as centroids: the mean of some neighbouring values, and their number. Centroids at the ends hold
/// few values, those in the middle many.
///
/// Guarantee: `min`, `max`, `quantile(0)` and `quantile(1)` are exact, and values that are alone in their centroid keep
/// their exact rank; `quantile` and `rank` never decrease. There is no bound on the error that holds for all streams
/// (`kll` has one): at K = 100 the rank of the median is typically off by 0.0003 of the stream and that of p99 by
/// 0.00004, and `resolution(p)` returns how coarse the centroids are at p. The same input and order of merges give the
/// same bytes, and updating with a span leaves the same as updating with its values in order.
/// Complexity: update O(log K) amortised, merge and query O(K log K); for many queries ask `view()`. Memory: at most
/// 2 K + 10 centroids (2 K + 30 below K = 30) and up to eight times as many buffered values, 12 KB at K = 100.
/// Allocates: when the buffer grows or is full.
/// Threads: one at a time.
/// Source: Dunning, Ertl, "Computing extremely accurate quantiles using t-digests", 2019. The weight of a centroid is
/// bounded by the scale functions k1 and k2 together, and centroids form from both ends towards the middle, so that
/// neither end is favoured.
/// Bytes: the image of Apache DataSketches' t-digest, buffered values included. Those of the reference implementation
/// are read too.
template <unsigned K = 100, class T = double>
class tdigest : public detail::asked_by_view<tdigest<K, T>, T> {
  static_assert(K >= 10 && K <= 65535, "millrace[SKETCH-3]: tdigest<K>: K must be in [10, 65535]");
  static_assert(std::is_same_v<T, double> || std::is_same_v<T, float>,
                "millrace[SKETCH-4]: tdigest<K, T>: T must be double or float");

 public:
  using value_type = T;
  /// Updates and merges that would take `count` beyond this are left out.
  static constexpr std::uint64_t max_count = sizeof(T) == 8 ? std::uint64_t{1} << 53 : 0xffffffffU;

  tdigest() noexcept = default;
  tdigest(const tdigest&) = default;
  tdigest& operator=(const tdigest&) = default;
  /// The sketch moved from is as newly made.
  tdigest(tdigest&& other) noexcept : tdigest() { swap(other); }
  tdigest& operator=(tdigest&& other) noexcept {
    tdigest taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~tdigest() = default;

  void update(T value) {
    if (!is_finite(value)) [[unlikely]]
      return;
    if (buffer_.size() >= room_) [[unlikely]] {
      if (count() == max_count) return;
      compress();
    }
    buffer_.push_back(detail::to_order_key(value));
    if (value < low_) low_ = value;
    if (value > high_) high_ = value;
  }

  void update(std::span<const T> values) {
    for (const T value : values) update(value);
  }

  /// Leaves about the same as `counts` updates with the value. Only whole weights can be kept, so a fraction is rounded
  /// at random, up with the probability of that fraction: weights add up on average. A weight that is not above zero,
  /// or `max_count` and more, changes nothing.
  /// Complexity: O(K).
  void update(T value, weight counts);

  /// Adds what another sketch, maybe of another K, has seen.
  void merge(const tdigest& other);

  /// Folds the buffered values into the centroids now, and not only when the buffer is full: saved bytes become fewer
  /// and queries quicker. It loses nothing that would not be lost later.
  void compress();

  std::uint64_t count() const noexcept { return settled_ + buffer_.size(); }
  bool empty() const noexcept { return count() == 0; }
  unsigned k() const noexcept { return k_; }

  /// NaN when empty; so are `max`, `quantile`, `rank` and `resolution`.
  T(min)() const noexcept { return empty() ? std::numeric_limits<T>::quiet_NaN() : low_; }
  T(max)() const noexcept { return empty() ? std::numeric_limits<T>::quiet_NaN() : high_; }

  /// The distribution seen so far, as a curve, for many queries: `quantile`, `rank` and the like make one for each
  /// call.
  quantile_curve<T> view() const;

  /// The fraction of the stream that the centroid at rank `p` holds: ranks closer than that are not told apart. NaN for
  /// a `p` that is NaN.
  double resolution(double p) const;

  using weight_type = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;
  /// The mean of some neighbouring values of the stream, and how many they are. `centroids` returns all, by mean;
  /// buffered values are not among them.
  struct centroid {
    T mean;
    weight_type weight;
  };
  std::span<const centroid> centroids() const noexcept { return centroids_; }

  std::vector<std::byte> save() const;
  /// Reads the reference implementation's images too (T. Dunning's t-digest 3.2 and later, MergingDigest and
  /// AVLTreeDigest, verbose and small), which are big-endian and begin with a zero byte; their K below 10 becomes 10.
  /// Allocates: no more than a few times the bytes given.
  /// Errors: truncated, unsupported, corrupt, type_mismatch, not_finite, each naming what is wrong.
  static result<tdigest> load(std::span<const std::byte> bytes);

 private:
  void swap(tdigest& other) noexcept {
    detail::swap_members(*this, other, &tdigest::buffer_, &tdigest::centroids_, &tdigest::settled_, &tdigest::low_,
                         &tdigest::high_, &tdigest::k_, &tdigest::room_, &tdigest::flags_, &tdigest::fractions_);
  }
  using key_type = detail::order_key<T>;

  static constexpr std::uint32_t most_centroids(unsigned k) noexcept { return 2 * k + (k < 30 ? 30 : 10); }
  /// How many values the buffer holds: at least four for each centroid, and a power of two, which sorts quickest.
  static constexpr std::uint32_t room_for(unsigned k) noexcept { return std::bit_ceil(4 * most_centroids(k)); }
  std::size_t most_centroids() const noexcept { return most_centroids(k_); }
  /// Lets the buffer fill up what is left of `max_count`, and no more. Called after each change of `settled_`, so that
  /// an update has nothing to compare while there is room.
  void limit_room() noexcept {
    if (const std::uint64_t left = max_count - settled_; room_ > left) room_ = static_cast<std::uint32_t>(left);
  }

  static bool is_finite(T value) noexcept { return detail::math::absolute(value) <= (std::numeric_limits<T>::max)(); }

  /// The centroids as points of the curve of quantiles, each with its middle rank, the value at that rank and the
  /// curve's second derivative there.
  struct curve_points {
    std::vector<double> middle;
    std::vector<double> value;
    std::vector<double> bend;
  };
  curve_points points() const;
  static double within(double value, double low, double high) noexcept {
    return !(value > low) ? low : value < high ? value : high;
  }

  /// What an image says before its centroids and values.
  struct image_head {
    std::uint16_t k = 0;
    std::uint8_t flags = 0;  // those to keep
    bool one = false;
    std::uint32_t centroids = 0;
    std::uint32_t buffered = 0;
    T low = std::numeric_limits<T>::infinity();
    T high = -std::numeric_limits<T>::infinity();
  };
  static result<void> read_head(detail::image_reader& in, image_head& head);
  result<void> read_centroids(detail::image_reader& in, std::uint32_t count);
  result<void> read_buffered(detail::image_reader& in, const image_head& head);
  static result<tdigest> load_reference(std::span<const std::byte> bytes);
  static std::vector<centroid> joined(std::span<const centroid> a, std::span<const centroid> b);
  class folder;
  void fold(std::vector<centroid> old);

  std::vector<key_type> buffer_;
  std::vector<centroid> centroids_;
  std::uint64_t settled_ = 0;  // what the centroids weigh
  T low_ = std::numeric_limits<T>::infinity();
  T high_ = -std::numeric_limits<T>::infinity();
  std::uint16_t k_ = K;
  std::uint32_t room_ = room_for(K);  // of the buffer; less where `max_count` is not far
  std::uint8_t flags_ = 0;            // `in_reverse`, as loaded, for other implementations
  std::uint64_t fractions_ = K;       // state of the generator that rounds weights
};

/// Folds sorted centroids and sorted single values into fewer centroids: `run` takes them from both ends towards the
/// middle, `emit` makes one centroid of as many neighbours as may be together.
template <unsigned K, class T>
class tdigest<K, T>::folder {
 public:
  /// `total`: the sum of all weights. `fineness`: 1, or less to make fewer centroids.
  ///
  /// A scale function k(q) maps ranks q in [0, 1] to a scale on which no centroid may be longer than 1: one at rank q
  /// may span 1 / (dk / dq) of the ranks. The paper's functions, for compression d and n values, are
  ///
  ///     k1 = d / (2 pi) asin(2 q - 1)                      dk1 / dq = d / (2 pi) / sqrt(q (1 - q))
  ///     k2 = d / (4 log(n / d) + 24) log(q / (1 - q))      dk2 / dq = d / (4 log(n / d) + 24) / (q (1 - q))
  ///
  /// The folder adds both rates, with d = K and shares that were tried out so that a little less than 2 K centroids
  /// come out: `by_root_` is the numerator of the first, 0.15 K near K / (2 pi), and `by_product_` that of the second,
  /// whose denominator is 4 log(2) (log2(n / K) + 8.7) in the paper.
  folder(std::span<const centroid> old, std::span<const key_type> singles, double total, double k, double fineness)
      : old_(old), singles_(singles), total_(total) {
    by_root_ = 0.15 * k * fineness;
    by_product_ = 0.65 * k * fineness / (rough_log2(total / k) + 8.7);
  }

  std::vector<centroid> run(std::size_t expected) {
    std::vector<centroid> made, upper;
    made.reserve(expected);
    upper.reserve(expected);
    double done = 0;
    while (left() && done < total_ / 2) done += emit<true>(made, done);
    for (done = 0; left();) done += emit<false>(upper, done);
    for (std::size_t i = upper.size(); i-- > 0;) made.push_back(upper[i]);
    return made;
  }

 private:
  /// log2 of x >= 1, interpolated linearly between powers of two (0.09 too low at worst). The C library's logarithm
  /// would do as well, but its last bits, and so the sketch's bytes, vary with the processor.
  static double rough_log2(double x) noexcept {
    int exponent = 0;
    const double mantissa = detail::math::frexp(x > 1 ? x : 1, &exponent);
    return exponent - 2 + 2 * mantissa;
  }
  bool left() const noexcept { return !old_.empty() || !singles_.empty(); }

  /// How much a centroid may weigh that begins where `done` of the total weight lies behind it, counted from its end of
  /// the distribution: total / (dk1 / dq + dk2 / dq) at q = done / total. 0, so a single value, at the very end.
  double limit(double done) const noexcept {
    const double q = done / total_;
    const double product = q * (1 - q);
    if (!(product > 0)) return 0;
    return total_ / (by_root_ / detail::math::sqrt(product) + by_product_ / product);
  }

  /// Does the next single value come before the next old centroid? `Upwards`: from the lower end on.
  template <bool Upwards>
  bool single_is_next() const noexcept {
    if (old_.empty()) return true;
    if (singles_.empty()) return false;
    return Upwards ? singles_.front() <= detail::to_order_key(old_.front().mean)
                   : singles_.back() > detail::to_order_key(old_.back().mean);
  }
  template <bool Upwards>
  centroid take_old() noexcept {
    const centroid taken = Upwards ? old_.front() : old_.back();
    old_ = Upwards ? old_.subspan(1) : old_.first(old_.size() - 1);
    return taken;
  }
  template <bool Upwards>
  T take_single() noexcept {
    const key_type taken = Upwards ? singles_.front() : singles_.back();
    singles_ = Upwards ? singles_.subspan(1) : singles_.first(singles_.size() - 1);
    return detail::from_order_key<T>(taken);
  }

  /// Makes one centroid of the next neighbours, as many as `limit` allows and one at least. Returns its weight.
  template <bool Upwards>
  double emit(std::vector<centroid>& made, double done) {
    const double most = limit(done);
    const centroid first = single_is_next<Upwards>() ? centroid{take_single<Upwards>(), 1} : take_old<Upwards>();
    const double base = first.mean;
    double last = base;
    double weight = static_cast<double>(first.weight);
    double sum = 0;  // of the distances from the first, so that the mean keeps its digits however far from zero it lies
    while (left()) {
      if (single_is_next<Upwards>()) {
        if (weight + 1 > most) break;
        last = take_single<Upwards>();
        sum += last - base;
        weight += 1;
      } else {
        const auto more = static_cast<double>((Upwards ? old_.front() : old_.back()).weight);
        if (weight + more > most) break;
        last = take_old<Upwards>().mean;
        // A division in place of a product, which some compilers would fuse with the addition: other bytes.
        sum += (last - base) / (1 / more);
        weight += more;
      }
    }
    double mean = base + sum / weight;
    // Rounding and overflow must not take the mean beyond the values that it stands for.
    if (Upwards ? !(mean >= base) : !(mean <= base)) mean = base;
    if (Upwards ? mean > last : mean < last) mean = last;
    made.push_back({static_cast<T>(mean), static_cast<weight_type>(weight)});
    return weight;
  }

  std::span<const centroid> old_;
  std::span<const key_type> singles_;
  double total_;
  double by_root_;
  double by_product_;
};

template <unsigned K, class T>
void tdigest<K, T>::fold(std::vector<centroid> old) {
  std::vector<key_type> scratch(buffer_.size());
  detail::sort_numbers(buffer_.data(), buffer_.size(), scratch.data());
  double fineness = 1;
  const auto total = static_cast<double>(count());
  centroids_ = folder(old, buffer_, total, k_, fineness).run(most_centroids());
  buffer_.clear();
  settled_ = static_cast<std::uint64_t>(total);
  while (centroids_.size() > most_centroids())
    centroids_ = folder(std::vector<centroid>(centroids_), {}, total, k_, fineness *= 0.9).run(most_centroids());
  limit_room();
}

template <unsigned K, class T>
void tdigest<K, T>::compress() {
  if (buffer_.empty()) return;
  fold(std::move(centroids_));
}

/// Merges two sorted lists of centroids.
template <unsigned K, class T>
std::vector<typename tdigest<K, T>::centroid> tdigest<K, T>::joined(std::span<const centroid> a,
                                                                    std::span<const centroid> b) {
  std::vector<centroid> all;
  all.reserve(a.size() + b.size());
  while (!a.empty() || !b.empty()) {
    std::span<const centroid>& next = b.empty() || (!a.empty() && a.front().mean <= b.front().mean) ? a : b;
    all.push_back(next.front());
    next = next.subspan(1);
  }
  return all;
}

template <unsigned K, class T>
void tdigest<K, T>::update(T value, weight counts) {
  if (!is_finite(value)) return;
  if (!(counts.value > 0 && counts.value < static_cast<double>(max_count))) return;
  auto times = static_cast<std::uint64_t>(counts.value);
  if (const double fraction = counts.value - static_cast<double>(times); fraction > 0)
    times += static_cast<double>(splitmix64(fractions_) >> 11) * 0x1p-53 < fraction;
  if (times > max_count - count()) return;
  if (times == 1) return update(value);
  if (times == 0) return;
  if (value < low_) low_ = value;
  if (value > high_) high_ = value;
  settled_ += times;
  limit_room();
  const centroid one{value, static_cast<weight_type>(times)};
  centroids_ = joined(centroids_, std::span(&one, 1));
  if (centroids_.size() > most_centroids()) fold(std::move(centroids_));
}

template <unsigned K, class T>
void tdigest<K, T>::merge(const tdigest& other) {
  if (other.empty() || other.count() > max_count - count()) return;
  if (other.low_ < low_) low_ = other.low_;
  if (other.high_ > high_) high_ = other.high_;
  std::vector<centroid> all = joined(centroids_, other.centroids_);
  settled_ += other.settled_;
  limit_room();
  const std::size_t theirs = other.buffer_.size();  // read before: it may be this one
  buffer_.reserve(buffer_.size() + theirs);
  for (std::size_t i = 0; i < theirs; ++i) buffer_.push_back(other.buffer_[i]);
  if (all.size() > most_centroids() || buffer_.size() > room_)
    fold(std::move(all));
  else
    centroids_ = std::move(all);
}

template <unsigned K, class T>
quantile_curve<T> tdigest<K, T>::view() const {
  if (empty()) return {};
  if (!buffer_.empty()) {
    tdigest folded = *this;
    folded.compress();
    return folded.view();
  }
  // The curve goes through the value at each centroid's middle rank, and through the point where two centroids meet.
  //
  // Let v(r) be the value at rank r, counted in values, and v'' its second derivative, called `bend` below.
  // A centroid of weight w with its middle at rank m has the mean
  //     1 / w  integral of v(m + t) over |t| < w / 2  =  v(m) + v''(m) / 2 * w^2 / 12  =  v(m) + w^2 / 24 v''(m),
  // so that v(m) is the mean less w^2 / 24 v''(m). `bend` is estimated from the slopes to both neighbours.
  // Between two middles at distances a and b from the point where the centroids meet, v lies below the straight line by
  // a b / 2 v'', as does every parabola between its ends; v'' is taken as the average of both.
  // Every result is held between its neighbours, so that the curve never falls.
  const curve_points at = points();
  const std::size_t size = centroids_.size();
  quantile_curve<T> curve(low_, 2 * size);
  for (std::size_t i = 0; i < size; ++i) {
    const double half = static_cast<double>(centroids_[i].weight) / 2;
    if (centroids_[i].weight == 1) {  // a value of the stream: it has all ranks from those below it to those with it
      curve.add(at.middle[i] - half, centroids_[i].mean);
      curve.add(at.middle[i] + half, centroids_[i].mean);
      continue;
    }
    curve.add(at.middle[i], static_cast<T>(at.value[i]));
    if (i + 1 == size || centroids_[i + 1].weight == 1) continue;
    const double to_next = static_cast<double>(centroids_[i + 1].weight) / 2;
    const double straight = detail::math::interpolate(at.value[i], at.value[i + 1], half / (half + to_next));
    const double bent = straight - half * to_next / 2 * (at.bend[i] + at.bend[i + 1]) / 2;
    curve.add(at.middle[i] + half, static_cast<T>(within(bent, at.value[i], at.value[i + 1])));
  }
  curve.add(static_cast<double>(settled_), high_);
  return curve;
}

/// Finds the points that the curve of `view` goes through at the centroids' middle ranks, and how it bends there.
template <unsigned K, class T>
typename tdigest<K, T>::curve_points tdigest<K, T>::points() const {
  const std::size_t size = centroids_.size();
  curve_points at{std::vector<double>(size), std::vector<double>(size), std::vector<double>(size)};
  double before = 0;
  for (std::size_t i = 0; i < size; ++i) {
    at.middle[i] = before + static_cast<double>(centroids_[i].weight) / 2;
    before += static_cast<double>(centroids_[i].weight);
    at.value[i] = centroids_[i].mean;
  }
  const auto midpoint = [&](std::size_t i) { return centroids_[i].mean / 2.0 + centroids_[i + 1].mean / 2.0; };
  const auto slope = [&](std::size_t i) {
    return (double{centroids_[i + 1].mean} - double{centroids_[i].mean}) / (at.middle[i + 1] - at.middle[i]);
  };
  for (std::size_t i = 1; i + 1 < size; ++i) {
    const auto weight = static_cast<double>(centroids_[i].weight);
    at.bend[i] = 2 * (slope(i) - slope(i - 1)) / (at.middle[i + 1] - at.middle[i - 1]);
    if (centroids_[i].weight > 1)
      at.value[i] = within(at.value[i] - weight * weight / 24 * at.bend[i], midpoint(i - 1), midpoint(i));
  }
  return at;
}

template <unsigned K, class T>
double tdigest<K, T>::resolution(double p) const {
  if (empty() || detail::math::is_nan(p)) return std::numeric_limits<double>::quiet_NaN();
  if (!buffer_.empty()) {
    tdigest folded = *this;
    folded.compress();
    return folded.resolution(p);
  }
  const auto total = static_cast<double>(settled_);
  double up_to = 0;
  for (const centroid& c : centroids_) {
    up_to += static_cast<double>(c.weight);
    if (up_to >= p * total) return static_cast<double>(c.weight) / total;
  }
  return static_cast<double>(centroids_.back().weight) / total;
}

template <unsigned K, class T>
std::vector<std::byte> tdigest<K, T>::save() const {
  using namespace detail::tdigest_image;
  const bool one = count() == 1;
  detail::image_writer out(header_bytes + 2 * sizeof(T) + centroids_.size() * sizeof(centroid) +
                           buffer_.size() * sizeof(T));
  out.put(empty() || one ? short_preamble : long_preamble).put(serial_version).put(sketch_type).put(k_);
  out.put(static_cast<std::uint8_t>(flags_ | (empty() ? is_empty : 0) | (one ? is_single : 0))).put(std::uint16_t{0});
  if (empty()) return std::move(out).take();
  if (one) {
    out.put(low_);
    return std::move(out).take();
  }
  out.put(static_cast<std::uint32_t>(centroids_.size())).put(static_cast<std::uint32_t>(buffer_.size()));
  out.put(low_).put(high_);
  for (const centroid& c : centroids_) out.put(c.mean).put(c.weight);
  for (const key_type key : buffer_) out.put(detail::from_order_key<T>(key));
  return std::move(out).take();
}

/// The image's first eight bytes, and what follows for two values and more.
template <unsigned K, class T>
result<void> tdigest<K, T>::read_head(detail::image_reader& in, image_head& head) {
  using namespace detail::tdigest_image;
  const detail::image_start start = in.take_start();
  head.k = in.take<std::uint16_t>();
  const auto flags = in.take<std::uint8_t>();
  in.skip(2);
  if (auto known = in.recognize(start, sketch_type, serial_version); !known) return known;
  if (head.k < 10) return in.corrupt("k is below 10");
  const bool none = (flags & is_empty) != 0;
  head.one = (flags & is_single) != 0;
  if (start.preamble != (none || head.one ? short_preamble : long_preamble) || (none && head.one))
    return in.corrupt("the preamble's length and the flags disagree");
  head.flags = flags & in_reverse;
  head.buffered = head.one ? 1 : 0;
  if (none || head.one) return {};
  head.centroids = in.take<std::uint32_t>();
  head.buffered = in.take<std::uint32_t>();
  head.low = in.take<T>();
  head.high = in.take<T>();
  if (!in.ok() || !in.holds<centroid>(head.centroids)) return in.truncated();
  if (!is_finite(head.low) || !is_finite(head.high)) return in.fault(errc::not_finite, "an extreme is not finite");
  if (head.low > head.high) return in.corrupt("the extremes are out of order");
  if (head.centroids == 0 && head.buffered < 2) return in.corrupt("no values behind a preamble for many");
  return {};
}

/// The image's centroids, within the extremes that were read before.
template <unsigned K, class T>
result<void> tdigest<K, T>::read_centroids(detail::image_reader& in, std::uint32_t count) {
  centroids_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    centroid& c = centroids_[i];
    c.mean = in.take<T>();
    c.weight = in.take<weight_type>();
    if (!(low_ <= c.mean && c.mean <= high_)) return in.corrupt("a centroid outside the extremes");
    if (i > 0 && c.mean < centroids_[i - 1].mean) return in.corrupt("the centroids are not sorted");
    if (c.weight == 0 || c.weight > max_count - settled_) return in.corrupt("a centroid's weight");
    settled_ += c.weight;
  }
  return {};
}

/// The buffered values, to the image's end. Of one with a single value, they are the extremes too.
template <unsigned K, class T>
result<void> tdigest<K, T>::read_buffered(detail::image_reader& in, const image_head& head) {
  if (!in.holds<T>(head.buffered)) return in.truncated();
  if (in.rest().size() != head.buffered * sizeof(T)) return in.too_long();
  if (head.buffered > max_count - settled_) return in.corrupt("more values than can be counted");
  buffer_.reserve(head.buffered);
  for (std::uint32_t i = 0; i < head.buffered; ++i) {
    const T value = in.take<T>();
    if (!is_finite(value)) return in.fault(errc::not_finite, "a buffered value is not finite");
    if (head.one) low_ = high_ = value;
    if (!(low_ <= value && value <= high_)) return in.corrupt("a value outside the extremes");
    buffer_.push_back(detail::to_order_key(value));
  }
  return {};
}

template <unsigned K, class T>
result<tdigest<K, T>> tdigest<K, T>::load(std::span<const std::byte> bytes) {
  if (!bytes.empty() && bytes[0] == std::byte{0}) return load_reference(bytes);
  detail::image_reader in(bytes, "t-digest");
  image_head head;
  if (auto done = read_head(in, head); !done) return std::move(done).error();
  tdigest loaded;
  loaded.k_ = head.k;
  loaded.room_ = room_for(head.k);
  loaded.flags_ = head.flags;
  loaded.low_ = head.low;
  loaded.high_ = head.high;
  if (auto done = loaded.read_centroids(in, head.centroids); !done) return std::move(done).error();
  if (auto done = loaded.read_buffered(in, head); !done) return std::move(done).error();
  loaded.limit_room();
  return loaded;
}

template <unsigned K, class T>
result<tdigest<K, T>> tdigest<K, T>::load_reference(std::span<const std::byte> bytes) {
  auto read = detail::reference_tdigest<tdigest>::read(bytes);
  if (!read) return std::move(read).error();
  tdigest loaded;
  loaded.k_ = static_cast<std::uint16_t>(read->k < 10 ? 10 : read->k);
  loaded.room_ = room_for(loaded.k_);
  if (read->centroids.empty()) return loaded;
  loaded.low_ = static_cast<T>(read->low);
  loaded.high_ = static_cast<T>(read->high);
  if (!is_finite(loaded.low_) || !is_finite(loaded.high_))
    return detail::image_fault("t-digest", errc::not_finite, "an extreme is not finite");
  loaded.centroids_.reserve(read->centroids.size());
  for (const auto& c : read->centroids) {
    if (!(c.weight <= static_cast<double>(max_count - loaded.settled_)))
      return detail::image_fault("t-digest", errc::corrupt, "a centroid's weight");
    const T mean = static_cast<T>(within(c.mean, loaded.low_, loaded.high_));
    loaded.centroids_.push_back({mean, static_cast<weight_type>(c.weight)});
    loaded.settled_ += static_cast<weight_type>(c.weight);
  }
  loaded.limit_room();
  if (loaded.settled_ == 1) loaded.low_ = loaded.high_ = loaded.centroids_[0].mean;
  return loaded;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_SKETCHES_TDIGEST_HPP
