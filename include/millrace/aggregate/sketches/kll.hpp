#ifndef MILLRACE_AGGREGATE_SKETCHES_KLL_HPP
#define MILLRACE_AGGREGATE_SKETCHES_KLL_HPP

#include <millrace/aggregate/concepts.hpp>
#include <millrace/aggregate/detail/quantile_points.hpp>
#include <millrace/aggregate/sketches/detail/kll_levels.hpp>
#include <millrace/aggregate/sketches/quantile_view.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/swap_members.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/detail/image.hpp>

#include <array>
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
namespace detail::kll_image {

// Apache DataSketches' image. Fields are one byte long unless a number of bytes stands behind them. The first 8 bytes:
// length of the preamble in units of 4 bytes, version, family, flags, k (2), m (the least width of a level), 0. For two
// values and more follow count (8), least k that was merged in (2), number of levels, 0, the position of each level's
// first value in an array of the full capacity (4 each), min, max. Then come the values, those of level 0 first.
inline constexpr std::uint8_t family_id = 15;
inline constexpr std::uint8_t short_preamble = 2;
inline constexpr std::uint8_t long_preamble = 5;
inline constexpr std::uint8_t version_long = 1;
inline constexpr std::uint8_t version_single = 2;
inline constexpr std::uint8_t is_empty = 1;
inline constexpr std::uint8_t is_sorted = 2;  // level 0 is in order
inline constexpr std::uint8_t is_single = 4;
inline constexpr std::size_t header_bytes = 20;

}  // namespace detail::kll_image

/// Quantiles of a stream of any length with a bound on the error in rank, in a few kilobytes: the KLL sketch.
///
/// `K` sets accuracy and size of a new sketch; a loaded one has the K of its image. `T` is double or float.
/// NaN is left out; infinities count as values.
///
/// Guarantee: up to K values every query is exact; `min`, `max`, `quantile(0)` and `quantile(1)` always are. Beyond K
/// values the rank of one query is off by at most `rank_error()` with probability 0.99 (1.33 % at K = 200). Merging
/// keeps that bound (that of the lesser K, if a loaded image has another). The same seed, input and order of merges
/// give the same bytes, and updating with a span leaves the same as updating with its values in order.
/// Complexity: update O(1) amortised, merge and query O(values kept); for many queries ask `view()`. Memory: no more
/// than 3 K + 8 log2(count / K) values, 7.5 KB at K = 200.
/// Allocates: O(log count) times as it grows.
/// Threads: one at a time.
/// Source: Karnin, Lang, Liberty, "Optimal quantile approximation in streams", FOCS 2016: a sampler in front of
/// compactors of falling width. The coins of a compactor come in opposite pairs: Ivkin, Liberty, Lang, Karnin,
/// Braverman, "Streaming quantiles algorithms with small space and update time", 2019.
/// Bytes: the image of Apache DataSketches' KLL sketch. It has no place for the state of the random generator: a loaded
/// sketch returns the same figures, but later updates draw other random numbers.
template <unsigned K = 200, class T = double>
class kll : public detail::asked_by_view<kll<K, T>, T> {
  static_assert(K >= 8 && K <= 65535, "millrace[SKETCH-1]: kll<K>: K must be in [8, 65535]");
  static_assert(std::is_same_v<T, double> || std::is_same_v<T, float>,
                "millrace[SKETCH-2]: kll<K, T>: T must be double or float");

 public:
  using value_type = T;
  /// Updates and merges that would take `count` beyond this are left out.
  static constexpr std::uint64_t max_count = detail::kll_levels<T>::max_weight;

  /// `seed`: of the random generator. Give sketches that are to be merged different seeds: with the same one, their
  /// errors may add up instead of cancelling.
  explicit kll(std::uint64_t seed = 0) noexcept : kept_(K, seed) {}

