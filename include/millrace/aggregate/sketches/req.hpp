#ifndef MILLRACE_AGGREGATE_SKETCHES_REQ_HPP
#define MILLRACE_AGGREGATE_SKETCHES_REQ_HPP

#include <millrace/aggregate/concepts.hpp>
#include <millrace/aggregate/detail/quantile_points.hpp>
#include <millrace/aggregate/sketches/detail/req_levels.hpp>
#include <millrace/aggregate/sketches/quantile_view.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/order_key.hpp>
#include <millrace/core/detail/swap_members.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/detail/image.hpp>

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
namespace detail::req_image {

// Apache DataSketches' image. Fields are one byte long unless a number of bytes stands behind them: length of the
// preamble in units of 4 bytes, version, family, flags, k (2), number of levels, number of raw values. Up to four
// values are stored raw: they follow by themselves, without a level's head. With more levels than one follow count
// (8), min, max. Then comes each level: number of compactions (8), size of a section (4, a float), log2 of the weight
// of a value, number of sections, 0 (2), number of values (4), the values.
inline constexpr std::uint8_t short_preamble = 2;
inline constexpr std::uint8_t long_preamble = 4;
inline constexpr std::uint8_t serial_version = 1;
inline constexpr std::uint8_t family_id = 17;
inline constexpr std::uint8_t is_empty = 4;
inline constexpr std::uint8_t is_high = 8;
inline constexpr std::uint8_t is_raw = 16;
inline constexpr std::uint8_t is_sorted = 32;  // level 0 is in order
inline constexpr std::size_t most_raw = 4;
inline constexpr std::size_t level_bytes = 20;

}  // namespace detail::req_image

/// Quantiles whose error in rank shrinks towards one end of the distribution, with a bound: the REQ sketch. For p99.99
/// of latencies, where the error of `kll`, the same at all ranks, is too much and `tdigest` has no bound.
///
/// `K`, even, sets accuracy and size of a new sketch. If `HighRanks`, ranks near 1 are the precise ones, else those
/// near 0. A loaded sketch has both from its image. `T` is double or float. NaN is left out; infinities count as
/// values.
///
/// Guarantee: up to 6 K values every query is exact; `min`, `max`, `quantile(0)` and `quantile(1)` always are, and so
/// are the 3 K values nearest the precise end. Elsewhere the rank of one query is off by at most `rank_error(p)` with
/// probability 0.99: at K = 12 by 3.9 % of 1 - p, or of p for low ranks, and by no more than 1.8 % of the stream.
/// Merging keeps that bound. The same seed, input and order of merges give the same bytes, and updating with a span
/// leaves the same as updating with its values in order.
/// Complexity: update O(log K) amortised, merge and query O(values kept); for many queries ask `view()`. Memory: a
/// level keeps at most 6 K values, growing to 16 K over 2^11 compactions, and there are log2(count / (3 K)) levels: 30
/// KB after ten million doubles at K = 12, and up to 90 KB with the spare room of its vectors.
/// Allocates: whenever some dozens of values that have come in are sorted.
/// Threads: one at a time.
/// Source: Cormode, Karnin, Liberty, Thaler, Vesely, "Relative error streaming quantiles", PODS 2021.
/// Bytes: the image of Apache DataSketches' REQ sketch. It has no place for the state of the random generator: a loaded
/// sketch returns the same figures, but later updates draw other random numbers.
template <unsigned K = 12, class T = double, bool HighRanks = true>
class req : public detail::asked_by_view<req<K, T, HighRanks>, T> {
  static_assert(K >= 4 && K <= 1024 && K % 2 == 0, "millrace[SKETCH-11]: req<K>: K must be even and in [4, 1024]");
  static_assert(std::is_same_v<T, double> || std::is_same_v<T, float>,
                "millrace[SKETCH-12]: req<K, T>: T must be double or float");

 public:
  using value_type = T;
  /// Updates and merges that would take `count` beyond this are left out.
  static constexpr std::uint64_t max_count = detail::req_levels<detail::order_key<T>>::max_weight;

  /// `seed`: of the random generator. Give sketches that are to be merged different seeds: with the same one, their
  /// errors may add up instead of cancelling.
  explicit req(std::uint64_t seed = 0) noexcept : kept_(K, seed) {}

