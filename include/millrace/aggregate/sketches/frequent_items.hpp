#ifndef MILLRACE_AGGREGATE_SKETCHES_FREQUENT_ITEMS_HPP
#define MILLRACE_AGGREGATE_SKETCHES_FREQUENT_ITEMS_HPP

#include <millrace/aggregate/concepts.hpp>
#include <millrace/aggregate/sketches/detail/murmur3.hpp>
#include <millrace/core/detail/sort.hpp>
#include <millrace/core/detail/swap_members.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/detail/image.hpp>
#include <millrace/core/seed.hpp>

#include <array>
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
namespace detail::frequent_image {

// Apache DataSketches' image. Fields are one byte long unless a number of bytes stands behind them: length of the
// preamble in units of 8 bytes, version, family, log2 of the greatest and of the present size, flags, 0 (2). Then,
// unless it is empty, the number of items (4), 0 (4), the total weight (8), the greatest error (8), the items' weights
// (8 each) and the items: numbers (8 each), or texts, each with its length (4) before it.
inline constexpr std::uint8_t empty_preamble = 1;
inline constexpr std::uint8_t full_preamble = 4;
inline constexpr std::uint8_t serial_version = 1;
inline constexpr std::uint8_t family_id = 10;
inline constexpr std::uint8_t is_empty = 5;  // bits 0 and 2: implementations differed on which of them it is
inline constexpr unsigned least_lg = 3;
inline constexpr unsigned most_lg = 30;

}  // namespace detail::frequent_image

/// The items that come up most often in a stream, each with bounds on its weight: the frequent-items sketch.
///
/// `Item`: std::string or std::int64_t. `LgSize`: a new sketch keeps at most 3/4 2^LgSize items, a loaded one as many
/// as its image says.
///
/// Guarantee: if weights are whole, `lower(x) <= weight of x <= upper(x)` for every item, kept or not. The two differ
/// by `max_error()`, which is below `epsilon() * total()` (0.0034 of the stream's weight at LgSize = 10), and 0 until
/// more than 3/4 2^LgSize different items came. No item heavier than `max_error()` is missing. After a merge all this
/// holds, with the errors of both added. The same input and order of merges give the same bytes.
/// Complexity: update O(1) amortised; `merge`, `top`, `maybe_above` and `surely_above` O(n log n) for n items kept.
/// Memory: at most 32 2^LgSize bytes, 32 KB at LgSize = 10; for texts three times that and the texts themselves.
/// Allocates: as it grows; for texts as they come.
/// Threads: one at a time.
/// Source: Anderson, Bevan, Lang, Liberty, Rhodes, Thaler, "A high-performance algorithm for identifying frequent items
/// in data streams", IMC 2017: a table of counters; when it is full, the median of the counters is subtracted from all.
/// Bytes: the image of Apache DataSketches' frequent-items sketch of longs or of strings, the heaviest item first.
template <class Item = std::string, unsigned LgSize = 10>
class frequent_items {
  static_assert(LgSize >= 3 && LgSize <= 26,
                "millrace[SKETCH-8]: frequent_items<Item, LgSize>: LgSize must be in [3, 26]");
  static_assert(std::is_same_v<Item, std::string> || std::is_same_v<Item, std::int64_t>,
                "millrace[SKETCH-9]: frequent_items<Item>: Item must be std::string or std::int64_t");

  template <class X>
  static constexpr bool is_item =
      std::is_same_v<Item, std::string> ? std::is_convertible_v<const X&, std::string_view>
                                        : std::is_convertible_v<const X&, std::int64_t> && !std::is_floating_point_v<X>;
  template <class X>
  static constexpr bool is_row = [] {
    if constexpr (detail::row_of_items<X>)
      return is_item<std::remove_cvref_t<decltype(*std::declval<const X&>().data())>>;
    else
      return false;
  }();

 public:
  /// The type that `update` takes an item as. An unsigned number of 2^63 and more becomes the negative one with the
  /// same bits.
  using item_type = std::conditional_t<std::is_same_v<Item, std::string>, std::string_view, std::int64_t>;
  using sample = item_type;
  static constexpr std::string_view name =
      std::is_same_v<Item, std::string> ? "frequent_items<text>" : "frequent_items<integer>";
  /// Updates and merges that would take `total` beyond this change nothing.
  static constexpr std::uint64_t max_total = std::uint64_t{1} << 62;

