#ifndef MILLRACE_AGGREGATE_SKETCHES_COUNT_MIN_HPP
#define MILLRACE_AGGREGATE_SKETCHES_COUNT_MIN_HPP

#include <millrace/aggregate/concepts.hpp>
#include <millrace/aggregate/sketches/detail/murmur3.hpp>
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
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detail::count_min_image {

// Apache DataSketches' image. Fields are one byte long unless a number of bytes stands behind them: length of the
// preamble in units of 8 bytes, version, family, flags, 0 (4), buckets in a row (4), rows, hash of the seed (2), 0.
// Then, unless it is empty, the total weight and the buckets row by row, as doubles.
inline constexpr std::uint8_t preamble_length = 2;
inline constexpr std::uint8_t serial_version = 1;
inline constexpr std::uint8_t family_id = 18;
inline constexpr std::uint8_t is_empty = 1;
inline constexpr std::size_t most_rows = 255;

/// The seeds of the rows' hashes, as DataSketches draws them in C++: from std::default_random_engine and
/// std::uniform_int_distribution of libstdc++, whose steps are written out here, so that every library draws the same.
class row_seeds {
 public:
  std::uint64_t next() noexcept { return upscaled(~std::uint64_t{0}) + murmur3::sketch_seed; }

 private:
  static constexpr std::uint64_t engine_values = 2147483646;  // how many different values `draw` returns, from 0 on

  /// Park and Miller's minimal standard generator (1988), less one, so that it begins at 0.
  std::uint64_t draw() noexcept {
    state_ = state_ * 16807 % 2147483647;
    return state_ - 1;
  }
  /// Uniform in [0, most] for a `most` beyond what one draw can return: combines several draws.
  std::uint64_t upscaled(std::uint64_t most) noexcept {
    for (;;) {
      const std::uint64_t above = most / engine_values;
      const std::uint64_t high = engine_values * (above < engine_values ? downscaled(above) : upscaled(above));
      const std::uint64_t sum = high + draw();
      if (sum <= most && sum >= high) return sum;
    }
  }
  /// Uniform in [0, most] for a `most` below what one draw can return: draws again rather than favour low values.
  std::uint64_t downscaled(std::uint64_t most) noexcept {
    const std::uint64_t width = (engine_values - 1) / (most + 1);
    for (;;)
      if (const std::uint64_t drawn = draw(); drawn < width * (most + 1)) return drawn / width;
  }

  std::uint64_t state_ = murmur3::sketch_seed;
};

}  // namespace detail::count_min_image

/// An upper bound on the weight of any item of a stream, in a table of fixed size: the count-min sketch. It returns the
/// weight of an item that you name; `frequent_items` finds which items are heavy.
///
/// A new sketch has `Rows` rows of `Buckets` buckets, a loaded one those of its image. Items are whole numbers (7 is
/// one item whatever its type), floating-point numbers (+0 and -0 are one item, and so are all NaN) and text (empty
/// text is left out).
///
/// Guarantee: `estimate(x)` is never below the weight of x, and with probability `confidence()` above it by no more
/// than `epsilon() * total()`: with 98 % by no more than 0.0027 of the stream's weight, for 1,024 buckets in 4 rows.
/// The same input and order of merges give the same bytes.
/// Complexity: update and query O(Rows), merge O(Buckets Rows). Memory: 8 bytes a bucket, 32 KB for 1,024 in 4 rows.
/// Allocates: at the first update, merge with a sketch that is not empty, or load.
/// Threads: one at a time.
/// Source: Cormode, Muthukrishnan, "An improved data stream summary: the count-min sketch and its applications", 2005.
/// Bytes: the image of Apache DataSketches' count-min sketch in C++ and Python; that of Java draws other seeds.
template <unsigned Buckets = 1024, unsigned Rows = 4>
class count_min {
  static_assert(Buckets >= 3 && Rows >= 1 && Rows <= 255,
                "millrace[SKETCH-10]: count_min<Buckets, Rows>: Buckets must be at least 3, Rows in [1, 255]");

 public:
  count_min() noexcept : count_min(Buckets, Rows) {}