  req(const req&) = default;
  req& operator=(const req&) = default;
  /// The sketch moved from is as newly made, with the seed 0.
  req(req&& other) noexcept : req(0) { swap(other); }
  req& operator=(req&& other) noexcept {
    req taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~req() = default;

  void update(T value) {
    if (value != value) [[unlikely]]
      return;
    if (!kept_.update(key_of(value))) [[unlikely]]
      return;
    include(value, value);
    ++count_;
  }
  void update(std::span<const T> values) {
    for (const T value : values) update(value);
  }
  /// Leaves about the same as `counts` updates with the value. Only whole weights can be kept, so a fraction is rounded
  /// at random, up with the probability of that fraction: weights add up on average. A weight that is not above zero,
  /// or `max_count` and more, changes nothing.
  /// Complexity: O(values kept log weight).
  void update(T value, weight counts) {
    if (value != value || !(counts.value > 0 && counts.value < static_cast<double>(max_count))) return;
    auto times = static_cast<std::uint64_t>(counts.value);
    if (const double fraction = counts.value - static_cast<double>(times); fraction > 0)
      times += kept_.draw() < fraction;
    if (times == 0 || times > max_count - count_) return;
    include(value, value);
    count_ += times;
    for (unsigned height = 0; times >> height != 0; ++height)
      if ((times >> height & 1) != 0) kept_.insert(height, key_of(value));
  }

  /// Adds what another sketch has seen.
  /// Errors: shape_mismatch when the two differ in K or in the precise end, as loaded ones may; then this sketch is as
  /// it was.
  result<void> merge(const req& other) {
    if (other.k() != k() || other.high_ != high_)
      return error(errc::shape_mismatch, "req of " + shape() + " merged with one of " + other.shape());
    if (other.empty() || other.count_ > max_count - count_) return {};
    kept_.merge(other.kept_.tidy());
    include(other.low_, other.high_value_);
    count_ += other.count_;
    return {};
  }

  std::uint64_t count() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  /// Is every value kept with weight one, so that all queries are exact?
  bool exact() const noexcept { return kept_.levels().size() <= 1; }
  unsigned k() const noexcept { return kept_.k(); }
  /// Are ranks near 1 the precise ones, and not those near 0?
  bool high_ranks() const noexcept { return high_; }
  /// How many values are kept.
  std::size_t retained() const noexcept { return kept_.retained(); }

  /// NaN when empty; so are `max`, `quantile` and `rank`.
  T(min)() const noexcept { return empty() ? std::numeric_limits<T>::quiet_NaN() : low_; }
  T(max)() const noexcept { return empty() ? std::numeric_limits<T>::quiet_NaN() : high_value_; }

  /// The distribution seen so far, sorted, for many queries: `quantile`, `rank` and the like make one for each call.
  quantile_view<T> view() const;

  /// How far the rank of one quantile near rank p may be off, as a fraction of the stream, at 99 % confidence; 0 where
  /// quantiles are exact.
  double rank_error(double p) const noexcept {
    const double k = kept_.k();
    const double off_end = high_ ? 1 - p : p;
    if (exact() || off_end * static_cast<double>(count_) <= 3 * k) return 0;
    // The constants are those that DataSketches fitted to measured errors, 0.0512 under the root and 0.084, but for the
    // former about twice as much: in a stream whose values close in on one value, errors add up more often.
    constexpr double deviations = 2.576;  // standard deviations of a normal distribution at 99 % confidence
    const double relative = detail::math::sqrt(0.1 / 3) * off_end;
    return deviations / k * (relative < 0.084 ? relative : 0.084);
  }
  /// Bounds on the true quantile at p, at 99 % confidence.
  quantile_bounds<T> bounds(double p) const {
    // The error is the one at the true rank, which may be farther from the precise end.
    const double off = rank_error(p);
    const double widest = rank_error(high_ ? p - off : p + off);
    return view().around(p, off < widest ? widest : off);
  }

  /// Allocates: a copy of the sketch, and the bytes.
  std::vector<std::byte> save() const;
  /// `seed`: of the generator for later updates, as for a new sketch.
  /// Allocates: no more than a few times the bytes given.
  /// Errors: truncated, unsupported, corrupt, type_mismatch, each naming what is wrong.
  static result<req> load(std::span<const std::byte> bytes, std::uint64_t seed = 0);

 private:
  void swap(req& other) noexcept {
    detail::swap_members(*this, other, &req::kept_, &req::count_, &req::low_, &req::high_value_, &req::high_);
  }
  using key_type = detail::order_key<T>;
  using levels_type = detail::req_levels<key_type>;
  using level = typename levels_type::level;

  std::string shape() const { return "K " + std::to_string(k()) + (high_ ? ", high ranks" : ", low ranks"); }

  /// Keys ascend towards the precise end, so for low ranks they are complemented.
  key_type key_of(T value) const noexcept {
    const key_type key = detail::to_order_key(value);
    return high_ ? key : ~key;
  }
  T value_of(key_type key) const noexcept { return detail::from_order_key<T>(high_ ? key : ~key); }
  void include(T low, T high) noexcept {
    if (count_ == 0 || low < low_) low_ = low;
    if (count_ == 0 || high > high_value_) high_value_ = high;
  }
  /// A level's values, ascending.
  std::vector<T> values_of(const level& from) const {
    std::vector<T> values;
    values.reserve(from.keys.size());
    const std::size_t size = from.keys.size();
    for (std::size_t i = 0; i < size; ++i) values.push_back(value_of(from.keys[high_ ? i : size - 1 - i]));
    return values;
  }
  /// What stands before the levels in an image.
  struct image_head {
    unsigned k = 0;
    unsigned levels = 0;
    unsigned raw_values = 0;  // how many values follow by themselves
    bool none = false;        // it is empty
    bool raw = false;         // its values follow by themselves
    bool high_ranks = false;
    bool sorted = false;
    std::uint64_t count = 0;
    T low = 0;
    T high = 0;
  };
  static result<void> read_head(detail::image_reader& in, image_head& head);
  static result<void> read_level_head(detail::image_reader& in, unsigned k, unsigned height, level& into,
                                      std::size_t& values);
  result<void> read_levels(detail::image_reader& in, image_head& head, std::vector<level>& into);
  result<void> load_level(detail::image_reader& in, level& into, std::size_t count, bool sorted);

  levels_type kept_;
  std::uint64_t count_ = 0;
  T low_ = 0;
  T high_value_ = 0;
  bool high_ = HighRanks;
};

template <unsigned K, class T, bool HighRanks>
quantile_view<T> req<K, T, HighRanks>::view() const {
  if (empty()) return {};
  const levels_type all = kept_.tidy();
  detail::weighted_runs<T> made;
  for (std::size_t height = 0; height < all.levels().size(); ++height) {
    const std::vector<T> run = values_of(all.levels()[height]);
    made.add(run.size(), [&run](std::size_t i) { return run[i]; }, std::uint64_t{1} << height);
  }
  return quantile_view<T>(std::move(made.values), std::move(made.weights), (min)(), (max)());
}

template <unsigned K, class T, bool HighRanks>
std::vector<std::byte> req<K, T, HighRanks>::save() const {
  using namespace detail::req_image;
  const levels_type all = kept_.tidy();
  const auto levels = static_cast<std::uint8_t>(empty() ? 0 : all.levels().size());
  const bool raw = exact() && count_ <= most_raw;
  detail::image_writer out(16 + 2 * sizeof(T) + levels * level_bytes + retained() * sizeof(T));
  out.put(levels > 1 ? long_preamble : short_preamble).put(serial_version).put(family_id);
  out.put(static_cast<std::uint8_t>(is_sorted | (empty() ? is_empty : 0) | (high_ ? is_high : 0) | (raw ? is_raw : 0)));
  out.put(static_cast<std::uint16_t>(k())).put(levels).put(static_cast<std::uint8_t>(raw ? count_ : 0));
  if (empty()) return std::move(out).take();
  if (levels > 1) out.put(count_).put(low_).put(high_value_);
  for (std::size_t height = 0; height < levels; ++height) {
    const level& each = all.levels()[height];
    if (!raw) {
      out.put(each.state).put(each.exact_section).put(static_cast<std::uint8_t>(height));
      out.put(static_cast<std::uint8_t>(each.sections)).put(std::uint16_t{0});
      out.put(static_cast<std::uint32_t>(each.keys.size()));
    }
    const std::vector<T> values = values_of(each);
    out.put_array(values.data(), values.size());
  }
  return std::move(out).take();
}

/// Reads the `count` values of a level, and sorts them as keys. Whether they lie within the extremes is left to the
/// caller.
template <unsigned K, class T, bool HighRanks>
result<void> req<K, T, HighRanks>::load_level(detail::image_reader& in, level& into, std::size_t count, bool sorted) {
  if (!in.holds<T>(count)) return in.truncated();
  std::vector<T> values(count);
  in.take_array(values.data(), count);
  into.keys.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (values[i] != values[i]) return in.corrupt("a value that is NaN");
    if (sorted && i > 0 && values[i] < values[i - 1]) return in.corrupt("a level is not sorted");
    into.keys[i] = key_of(values[i]);
  }
  std::vector<key_type> scratch(count);
  detail::sort_numbers(into.keys.data(), count, scratch.data());
  return {};
}

