#ifndef MILLRACE_AGGREGATE_KEYED_GROUPED_HPP
#define MILLRACE_AGGREGATE_KEYED_GROUPED_HPP

#include <millrace/aggregate/concepts.hpp>
#include <millrace/aggregate/detail/aggregate_item.hpp>
#include <millrace/aggregate/keyed/detail/group_index.hpp>
#include <millrace/core/detail/swap_members.hpp>
#include <millrace/core/saved/envelope.hpp>

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

/// One aggregate for each key, for a bounded number of keys: 1024, unless the constructor's first argument says
/// otherwise. Once there are as many, items with yet another key go into one group for all of them, `overflow()`, so
/// that totals stay whole and memory bounded.
///
///     mr::grouped<std::string, mr::aggregate<mr::count, mr::mean>> by_host(50'000);
///     by_host.update("web-7", 12.5);
///     by_host.overflow().items();  // of the hosts beyond the first 50,000; 0 if every host has a group of its own
///
/// `find` and `for_each` know nothing of the keys in the overflow; `all()` counts their items.
/// `Key`: an integer, or std::string, which functions take as a std::string_view. `Aggregate`: any aggregator; groups
/// begin as copies of the one given to the constructor. The update that takes spans of keys and of items is called the
/// update in bulk below.
/// Guarantee: a group's aggregate is updated with the group's items in their order. (In bulk, the overflow gets its
/// items in the order of keys within each few thousand rows.) Keys get their groups in the order of their first items;
/// so beyond the bound the order of items, and that of merges, decides which keys have groups of their own.
/// Complexity: update O(1) and the aggregate's. In bulk, a few thousand rows at a time are sorted by group, so that
/// each aggregate gets its items as a span; that is cheapest for integer keys below 4,096. Memory: `most` + 2
/// aggregates, the keys, 16 bytes a key, and up to 24 KiB for integers below 4,096.
/// Allocates: for new keys, and once for updates in bulk.
/// Threads: one at a time; const calls from any number.
template <class Key, class Aggregate>
class grouped {
 public:
  using key_type = typename detail::group_index<Key>::key_type;
  using sample = detail::aggregate_item<Aggregate>;
  static constexpr bool commutative = false;  // the order of merges decides on the order of groups and on the overflow
  static constexpr std::size_t default_most = 1024;

  /// `most`: the bound on the number of keys, for which no memory is taken before they come. `empty`: an aggregate
  /// without items, to set its parameters.
  explicit grouped(std::size_t most = default_most, Aggregate empty = Aggregate())
      : most_(most), empty_(empty), overflow_(std::move(empty)) {}
  grouped(const grouped&) = default;
  grouped& operator=(const grouped&) = default;
  /// The one moved from is as newly made.
  grouped(grouped&& other) noexcept : grouped(other.most_, other.empty_) { swap(other); }
  grouped& operator=(grouped&& other) noexcept {
    grouped taken(std::move(other));
    swap(taken);
    return *this;
  }

  /// Updates the key's group: takes the arguments that the aggregate's `update` takes, and returns what that returns.
  template <class... Item>
  requires(sizeof...(Item) > 0)
  auto update(key_type key, Item&&... item) {
    return group(key).update(std::forward<Item>(item)...);
  }
  /// Update in bulk: row i is items[i] with keys[i]. There are as many rows as the shorter span has elements.
  template <class K>
  requires std::is_convertible_v<const K&, key_type>
  void update(std::span<const K> keys, std::span<const sample> items) {
    const std::size_t rows = keys.size() < items.size() ? keys.size() : items.size();
    for (std::size_t at = 0; at < rows;) {
      const std::size_t wanted = block_rows();
      const std::size_t now = rows - at < wanted ? rows - at : wanted;
      block(keys.subspan(at, now), items.subspan(at, now));
      at += now;
    }
  }
  template <class K>
  requires std::is_convertible_v<const K&, key_type>
  void update(const std::vector<K>& keys, std::span<const sample> items) {
    update(std::span<const K>(keys), items);
  }