  kll(const kll&) = default;
  kll& operator=(const kll&) = default;
  /// The sketch moved from is as newly made, with the seed 0.
  kll(kll&& other) noexcept : kll(0) { swap(other); }
  kll& operator=(kll&& other) noexcept {
    kll taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~kll() = default;

  void update(T value) { kept_.update(value); }
  void update(std::span<const T> values) { kept_.update(values); }
  /// Leaves about the same as `counts` updates with the value. Only whole weights can be kept, so a fraction is rounded
  /// at random, up with the probability of that fraction: weights add up on average. A weight that is not above zero,
  /// or `max_count` and more, changes nothing.
  /// Complexity: O(values kept log weight).
  void update(T value, weight counts) {
    if (value != value || !(counts.value > 0 && counts.value < static_cast<double>(max_count))) return;
    const auto whole = static_cast<std::uint64_t>(counts.value);
    const double fraction = counts.value - static_cast<double>(whole);
    const std::uint64_t times = whole + (fraction > 0 && kept_.draw() < fraction ? 1 : 0);
    if (times > max_count - count()) return;
    if ((times & 1) != 0) update(value);
    for (unsigned level = 1; times >> level != 0; ++level)
      if ((times >> level & 1) != 0) kept_.insert(level, value);
  }

  /// Adds what another sketch, maybe of another K, has seen.
  void merge(const kll& other) {
    if (other.empty() || other.count() > max_count - count()) return;
    if (!other.exact() && other.min_k_ < min_k_) min_k_ = other.min_k_;
    kept_.merge(other.kept_.tidy());
  }

  std::uint64_t count() const noexcept { return kept_.count(); }
  bool empty() const noexcept { return count() == 0; }
  /// Is every value kept with weight one, so that all queries are exact?
  bool exact() const noexcept { return kept_.levels() == 1; }
  unsigned k() const noexcept { return kept_.k(); }
  /// How many values are kept.
  std::size_t retained() const noexcept { return kept_.retained(); }

  /// NaN when empty; so are `max`, `quantile` and `rank`.
  T(min)() const noexcept { return empty() ? std::numeric_limits<T>::quiet_NaN() : (kept_.min)(); }
  T(max)() const noexcept { return empty() ? std::numeric_limits<T>::quiet_NaN() : (kept_.max)(); }

  /// The distribution seen so far, sorted, for many queries: `quantile`, `rank` and the like make one for each call.
  quantile_view<T> view() const;

  /// How far the rank of one quantile may be off, as a fraction of the stream, at 99 % confidence; 0 while `exact`.
  /// The constants here and in `pmf_error` are those that Apache DataSketches fitted to measured errors.
  double rank_error() const noexcept { return exact() ? 0.0 : 2.296 / detail::math::pow(min_k_, 0.9723); }
  /// How far each fraction that `pmf` returns may be off, at 99 % confidence; 0 while `exact`.
  double pmf_error() const noexcept { return exact() ? 0.0 : 2.446 / detail::math::pow(min_k_, 0.9433); }
  /// Bounds on the true quantile at p, at 99 % confidence.
  quantile_bounds<T> bounds(double p) const { return view().around(p, rank_error()); }

  /// Allocates: a copy of the sketch, and the bytes.
  std::vector<std::byte> save() const;
  /// `seed`: of the generator for later updates, as for a new sketch.
  /// Allocates: no more than a few times the bytes given.
  /// Errors: truncated, unsupported, corrupt, type_mismatch, each naming what is wrong.
  static result<kll> load(std::span<const std::byte> bytes, std::uint64_t seed = 0);

 private:
  void swap(kll& other) noexcept { detail::swap_members(*this, other, &kll::kept_, &kll::min_k_); }
  using key_type = detail::order_key<T>;
  static constexpr unsigned max_levels = detail::kll_levels<T>::max_levels;

  /// What stands before the values in an image.
  struct image_head {
    unsigned k = 0;
    unsigned min_k = 0;
    bool one = false;  // it holds a single value
    std::uint64_t count = 0;
    unsigned levels = 1;
    std::array<std::uint32_t, max_levels + 1> starts{};  // of each level, in an array of the full capacity
    T low{};
    T high{};
  };
  static result<void> read_head(detail::image_reader& in, image_head& head);
  static result<void> read_values(detail::image_reader& in, image_head& head, std::vector<key_type>& keys);

  detail::kll_levels<T> kept_;
  unsigned min_k_ = K;  // the least K that was merged in
};

template <unsigned K, class T>
quantile_view<T> kll<K, T>::view() const {
  if (empty()) return {};
  const detail::kll_levels<T> all = kept_.tidy();
  detail::weighted_runs<T> made;
  for (unsigned level = 0; level < all.levels(); ++level) {
    const std::span<const key_type> run = all.run(level);
    made.add(run.size(), [run](std::size_t i) { return detail::from_order_key<T>(run[i]); }, std::uint64_t{1} << level);
  }
  return quantile_view<T>(std::move(made.values), std::move(made.weights), (min)(), (max)());
}

template <unsigned K, class T>
std::vector<std::byte> kll<K, T>::save() const {
  using namespace detail::kll_image;
  const bool one = count() == 1;
  const bool small_image = empty() || one;
  const unsigned levels = kept_.levels();
  detail::image_writer out(header_bytes + 4 * levels + (retained() + 2) * sizeof(T));
  out.put(small_image ? short_preamble : long_preamble).put(one ? version_single : version_long).put(family_id);
  out.put(static_cast<std::uint8_t>(empty() ? is_empty : one ? is_single | is_sorted : is_sorted));
  out.put(static_cast<std::uint16_t>(k()));
  out.put(std::uint8_t{detail::kll_levels<T>::min_width}).put(std::uint8_t{0});
  const detail::kll_levels<T> all = kept_.tidy();
  if (!small_image) {
    out.put(count())
        .put(static_cast<std::uint16_t>(min_k_))
        .put(static_cast<std::uint8_t>(levels))
        .put(std::uint8_t{0});
    auto position = static_cast<std::uint32_t>(all.capacity() - all.retained());
    for (unsigned level = 0; level < levels; ++level) {
      out.put(position);
      position += static_cast<std::uint32_t>(all.run(level).size());
    }
    out.put((min)()).put((max)());
  }
  for (unsigned level = 0; level < levels; ++level)
    for (const key_type key : all.run(level)) out.put(detail::from_order_key<T>(key));
  return std::move(out).take();
}

/// Reads the image's first eight bytes, and what follows them for two values and more.
template <unsigned K, class T>
result<void> kll<K, T>::read_head(detail::image_reader& in, image_head& head) {
  using namespace detail::kll_image;
  const detail::image_start start = in.take_start();
  const auto flags = in.take<std::uint8_t>();
  head.k = head.min_k = in.take<std::uint16_t>();
  const auto width = in.take<std::uint8_t>();
  in.skip(1);
  if (auto known = in.recognize(start, family_id, version_long, version_single); !known) return known;
  const bool none = (flags & is_empty) != 0;
  head.one = (flags & is_single) != 0;
  if (width != detail::kll_levels<T>::min_width) return in.fault(errc::unsupported, "m is not 8");
  if (start.preamble != (none || head.one ? short_preamble : long_preamble) || (none && head.one))
    return in.corrupt("the preamble's length and the flags disagree");
  if (head.k < 8) return in.corrupt("k is below 8");
  head.count = none ? 0 : 1;
  head.starts[1] = head.one ? 1 : 0;
  if (none || head.one) return {};
  head.count = in.take<std::uint64_t>();
  head.min_k = in.take<std::uint16_t>();
  head.levels = in.take<std::uint8_t>();
  in.skip(1);
  if (!in.ok()) return in.truncated();
  if (head.min_k < 8 || head.min_k > head.k) return in.corrupt("min k is not in [8, k]");
  if (head.levels == 0 || head.levels > max_levels) return in.corrupt("number of levels");
  if (head.count == 0 || head.count > max_count) return in.corrupt("count");
  if (!in.take_array(head.starts.data(), head.levels)) return in.truncated();
  head.starts[head.levels] = detail::kll_levels<T>::total_capacity(head.k, head.levels);
  head.low = in.take<T>();
  head.high = in.take<T>();
  if (!in.ok()) return in.truncated();
  return {};
}

/// Reads the values as order keys (integers that are ordered as the numbers are), level by level, each level sorted.
/// Makes `starts` count from 0.
template <unsigned K, class T>
result<void> kll<K, T>::read_values(detail::image_reader& in, image_head& head, std::vector<key_type>& keys) {
  std::uint64_t weight = 0;
  for (unsigned level = 0; level < head.levels; ++level) {
    if (head.starts[level] > head.starts[level + 1]) return in.corrupt("the levels overlap");
    const std::uint64_t size = head.starts[level + 1] - head.starts[level];
    if (size > (max_count - weight) >> level) return in.corrupt("the levels weigh too much");
    weight += size << level;
  }
  if (weight != head.count) return in.corrupt("the levels do not weigh what the count says");
  const std::uint32_t first = head.starts[0];
  for (unsigned level = 0; level <= head.levels; ++level) head.starts[level] -= first;
  const std::uint32_t kept = head.starts[head.levels];
  if (!in.holds<T>(kept)) return in.truncated();
  if (in.rest().size() != kept * sizeof(T)) return in.too_long();
  std::vector<T> values(kept);
  in.take_array(values.data(), kept);
  if (head.one) head.low = head.high = values[0];
  if (!(head.low <= head.high)) return in.corrupt("the extremes are out of order");
  keys.resize(kept);
  std::vector<key_type> scratch(kept);
  for (unsigned level = 0; level < head.levels; ++level) {
    const std::uint32_t begin = head.starts[level];
    const std::uint32_t end = head.starts[level + 1];
    for (std::uint32_t i = begin; i < end; ++i) {
      if (!(head.low <= values[i] && values[i] <= head.high)) return in.corrupt("a value outside the extremes");
      if (level > 0 && i > begin && values[i] < values[i - 1]) return in.corrupt("a level is not sorted");
      keys[i] = detail::to_order_key(values[i]);
    }
    // Level 0 need not be sorted, and zeros of both signs may stand in any order.
    detail::sort_numbers(keys.data() + begin, end - begin, scratch.data());
  }
  return {};
}

template <unsigned K, class T>
result<kll<K, T>> kll<K, T>::load(std::span<const std::byte> bytes, std::uint64_t seed) {
  detail::image_reader in(bytes, "KLL");
  image_head head;
  if (auto done = read_head(in, head); !done) return std::move(done).error();
  kll loaded(seed);
  loaded.min_k_ = head.min_k;
  if (head.count == 0) {
    if (!in.rest().empty()) return in.too_long();
    loaded.kept_ = detail::kll_levels<T>(head.k, seed);
    return loaded;
  }
  std::vector<key_type> keys;
  if (auto done = read_values(in, head, keys); !done) return std::move(done).error();
  loaded.kept_ = detail::kll_levels<T>(head.k, seed, std::move(keys), std::span(head.starts).first(head.levels + 1),
                                       detail::to_order_key(head.low), detail::to_order_key(head.high));
  return loaded;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_SKETCHES_KLL_HPP