/// Reads the image's first eight bytes, and what follows them for two levels and more.
template <unsigned K, class T, bool HighRanks>
result<void> req<K, T, HighRanks>::read_head(detail::image_reader& in, image_head& head) {
  using namespace detail::req_image;
  const detail::image_start start = in.take_start();
  const auto flags = in.take<std::uint8_t>();
  head.k = in.take<std::uint16_t>();
  head.levels = in.take<std::uint8_t>();
  head.raw_values = in.take<std::uint8_t>();
  if (auto known = in.recognize(start, family_id, serial_version); !known) return known;
  head.none = (flags & is_empty) != 0;
  head.raw = !head.none && (flags & is_raw) != 0;
  head.high_ranks = (flags & is_high) != 0;
  head.sorted = (flags & is_sorted) != 0;
  if (head.k < 4 || head.k > 1024 || head.k % 2 != 0) return in.corrupt("k is not even and in [4, 1024]");
  if (head.none ? head.levels > 1 : head.levels == 0 || head.levels > levels_type::max_levels)
    return in.corrupt("number of levels");
  if (start.preamble != (head.levels > 1 ? long_preamble : short_preamble))
    return in.corrupt("the preamble's length and the levels disagree");
  if (head.raw && (head.levels != 1 || head.raw_values == 0 || head.raw_values > most_raw))
    return in.corrupt("values without a level");
  head.count = head.raw_values;
  if (head.levels <= 1) return {};
  head.count = in.take<std::uint64_t>();
  head.low = in.take<T>();
  head.high = in.take<T>();
  if (!in.ok()) return in.truncated();
  if (head.count == 0 || head.count > max_count) return in.corrupt("count");
  if (!(head.low <= head.high)) return in.corrupt("the extremes are out of order");
  return {};
}