  count_min(const count_min&) = default;
  count_min& operator=(const count_min&) = default;
  /// The sketch moved from is as newly made.
  count_min(count_min&& other) noexcept : count_min() { swap(other); }
  count_min& operator=(count_min&& other) noexcept {
    count_min taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~count_min() = default;

  /// Takes an item of weight one, or many from a vector or a span.
  template <class Items>
  requires(detail::takes_items<Items>)
  void update(const Items& items) {
    if constexpr (detail::row_of_items<Items>)
      for (const auto& item : items) update(item, weight(1));
    else
      update(items, weight(1));
  }
  /// millrace[SKETCH-14]: an argument that is no item; the error names the template parameter, which says what to do.
  template <class millrace_SKETCH_14_items_are_numbers_or_text_of_others_give_a_key>
  requires(!detail::takes_items<millrace_SKETCH_14_items_are_numbers_or_text_of_others_give_a_key>)
  void update(const millrace_SKETCH_14_items_are_numbers_or_text_of_others_give_a_key&) = delete;
  /// Takes an item with a weight. One that is not above zero, or not finite, leaves the sketch as it was, and so does
  /// one with which the total weight would not be finite.
  template <detail::hashable_item Item>
  void update(const Item& item, weight_or_number counts) {
    const double total = total_ + counts.value;
    if (detail::is_no_item(item) || !(counts.value > 0 && total <= most_weight)) return;
    if (table_.empty()) start();
    total_ = total;
    for (std::size_t row = 0; row < seeds_.size(); ++row) table_[place_of(item, row)] += counts.value;
  }

  /// Adds what another sketch has seen.
  /// Errors: shape_mismatch when the two differ in buckets or rows, as loaded ones may; out_of_range when the total
  /// weight of both is not finite. Then this sketch is as it was.
  result<void> merge(const count_min& other) {
    if (other.buckets_ != buckets_ || other.rows_ != rows_)
      return error(errc::shape_mismatch, "count_min of " + shape() + " merged with one of " + other.shape());
    const double total = total_ + other.total_;
    if (!(total <= most_weight)) return error(errc::out_of_range, "count_min: the total weight of both is not finite");
    if (table_.empty() && !other.table_.empty()) start();
    for (std::size_t i = 0; i < other.table_.size(); ++i) table_[i] += other.table_[i];
    total_ = total;
    return {};
  }

  /// The greatest weight that the item can have; 0 if it cannot have come.
  template <detail::hashable_item Item>
  double estimate(const Item& item) const {
    if (detail::is_no_item(item) || table_.empty()) return 0;
    double least = total_;
    for (std::size_t row = 0; row < seeds_.size(); ++row) {
      const double bucket = table_[place_of(item, row)];
      if (bucket < least) least = bucket;
    }
    return least;
  }

  /// The sum of all weights.
  double total() const noexcept { return total_; }
  bool empty() const noexcept { return total_ == 0; }
  std::size_t buckets() const noexcept { return buckets_; }
  std::size_t rows() const noexcept { return rows_; }
  /// By what fraction of the total weight an estimate may be too high, with probability `confidence`: e / buckets.
  double epsilon() const noexcept { return 2.718281828459045 / static_cast<double>(buckets_); }
  /// The probability that an estimate is too high by no more than `epsilon` says: 1 - exp(-rows).
  double confidence() const noexcept { return 1 - detail::math::exp(-static_cast<double>(rows_)); }

  std::vector<std::byte> save() const;
  /// Allocates: no more than a few times the bytes given.
  /// Errors: truncated, unsupported, corrupt, not_finite, type_mismatch, each naming what is wrong.
  static result<count_min> load(std::span<const std::byte> bytes);

 private:
  void swap(count_min& other) noexcept {
    detail::swap_members(*this, other, &count_min::buckets_, &count_min::rows_, &count_min::seeds_, &count_min::table_,
                         &count_min::total_);
  }
  static constexpr double most_weight = (std::numeric_limits<double>::max)();
  static constexpr std::uint64_t most_buckets = std::uint64_t{1} << 26;  // in all rows of a loaded sketch
  // The same for an empty image: its first update allocates the table, whose size sixteen bytes claim.
  static constexpr std::uint64_t most_empty_buckets =
      std::uint64_t{Buckets} * Rows > 65536 ? std::uint64_t{Buckets} * Rows : 65536;

  count_min(std::size_t buckets, std::size_t rows) noexcept : buckets_(buckets), rows_(rows) {}
  [[gnu::noinline]] void start() {
    detail::count_min_image::row_seeds seeds;
    seeds_.resize(rows_);
    for (std::uint64_t& seed : seeds_) seed = seeds.next();
    table_.resize(buckets_ * rows_);
  }

  std::string shape() const { return std::to_string(rows_) + " rows of " + std::to_string(buckets_) + " buckets"; }

  template <class Item>
  std::size_t place_of(const Item& item, std::size_t row) const noexcept {
    const std::uint64_t hash = detail::hash_item(item, seeds_[row]).low;
    // The usual number of buckets is a case by itself: the remainder of division by a constant takes a multiplication.
    return row * buckets_ + (buckets_ == Buckets ? hash % Buckets : hash % buckets_);
  }

  std::size_t buckets_;
  std::size_t rows_;
  std::vector<std::uint64_t> seeds_;  // of each row's hash; none until the first update
  std::vector<double> table_;         // row by row; nothing until the first update
  double total_ = 0;
};

template <unsigned Buckets, unsigned Rows>
std::vector<std::byte> count_min<Buckets, Rows>::save() const {
  using namespace detail::count_min_image;
  detail::image_writer out(24 + 8 * table_.size());
  out.put(preamble_length).put(serial_version).put(family_id).put(empty() ? is_empty : std::uint8_t{0});
  out.put(std::uint32_t{0}).put(static_cast<std::uint32_t>(buckets_)).put(static_cast<std::uint8_t>(rows_));
  out.put(detail::seed_hash()).put(std::uint8_t{0});
  if (!empty()) out.put(total_).put_array(table_.data(), table_.size());
  return std::move(out).take();
}

template <unsigned Buckets, unsigned Rows>
result<count_min<Buckets, Rows>> count_min<Buckets, Rows>::load(std::span<const std::byte> bytes) {
  using namespace detail::count_min_image;
  detail::image_reader in(bytes, "count-min");
  const detail::image_start start = in.take_start();
  const auto flags = in.take<std::uint8_t>();
  in.skip(4);
  const std::uint64_t buckets = in.take<std::uint32_t>();
  const std::uint64_t rows = in.take<std::uint8_t>();
  const auto seed = in.take<std::uint16_t>();
  in.skip(1);
  if (auto known = in.recognize(start, family_id, serial_version); !known) return std::move(known).error();
  if (start.preamble != preamble_length) return in.corrupt("the preamble's length");
  if (seed != detail::seed_hash()) return in.fault(errc::unsupported, "its hashes are of another seed");
  if (buckets < 3 || rows == 0) return in.corrupt("fewer than 3 buckets or no rows");
  if (buckets * rows > most_buckets) return in.fault(errc::unsupported, "more than 2^26 buckets");
  if ((flags & is_empty) != 0 && buckets * rows > most_empty_buckets)
    return in.fault(errc::unsupported, "an empty one of that size");
  count_min loaded(buckets, rows);
  if ((flags & is_empty) == 0) {
    loaded.total_ = in.take<double>();
    if (!in.ok() || !in.holds<double>(buckets * rows)) return in.truncated();
    if (!(loaded.total_ > 0 && loaded.total_ <= most_weight))
      return in.fault(errc::not_finite, "the total weight is not a number above zero");
    loaded.start();
    in.take_array(loaded.table_.data(), loaded.table_.size());
    for (const double bucket : loaded.table_)
      if (!(bucket >= 0 && bucket <= loaded.total_ * 1.000001)) return in.corrupt("a bucket beyond the total weight");
  }
  if (!in.rest().empty()) return in.too_long();
  return loaded;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_SKETCHES_COUNT_MIN_HPP
