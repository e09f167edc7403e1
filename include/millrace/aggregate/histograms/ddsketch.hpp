#ifndef MILLRACE_AGGREGATE_HISTOGRAMS_DDSKETCH_HPP
#define MILLRACE_AGGREGATE_HISTOGRAMS_DDSKETCH_HPP

#include <millrace/aggregate/concepts.hpp>
#include <millrace/aggregate/histograms/detail/ddsketch_core.hpp>
#include <millrace/core/saved/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {

/// Quantiles with a bound on the relative error of the value itself: a histogram whose buckets widen with the value.
/// For latencies and sizes, where 1 % of a millisecond matters as 1 % of an hour does.
///
/// `Permille` is the error in thousandths. `Most` bounds the number of buckets of each sign: if the stream's range is
/// wider than they reach, the buckets closest to zero are joined. At 1 %, 2,048 buckets reach from a nanosecond to nine
/// years; 896 buckets, 7 KB, reach over a factor of 5e7.
///
/// Guarantee: `quantile(p)` is within `relative_error` of the item of rank p, unless that item is in joined buckets;
/// `min`, `max`, `count`, quantile(0) and quantile(1) are exact, and so is `sum`, which is compensated, but for
/// rounding; quantiles never decrease as p grows. Merging is exact: any split of a stream, in any order, merges to the
/// same buckets. NaN is left out; numbers closer to zero than 2^-1022 count as zero.
/// Complexity: update O(1): items wait in a buffer of 256, whose buckets vector instructions then find, as they do for
/// a span. Merge O(buckets); a query O(buckets), and a copy of the sketch while items wait. Memory: 2.1 KiB and 8 bytes
/// for each bucket between the least and the greatest used, with room for as many more.
/// Allocates: when the range grows, and in a query that copies.
/// Threads: one at a time; const calls from any number.
/// Source: Masson, Rim, Lee, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees",
/// VLDB 2019.
template <unsigned Permille = 10, unsigned Most = 2048>
class ddsketch {
  static_assert(Permille >= 1 && Permille <= 500 && Most >= 16 && Most <= 65536,
                "millrace[AGGREGATE-8]: ddsketch<Permille, Most>: the error must be from 1 to 500 thousandths, the "
                "buckets from 16 to 65536");
  using core = detail::ddsketch_core<Permille, Most>;

 public:
  using value_type = double;
  static constexpr double relative_error = core::relative_error;

  ddsketch() noexcept = default;
  // Copies only that part of the buffer which is in use.
  ddsketch(const ddsketch& other) : core_(other.core_) { take_waiting(other); }
  /// The sketch moved from is as newly made.
  ddsketch(ddsketch&& other) noexcept : core_(std::move(other.core_)) {
    take_waiting(other);
    other.start_again();
  }
  ddsketch& operator=(const ddsketch& other) {
    core_ = other.core_;
    take_waiting(other);
    return *this;
  }
  ddsketch& operator=(ddsketch&& other) noexcept {
    if (this == &other) return *this;
    core_ = std::move(other.core_);
    take_waiting(other);
    other.start_again();
    return *this;
  }
  ~ddsketch() = default;

  void update(double x) {
    buffer_[waiting_] = x;
    if (++waiting_ == room) [[unlikely]]
      settle();
  }
  /// A weight that is not above zero, or not finite, changes nothing.
  void update(double x, weight w) { core_.update(x, w); }
  void update(std::span<const double> items) {
    if (items.size() < 32) {
      for (const double x : items) update(x);
    } else {
      core_.update(items);
    }
  }
  void merge(const ddsketch& other) {
    core_.merge(other.core_);
    core_.update(other.waiting());
  }
  /// Multiplies the weight of every item so far by factor > 0.
  void scale(double factor) {
    settle();
    core_.scale(factor);
  }

  /// What all items weigh together.
  double count() const {
    return ask([](const core& all) { return all.count(); });
  }
  bool empty() const {
    return ask([](const core& all) { return all.empty(); });
  }
  /// The weighted sum of all items, 0 without any; infinite items make it infinite, items of both infinities NaN.
  double sum() const {
    return ask([](const core& all) { return all.sum(); });
  }
  /// NaN when empty; so are `max`, `quantile` and `rank`.
  double(min)() const {
    return ask([](const core& all) { return (all.min)(); });
  }
  double(max)() const {
    return ask([](const core& all) { return (all.max)(); });
  }
  /// How many buckets are kept, of both signs.
  std::size_t buckets() const {
    return ask([](const core& all) { return all.buckets(); });
  }