  frequent_items() noexcept = default;
  frequent_items(const frequent_items&) = default;
  frequent_items& operator=(const frequent_items&) = default;
  /// The sketch moved from is as newly made.
  frequent_items(frequent_items&& other) noexcept : frequent_items() { swap(other); }
  frequent_items& operator=(frequent_items&& other) noexcept {
    frequent_items taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~frequent_items() = default;

  /// Does `update` take an X: an item, or a vector or a span of them?
  template <class X>
  static constexpr bool takes = is_item<X> || is_row<X>;

  template <class Items>
  requires(takes<Items>)
  void update(const Items& items) {
    if constexpr (is_item<Items>)
      add(static_cast<item_type>(items), 1);
    else
      for (const auto& item : items) add(static_cast<item_type>(item), 1);
  }
  /// millrace[SKETCH-14]: an argument that is no item; the error names the template parameter, which says so.
  template <class millrace_SKETCH_14_items_are_of_another_type_than_the_sketch_is_for>
  requires(!takes<millrace_SKETCH_14_items_are_of_another_type_than_the_sketch_is_for>)
  void update(const millrace_SKETCH_14_items_are_of_another_type_than_the_sketch_is_for&) = delete;
  /// Leaves the same as `counts` updates with the item. Only whole weights can be kept, so a fraction is rounded at
  /// random, up with the probability of that fraction. The sum of n such weights is right on average, with a standard
  /// deviation of sqrt(n / 4) at most; for exact sums weigh in a smaller unit. A weight that is not above zero, or
  /// `max_total` and more, changes nothing.
  void update(item_type item, weight_or_number counts);

  /// Adds what another sketch has seen.
  void merge(const frequent_items& other);

  /// The sum of all weights, as they were rounded.
  std::uint64_t total() const noexcept { return total_; }
  bool empty() const noexcept { return total_ == 0; }
  /// How many items are kept.
  std::size_t retained() const noexcept { return kept_; }

  /// Bounds on the weight of an item.
  std::uint64_t lower(item_type item) const noexcept {
    if (kept_ == 0) return 0;
    return slots_[place_of(item, hash_of(item))].count;
  }
  std::uint64_t upper(item_type item) const noexcept { return lower(item) + offset_; }
  /// The difference of `upper` and `lower`, the same for every item.
  std::uint64_t max_error() const noexcept { return offset_; }
  /// An upper bound on `max_error` as a fraction of `total`.
  double epsilon() const noexcept { return 3.5 / static_cast<double>(std::uint64_t{1} << lg_most_); }

  struct row {
    Item item;
    std::uint64_t lower;
    std::uint64_t upper;
  };
  /// The `count` items with the greatest weights, the heaviest first; equal weights in the order of the items.
  std::vector<row> top(std::size_t count) const;
  /// The kept items that may weigh more than the threshold, since `upper` does. If the threshold is `max_error()` or
  /// more, every item that weighs more is among them.
  std::vector<row> maybe_above(std::uint64_t threshold) const { return rows(threshold, &row::upper); }
  /// The items that are sure to weigh more than the threshold, since `lower` does.
  std::vector<row> surely_above(std::uint64_t threshold) const { return rows(threshold, &row::lower); }

  std::vector<std::byte> save() const;
  /// Allocates: no more than a few times the bytes given.
  /// Errors: truncated, unsupported, corrupt, type_mismatch, each naming what is wrong.
  static result<frequent_items> load(std::span<const std::byte> bytes);

 private:
  void swap(frequent_items& other) noexcept {
    detail::swap_members(*this, other, &frequent_items::slots_, &frequent_items::kept_, &frequent_items::total_,
                         &frequent_items::offset_, &frequent_items::fractions_, &frequent_items::lg_,
                         &frequent_items::lg_most_);
  }
  static constexpr bool is_text = std::is_same_v<Item, std::string>;
  struct number_slot {
    std::int64_t item = 0;
    std::uint64_t count = 0;  // the item's weight, less what was taken off; 0: the slot is free
  };
  struct text_slot {
    std::string item;
    std::uint64_t count = 0;
    std::uint64_t hash = 0;
  };
  using slot = std::conditional_t<is_text, text_slot, number_slot>;

  /// The hash of a number. Short on purpose, since every update waits for it; its lower half, which is used, depends on
  /// all bits of the number.
  static std::uint64_t spread(std::uint64_t item) noexcept {
    item = (item ^ (item >> 32)) * 0x9e3779b97f4a7c15U;
    return item ^ (item >> 32);
  }
  static std::uint64_t hash_of(item_type item) noexcept {
    if constexpr (is_text)
      return detail::murmur3::hash(item.data(), item.size()).low;
    else
      return spread(static_cast<std::uint64_t>(item));
  }
  static std::uint64_t hash_in(const slot& kept) noexcept {
    if constexpr (is_text)
      return kept.hash;
    else
      return hash_of(kept.item);
  }
  static bool is_in(const slot& kept, item_type item, [[maybe_unused]] std::uint64_t hash) noexcept {
    if constexpr (is_text)
      return kept.hash == hash && kept.item == item;
    else
      return kept.item == item;
  }
  /// The slot that an item is in, or the free one where it belongs. At least half of the slots are free.
  std::size_t place_of(item_type item, std::uint64_t hash) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (!is_in(slots_[at], item, hash) && slots_[at].count != 0) at = (at + 1) & mask;
    return at;
  }
  static std::size_t capacity(unsigned lg) noexcept { return (std::size_t{3} << lg) / 4; }