/// Reads what stands before the values of a level.
template <unsigned K, class T, bool HighRanks>
result<void> req<K, T, HighRanks>::read_level_head(detail::image_reader& in, unsigned k, unsigned height, level& into,
                                                   std::size_t& values) {
  into.state = in.take<std::uint64_t>();
  into.exact_section = in.take<float>();
  const auto lg_weight = in.take<std::uint8_t>();
  into.sections = in.take<std::uint8_t>();
  in.skip(2);
  values = in.take<std::uint32_t>();
  if (!in.ok()) return in.truncated();
  if (lg_weight != height) return in.corrupt("a level's weight");
  // Sections double when their size shrinks by the root of 2.
  unsigned halvings = 0;
  while (halvings < 6 && levels_type::first_sections << halvings != into.sections) ++halvings;
  const double size = k / detail::math::pow(2.0, halvings / 2.0);
  if (halvings == 6 || !(detail::math::absolute(into.exact_section - size) <= 1e-3 * size) || size < 2.5)
    return in.corrupt("a level's sections");
  into.section = levels_type::nearest_even(into.exact_section);
  if (into.section < levels_type::least_section) return in.corrupt("a level's sections");
  return {};
}

/// Reads the levels of an image. Finds the count and the extremes of an image with a single level, which does not store
/// them.
template <unsigned K, class T, bool HighRanks>
result<void> req<K, T, HighRanks>::read_levels(detail::image_reader& in, image_head& head, std::vector<level>& into) {
  std::uint64_t weight = 0;
  for (unsigned height = 0; !head.none && height < head.levels; ++height) {
    level& next = into.emplace_back(static_cast<float>(head.k));
    std::size_t values = head.raw_values;
    if (!head.raw)
      if (auto done = read_level_head(in, head.k, height, next, values); !done) return done;
    if (auto done = load_level(in, next, values, height > 0 || head.sorted); !done) return done;
    if (values > (max_count - weight) >> height) return in.corrupt("the levels weigh too much");
    weight += std::uint64_t{values} << height;
    if (next.keys.empty()) continue;
    const T low = value_of(next.keys[high_ ? 0 : next.keys.size() - 1]);
    const T high = value_of(next.keys[high_ ? next.keys.size() - 1 : 0]);
    if (head.levels == 1) {
      head.low = low;
      head.high = high;
    } else if (!(head.low <= low && high <= head.high)) {
      return in.corrupt("a value outside the extremes");
    }
  }
  if (head.levels == 1 && !head.raw && !head.none) head.count = weight;
  if (head.none) head.count = 0;
  if (!head.none && (weight != head.count || head.count == 0))
    return in.corrupt("the levels do not weigh what the count says");
  // Behind raw values DataSketches leaves as many bytes as a level's head would take.
  if (!(head.raw && in.rest().size() == detail::req_image::level_bytes) && !in.rest().empty()) return in.too_long();
  return {};
}

template <unsigned K, class T, bool HighRanks>
result<req<K, T, HighRanks>> req<K, T, HighRanks>::load(std::span<const std::byte> bytes, std::uint64_t seed) {
  detail::image_reader in(bytes, "REQ");
  image_head head;
  if (auto done = read_head(in, head); !done) return std::move(done).error();
  req loaded(seed);
  loaded.high_ = head.high_ranks;
  std::vector<level> levels;
  if (auto done = loaded.read_levels(in, head, levels); !done) return std::move(done).error();
  loaded.kept_ = levels_type(head.k, seed, std::move(levels));
  loaded.count_ = head.count;
  loaded.low_ = head.low;
  loaded.high_value_ = head.high;
  return loaded;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_SKETCHES_REQ_HPP