  /// The value of rank p in [0, 1]; NaN for any other p, and when nothing was seen.
  double quantile(double p) const {
    return ask([p](const core& all) { return all.quantile(p); });
  }
  /// The quantiles at several p.
  std::vector<double> quantiles(std::span<const double> ps) const {
    return ask([ps](const core& all) {
      std::vector<double> made;
      made.reserve(ps.size());
      for (const double p : ps) made.push_back(all.quantile(p));
      return made;
    });
  }
  double median() const { return quantile(0.5); }
  /// The upper quartile minus the lower quartile.
  double interquartile_range() const {
    return ask([](const core& all) { return all.quantile(0.75) - all.quantile(0.25); });
  }
  /// The fraction of the weight at or below x. Items above x in the same bucket count too: they exceed it by less than
  /// the factor (1 + e) / (1 - e), e = `relative_error`.
  double rank(double x) const {
    return ask([x](const core& all) { return all.rank(x); });
  }
  /// The rank of each point.
  std::vector<double> cdf(std::span<const double> points) const {
    return ask([points](const core& all) { return all.cdf(points); });
  }

  /// The protobuf message `DDSketch` of DataDog's DDSketch.proto, as the Java and Go implementations read and write it:
  /// its mapping of values to buckets interpolates cubically, and bucket i begins where the mapping reaches i. (The
  /// Python package numbers buckets by their upper end: it reads the same counts one bucket lower.) The message has no
  /// place for the sum, the extremes and infinite items.
  std::vector<std::byte> to_protobuf() const {
    return ask([](const core& all) { return all.to_protobuf(); });
  }
  /// Reads such a message. Sum and extremes are estimated from the buckets, each value within `relative_error`.
  /// Errors: corrupt; unsupported for another mapping than `to_protobuf` writes.
  static result<ddsketch> from_protobuf(std::span<const std::byte> bytes) {
    auto read = core::from_protobuf(bytes);
    if (!read) return std::move(read).error();
    ddsketch made;
    made.core_ = *std::move(read);
    return made;
  }

  /// The protobuf message, and beside it the sum, the extremes, infinite items and the items that wait in the buffer.
  std::vector<std::byte> save() const {
    envelope_writer to(type);
    core_.save(to);
    to.u64(waiting_);
    for (const double x : waiting()) to.f64(x);
    return std::move(to).finish();
  }
  static result<ddsketch> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, type);
    if (!from) return std::move(from).error();
    ddsketch made;
    bool valid = true;
    if (auto done = made.core_.load(*from, valid); !done) return std::move(done).error().wrap("saved ddsketch");
    const std::size_t waiting = from->count(8);
    valid = valid && waiting < room;
    for (std::size_t i = 0; i < waiting && valid; ++i) made.buffer_[i] = from->f64();
    made.waiting_ = valid ? static_cast<std::uint32_t>(waiting) : 0;
    if (auto done = from->finish(valid); !done) return std::move(done).error();
    return made;
  }

 private:
  static constexpr std::uint32_t room = 256;  // items that wait in the buffer
  static constexpr std::string_view type = "ddsketch";

  std::span<const double> waiting() const noexcept { return {buffer_, waiting_}; }
  void take_waiting(const ddsketch& other) noexcept {
    waiting_ = other.waiting_;
    for (std::uint32_t i = 0; i < waiting_; ++i) buffer_[i] = other.buffer_[i];
  }
  void start_again() noexcept {
    core_ = core();
    waiting_ = 0;
  }
  [[gnu::noinline]] void settle() {
    core_.update(waiting());
    waiting_ = 0;
  }
  /// Calls `question` with a core that has all items: the sketch's own, or a copy with the items that wait.
  template <class F>
  auto ask(F&& question) const {
    if (waiting_ == 0) return question(core_);
    core all = core_;
    all.update(waiting());
    return question(std::as_const(all));
  }

  core core_;
  std::uint32_t waiting_ = 0;
  double buffer_[room];
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_HISTOGRAMS_DDSKETCH_HPP