  void add(item_type item, std::uint64_t count) {  // `count`: a whole weight
    if (count > max_total - total_) [[unlikely]]
      return;
    total_ += count;
    const std::uint64_t hash = hash_of(item);
    if (!slots_.empty()) [[likely]] {
      slot& kept = slots_[place_of(item, hash)];
      if (kept.count != 0) [[likely]] {
        kept.count += count;
        return;
      }
    }
    insert(item, hash, count);
  }
  [[gnu::noinline]] void insert(item_type item, std::uint64_t hash, std::uint64_t count) {
    if (2 * (kept_ + 1) > slots_.size()) resize(slots_.empty() ? 16 : 2 * slots_.size());
    slot& place = slots_[place_of(item, hash)];
    place.item = Item(item);
    place.count = count;
    if constexpr (is_text) place.hash = hash;
    if (++kept_ <= capacity(lg_)) return;
    if (lg_ < lg_most_)
      ++lg_;
    else
      purge();
  }
  void resize(std::size_t size) {
    std::vector<slot> before(size);
    before.swap(slots_);
    for (slot& kept : before)
      if (kept.count != 0) slots_[place_of(kept.item, hash_in(kept))] = std::move(kept);
  }
  void purge();
  bool heavier(const row& a, const row& b) const { return a.lower != b.lower ? a.lower > b.lower : b.item > a.item; }
  std::vector<row> rows(std::uint64_t threshold, std::uint64_t row::* bound) const;

  /// What an image says before its items. Those of an empty one are none.
  struct image_head {
    unsigned lg = 0;
    unsigned lg_most = 0;
    std::uint32_t count = 0;
    std::uint64_t total = 0;
    std::uint64_t offset = 0;
  };
  static result<void> read_head(detail::image_reader& in, image_head& head);
  result<void> read_items(detail::image_reader& in, const image_head& head);

  std::vector<slot> slots_;
  std::size_t kept_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t offset_ = 0;          // what was taken off every counter so far
  std::uint64_t fractions_ = LgSize;  // state of the generator that rounds weights
  unsigned lg_ = detail::frequent_image::least_lg;
  unsigned lg_most_ = LgSize;
};

template <class Item, unsigned LgSize>
void frequent_items<Item, LgSize>::update(item_type item, weight_or_number counts) {
  if (!(counts.value > 0 && counts.value < static_cast<double>(max_total))) return;
  auto times = static_cast<std::uint64_t>(counts.value);
  if (const double fraction = counts.value - static_cast<double>(times); fraction > 0)
    times += static_cast<double>(splitmix64(fractions_) >> 11) * 0x1p-53 < fraction;
  if (times != 0) add(item, times);
}

/// Subtracts the median of the counters from all counters, and frees the slots of those that were not above it.
template <class Item, unsigned LgSize>
void frequent_items<Item, LgSize>::purge() {
  // Which slots are free, and which counters stay, cannot be predicted, so neither loop branches on it (for numbers).
  std::vector<std::uint64_t> counts(kept_ + 1);
  std::size_t found = 0;
  for (const slot& kept : slots_) {
    counts[found] = kept.count;
    found += kept.count != 0;
  }
  counts.pop_back();
  const std::uint64_t middle = detail::nth_smallest(counts, counts.size() / 2);
  offset_ += middle;
  std::vector<slot> staying(kept_ + 1);
  kept_ = 0;
  for (slot& next : slots_) {
    if constexpr (is_text) {
      if (next.count > middle) staying[kept_++] = std::move(next);
    } else {
      staying[kept_] = next;
      kept_ += next.count > middle;
    }
    next = slot{};
  }
  for (std::size_t i = 0; i < kept_; ++i) {
    staying[i].count -= middle;
    slots_[place_of(staying[i].item, hash_in(staying[i]))] = std::move(staying[i]);
  }
}

template <class Item, unsigned LgSize>
void frequent_items<Item, LgSize>::merge(const frequent_items& other) {
  if (&other == this) return merge(frequent_items(other));
  if (other.total_ > max_total - total_) return;
  const std::uint64_t together = total_ + other.total_;
  // From the heaviest on, so that the outcome does not depend on the order of slots in the other table.
  for (const row& next : other.rows(0, &row::lower)) add(next.item, next.lower);
  offset_ += other.offset_;
  total_ = together;
}