  /// How many keys have groups.
  std::size_t size() const noexcept { return groups_.size(); }
  std::size_t most() const noexcept { return most_; }
  /// Null if the key has no group.
  const Aggregate* find(key_type key) const noexcept {
    const std::size_t id = index_.find(key);
    return id == detail::no_group ? nullptr : &groups_[id];
  }
  /// Forgets a key and its group, so that another key may have one. Returns false if the key has no group. O(groups).
  bool erase(key_type key) {
    const std::size_t id = index_.find(key);
    if (id == detail::no_group) return false;
    groups_.erase(groups_.begin() + static_cast<std::ptrdiff_t>(id));
    index_.erase(id);
    return true;
  }
  /// Forgets the groups for which gone(key, const Aggregate&) returns true, and their keys. Returns how many.
  /// O(groups).
  template <class F>
  std::size_t erase_if(F&& gone) {
    detail::group_index<Key> index;
    std::vector<Aggregate> kept;
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      if (gone(index_.key(i), std::as_const(groups_[i]))) continue;
      (void)index.insert(index_.key(i));
      kept.push_back(std::move(groups_[i]));
    }
    const std::size_t erased = groups_.size() - kept.size();
    index_ = std::move(index);
    groups_ = std::move(kept);
    return erased;
  }
  /// If the aggregates are windows: lets time pass without an item for every key, the overflow and the keys yet to
  /// come; otherwise each key's time passes by its own items only. Takes the arguments that the window's `advance`
  /// takes; a sink is called for the windows that end, key by key.
  template <class... Args>
  void advance(Args&&... args)
  requires(requires(Aggregate& one) { one.advance(args...); })
  {
    for (Aggregate& one : groups_) one.advance(args...);
    overflow_.advance(args...);
    empty_.advance(args...);
  }
  /// If the aggregates are windows: forgets the keys whose windows have no item left, so that other keys may have
  /// groups. Call `advance` first. Returns how many. O(groups).
  template <class Window = Aggregate>
  std::size_t expire()
  requires(requires(const Window& one) { one.empty(); })
  {
    return erase_if([](const auto&, const Aggregate& one) { return one.empty(); });
  }
  /// Forgets all keys and items, and the time if the aggregates are windows.
  void reset() {
    index_ = {};
    groups_.clear();
    if constexpr (requires { empty_.reset(); }) empty_.reset();
    overflow_ = empty_;
  }
  /// The aggregate of the items whose keys came after `most()` others, and so have no group; `overflow().items()`
  /// of an `aggregate` is how many there are. With windows, of those that time has not taken out again.
  const Aggregate& overflow() const noexcept { return overflow_; }
  /// Calls f(key, aggregate) for each group, in the order of the keys' first items, but not for `overflow()`, which has
  /// no key.
  template <class F>
  void for_each(F&& f) const {
    for (std::size_t i = 0; i < groups_.size(); ++i) f(index_.key(i), groups_[i]);
  }
  /// The same, where f may change the aggregates.
  template <class F>
  void for_each(F&& f) {
    for (std::size_t i = 0; i < groups_.size(); ++i) f(index_.key(i), groups_[i]);
  }
  /// All groups and the overflow merged into one.
  Aggregate all() const {
    Aggregate sum = empty_;
    for (const Aggregate& one : groups_) (void)sum.merge(one);
    (void)sum.merge(overflow_);
    return sum;
  }

  /// Adds the groups of another one. Returns void, or result<void> if merging two aggregates does; after an error
  /// nothing is merged.
  auto merge(const grouped& other) {
    using answer = decltype(overflow_.merge(other.overflow_));
    if constexpr (std::is_void_v<answer>) {
      for (std::size_t i = 0; i < other.groups_.size(); ++i) group(other.index_.key(i)).merge(other.groups_[i]);
      overflow_.merge(other.overflow_);
    } else {
      grouped joined = *this;
      for (std::size_t i = 0; i < other.groups_.size(); ++i)
        if (answer done = joined.group(other.index_.key(i)).merge(other.groups_[i]); !done) return done;
      answer done = joined.overflow_.merge(other.overflow_);
      if (done) *this = std::move(joined);
      return done;
    }
  }

  std::vector<std::byte> save() const {
    envelope_writer to(type);
    to.u64(most_);
    to.block(empty_.save());
    to.block(overflow_.save());
    to.u64(groups_.size());
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      index_.save_key(i, to);
      to.block(groups_[i].save());
    }
    return std::move(to).finish();
  }
  static result<grouped> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, type);
    if (!from) return std::move(from).error();
    const std::uint64_t most = from->u64();
    auto empty = Aggregate::load(from->block());
    if (!empty) return std::move(empty).error().wrap("saved " + std::string(type));
    auto overflow = Aggregate::load(from->block());
    if (!overflow) return std::move(overflow).error().wrap("saved " + std::string(type));
    grouped made(static_cast<std::size_t>(most), *std::move(empty));
    made.overflow_ = *std::move(overflow);
    const std::size_t count = from->count(16);
    bool valid = count <= most;
    for (std::size_t i = 0; i < count && valid; ++i) {
      valid = made.index_.load_key(*from) == i;
      auto one = Aggregate::load(from->block());
      if (!one) return std::move(one).error().wrap("saved " + std::string(type) + ", group " + std::to_string(i));
      made.groups_.push_back(*std::move(one));
    }
    if (auto done = from->finish(valid); !done) return std::move(done).error();
    return made;
  }

 private:
  static constexpr std::string_view type = detail::group_index<Key>::is_text ? "grouped<text>" : "grouped<integer>";
  static constexpr std::size_t most_sorted = 4096;   // with more groups, or greater keys, rows are not sorted
  static constexpr std::size_t most_gathered = 128;  // up to so many keys, rows are gathered by key as they come
  static constexpr std::uint32_t gathered = 576;     // rows of a key that are gathered before its group gets them
  // From where a key's rows begin to where those of the next do. Not a power of two, for which the places of all keys
  // would compete for the same lines of the cache.
  static constexpr std::uint32_t apart = gathered + 8;

  /// Memory for updates in bulk, used within one call only: a copy of the groups starts without.
  struct scratch {
    std::vector<std::uint32_t> ids;   // of each row: its group plus one, 0 for the overflow
    std::vector<std::uint32_t> ends;  // of each bucket: where its rows end in `sorted`
    std::vector<sample> sorted;       // rows by bucket
    scratch() = default;
    scratch(const scratch&) noexcept {}
    scratch& operator=(const scratch&) noexcept { return *this; }
    scratch(scratch&&) = default;
    scratch& operator=(scratch&&) = default;
  };

  void swap(grouped& other) noexcept {
    detail::swap_members(*this, other, &grouped::most_, &grouped::index_, &grouped::room_, &grouped::groups_);
    std::swap(empty_, other.empty_);
    std::swap(overflow_, other.overflow_);
  }
  /// The aggregate of the key's group, which is made if there is room, or else the overflow.
  Aggregate& group(key_type key) {
    const std::size_t id = id_of(key);
    return id == detail::no_group ? overflow_ : groups_[id];
  }
  std::size_t id_of(key_type key) {
    std::size_t id = index_.find(key);
    if (id == detail::no_group && groups_.size() < most_) {
      id = index_.insert(key);
      groups_.push_back(empty_);
    }
    return id;
  }

  /// How many rows are sorted at a time: so many that each group gets some hundreds, and few enough for the
  /// second-level cache.
  std::size_t block_rows() const noexcept {
    const std::size_t rows = 512 * groups_.size();
    return rows < 4096 ? 4096 : rows > 65536 ? 65536 : rows;
  }

  /// Takes a block of rows, sorted by group if they are worth it.
  template <class K>
  void block(std::span<const K> keys, std::span<const sample> items) {
    if constexpr (std::is_integral_v<K> && !detail::group_index<Key>::is_text) {
      using bits = std::make_unsigned_t<K>;
      bits all = 0;
      for (const K key : keys) all = static_cast<bits>(all | static_cast<bits>(key));
      if (all < most_sorted && items.size() >= 256) return dense_block(keys, items, static_cast<std::size_t>(all) + 1);
    }
    if (items.size() < 256 || groups_.size() > most_sorted) {
      for (std::size_t i = 0; i < items.size(); ++i) (void)update(key_type(keys[i]), items[i]);
      return;
    }
    room_.ids.resize(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      const std::size_t id = id_of(keys[i]);
      room_.ids[i] = static_cast<std::uint32_t>(id == detail::no_group ? 0 : id + 1);
    }
    const std::span<const std::uint32_t> ids(room_.ids);
    count(ids, groups_.size() + 1);
    spread(ids, items, groups_.size() + 1, [](std::size_t id) { return id == 0 ? detail::no_group : id - 1; });
  }

  /// Takes a block of rows whose keys are all below `limit`: sorts them by the key itself, and looks up each key's
  /// group once.
  template <class K>
  void dense_block(std::span<const K> keys, std::span<const sample> items, std::size_t limit) {
    if (limit <= most_gathered) return gather(keys, items, limit);
    count(keys, limit);
    bool unknown = false;
    for (std::size_t key = 0; key < limit; ++key)
      unknown = unknown || (room_.ends[key] != 0 && index_.find(static_cast<Key>(key)) == detail::no_group);
    if (unknown && groups_.size() < most_)  // new keys get their groups in the order of their first rows
      for (const K key : keys) (void)id_of(static_cast<Key>(key));
    spread(keys, items, limit, [&](std::size_t key) { return index_.find(static_cast<Key>(key)); });
  }

  /// Takes a block of rows with few keys: gathers the rows of each key in a place of its own, and feeds them to the
  /// key's group whenever that place is full.
  template <class K>
  [[gnu::noinline]] void gather(std::span<const K> keys, std::span<const sample> items, std::size_t limit) {
    room_.sorted.resize(limit * apart);
    room_.ends.resize(2 * limit);
    sample* const rows = room_.sorted.data();
    std::uint32_t* const next = room_.ends.data();
    std::uint32_t* const ends = next + limit;
    // The place of a key without a group begins full, so that the key's first row comes to `make_place`, which makes
    // the group.
    for (std::size_t key = 0; key < limit; ++key) {
      next[key] = static_cast<std::uint32_t>(key) * apart;
      ends[key] = next[key] + (index_.find(static_cast<Key>(key)) == detail::no_group ? 0 : gathered);
    }
    for (std::size_t row = 0; row < items.size(); ++row) {
      const auto key = static_cast<std::size_t>(keys[row]);
      if (next[key] == ends[key]) [[unlikely]]
        make_place(key, limit);
      const std::uint32_t at = next[key];
      rows[at] = items[row];
      next[key] = at + 1;
    }
    for (std::size_t key = 0; key < limit; ++key)
      if (room_.ends[key] != key * apart) feed_gathered(key);
  }
  /// Called when a key's place is full: empties it, or makes the group of a key that comes for the first time.
  [[gnu::noinline]] void make_place(std::size_t key, std::size_t limit) {
    const auto begin = static_cast<std::uint32_t>(key) * apart;
    if (room_.ends[key] == begin)
      (void)id_of(static_cast<Key>(key));
    else
      feed_gathered(key);
    room_.ends[key] = begin;
    room_.ends[limit + key] = begin + gathered;
  }
  void feed_gathered(std::size_t key) {
    const std::size_t begin = key * apart;
    const std::size_t id = index_.find(static_cast<Key>(key));
    feed(id == detail::no_group ? overflow_ : groups_[id],
         std::span<const sample>(room_.sorted.data() + begin, room_.ends[key] - begin));
  }

  // A counting sort of rows into buckets that keeps their order within each; then each bucket's rows are fed to its
  // group as one span.

  /// How many rows each bucket has, into `room_.ends`.
  template <class B>
  void count(std::span<const B> buckets, std::size_t limit) {
    room_.ends.assign(2 * limit, 0);
    std::uint32_t* const ends = room_.ends.data();
    std::uint32_t* const more = ends + limit;  // counts every other row, so that no addition waits for the one before
    std::size_t row = 0;
    for (; row + 1 < buckets.size(); row += 2) {
      ++ends[static_cast<std::size_t>(buckets[row])];
      ++more[static_cast<std::size_t>(buckets[row + 1])];
    }
    if (row < buckets.size()) ++ends[static_cast<std::size_t>(buckets[row])];
    for (std::size_t b = 0; b < limit; ++b) ends[b] += more[b];
  }
  /// Sorts the rows that were counted, and feeds them to the groups; group_of(bucket) returns a group's number.
  template <class B, class GroupOf>
  void spread(std::span<const B> buckets, std::span<const sample> items, std::size_t limit, GroupOf&& group_of) {
    std::uint32_t* const ends = room_.ends.data();
    std::uint32_t before = 0;
    for (std::size_t b = 0; b < limit; ++b) before += std::exchange(ends[b], before);
    room_.sorted.resize(items.size());
    sample* const sorted = room_.sorted.data();
    for (std::size_t row = 0; row < items.size(); ++row)
      sorted[ends[static_cast<std::size_t>(buckets[row])]++] = items[row];
    for (std::size_t b = 0, begin = 0; b < limit; ++b) {
      const std::size_t end = ends[b];
      if (end == begin) continue;
      const std::size_t id = group_of(b);
      feed(id == detail::no_group ? overflow_ : groups_[id], std::span<const sample>(sorted + begin, end - begin));
      begin = end;
    }
  }
  static void feed(Aggregate& into, std::span<const sample> run) {
    if constexpr (requires { into.update(run); })
      (void)into.update(run);
    else
      for (const sample& x : run) (void)into.update(x);
  }

  std::size_t most_;
  Aggregate empty_;
  Aggregate overflow_;
  detail::group_index<Key> index_;
  std::vector<Aggregate> groups_;
  scratch room_;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_KEYED_GROUPED_HPP