template <class Item, unsigned LgSize>
std::vector<typename frequent_items<Item, LgSize>::row> frequent_items<Item, LgSize>::rows(
    std::uint64_t threshold, std::uint64_t row::* bound) const {
  std::vector<row> found;
  for (const slot& kept : slots_) {
    if (kept.count == 0) continue;
    row next{kept.item, kept.count, kept.count + offset_};
    if (next.*bound > threshold) found.push_back(std::move(next));
  }
  detail::sort_by(found, [this](const row& a, const row& b) { return heavier(a, b); });
  return found;
}

template <class Item, unsigned LgSize>
std::vector<typename frequent_items<Item, LgSize>::row> frequent_items<Item, LgSize>::top(std::size_t count) const {
  std::vector<row> all = rows(0, &row::lower);
  if (all.size() > count) all.resize(count);
  return all;
}

template <class Item, unsigned LgSize>
std::vector<std::byte> frequent_items<Item, LgSize>::save() const {
  using namespace detail::frequent_image;
  const std::vector<row> all = rows(0, &row::lower);
  detail::image_writer out(32 + 16 * all.size());
  out.put(empty() ? empty_preamble : full_preamble).put(serial_version).put(family_id);
  out.put(static_cast<std::uint8_t>(lg_most_)).put(static_cast<std::uint8_t>(lg_));
  out.put(empty() ? is_empty : std::uint8_t{0}).put(std::uint16_t{0});
  if (empty()) return std::move(out).take();
  out.put(static_cast<std::uint32_t>(all.size())).put(std::uint32_t{0}).put(total_).put(offset_);
  for (const row& next : all) out.put(next.lower);
  for (const row& next : all) {
    if constexpr (is_text)
      out.put(static_cast<std::uint32_t>(next.item.size())).put_array(next.item.data(), next.item.size());
    else
      out.put(next.item);
  }
  return std::move(out).take();
}

/// The image's first eight bytes, and what follows unless it is empty.
template <class Item, unsigned LgSize>
result<void> frequent_items<Item, LgSize>::read_head(detail::image_reader& in, image_head& head) {
  using namespace detail::frequent_image;
  const detail::image_start start = in.take_start();
  head.lg_most = in.take<std::uint8_t>();
  head.lg = in.take<std::uint8_t>();
  const auto flags = in.take<std::uint8_t>();
  in.skip(2);
  if (auto known = in.recognize(start, family_id, serial_version); !known) return known;
  if (head.lg < least_lg || head.lg > head.lg_most || head.lg_most > most_lg) return in.corrupt("sizes");
  const bool none = (flags & is_empty) != 0;
  if (start.preamble != (none ? empty_preamble : full_preamble))
    return in.corrupt("the preamble's length and the flags disagree");
  if (none) return {};
  head.count = in.take<std::uint32_t>();
  in.skip(4);
  head.total = in.take<std::uint64_t>();
  head.offset = in.take<std::uint64_t>();
  if (!in.ok() || !in.holds<std::uint64_t>(head.count)) return in.truncated();
  if (head.count > capacity(head.lg)) return in.corrupt("more items than its size holds");
  if (head.total == 0 || head.total > max_total || head.offset > head.total) return in.corrupt("total weight");
  return {};
}

/// The items' weights and the items, to a total that is not above the image's.
template <class Item, unsigned LgSize>
result<void> frequent_items<Item, LgSize>::read_items(detail::image_reader& in, const image_head& head) {
  std::vector<std::uint64_t> counts(head.count);
  in.take_array(counts.data(), head.count);
  for (const std::uint64_t weight : counts) {
    std::uint64_t length = sizeof(std::int64_t);
    if constexpr (is_text) length = in.take<std::uint32_t>();
    if (!in.ok() || !in.holds<char>(length)) return in.truncated();
    Item item{};
    if constexpr (is_text) {
      item.resize(length);
      in.take_array(item.data(), length);
    } else {
      item = in.take<std::int64_t>();
    }
    if (weight == 0 || weight > head.total - total_) return in.corrupt("an item's weight");
    if (lower(item) != 0) return in.corrupt("an item twice");
    add(item, weight);
  }
  return {};
}

template <class Item, unsigned LgSize>
result<frequent_items<Item, LgSize>> frequent_items<Item, LgSize>::load(std::span<const std::byte> bytes) {
  detail::image_reader in(bytes, "frequent-items");
  image_head head;
  if (auto done = read_head(in, head); !done) return std::move(done).error();
  frequent_items loaded;
  loaded.lg_ = head.lg;
  loaded.lg_most_ = head.lg_most;
  if (auto done = loaded.read_items(in, head); !done) return std::move(done).error();
  if (!in.rest().empty()) return in.too_long();
  loaded.total_ = head.total;
  loaded.offset_ = head.offset;
  return loaded;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_SKETCHES_FREQUENT_ITEMS_HPP
