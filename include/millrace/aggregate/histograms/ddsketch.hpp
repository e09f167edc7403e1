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

/// Quantiles with a bound on the relative error of the value itself: a histogram with buckets that grow
/// with the value. For latencies and sizes, where 1 % of a millisecond and 1 % of an hour are what matters.
///
/// `Permille` is the error in thousandths; `Most` bounds the buckets of each sign: where a stream's range
/// is wider than they reach, the numbers closest to zero are joined (2,048 buckets at 1 % reach from a
/// nanosecond to nine years; 896, 7 KB, over a factor of 5e7).
/// Guarantee: `quantile(p)` is within `relative_error` of the item of rank p; `min`, `max`,
/// `count`, `sum` (compensated), quantile(0) and quantile(1) are exact; no quantile falls as p grows. Merging
/// is exact: any split of a stream, in any order, merges to the same buckets. NaN is left out; numbers
/// closer to zero than 2^-1022 count as zero.
/// Complexity: update O(1): items wait in a buffer of 256, which vectors number, as they do a span; quantile and
/// merge O(buckets), and a copy of the sketch while the buffer holds some. 8 bytes a bucket between the least and
/// the greatest used, with room for half as many more, and 2.1 KiB. Allocates: when the range grows, and a query that
/// copies. Threads: one at a time; const calls from any number. Source: Masson, Rim, Lee, "DDSketch: a fast and
/// fully-mergeable quantile sketch with relative-error guarantees", VLDB 2019.
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
  // Of the buffer, only what is in it.
  ddsketch(const ddsketch& other) : core_(other.core_) { take_waiting(other); }
  /// Moved from, it is as freshly made.
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
  /// Every item's weight so far times factor > 0.
  void scale(double factor) {
    settle();
    core_.scale(factor);
  }

  /// What was seen weighs together.
  double count() const {
    return ask([](const core& all) { return all.count(); });
  }
  bool empty() const {
    return ask([](const core& all) { return all.empty(); });
  }
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
  std::size_t buckets() const {
    return ask([](const core& all) { return all.buckets(); });
  }

  /// `p` in [0, 1]; NaN for any other p, and when nothing was seen.
  double quantile(double p) const {
    return ask([p](const core& all) { return all.quantile(p); });
  }
  /// Several at once.
  std::vector<double> quantiles(std::span<const double> ps) const {
    return ask([ps](const core& all) {
      std::vector<double> made;
      made.reserve(ps.size());
      for (const double p : ps) made.push_back(all.quantile(p));
      return made;
    });
  }
  double median() const { return quantile(0.5); }
  /// Upper less lower quartile.
  double interquartile_range() const {
    return ask([](const core& all) { return all.quantile(0.75) - all.quantile(0.25); });
  }
  /// The fraction of the weight at or below x or within `relative_error` around it.
  double rank(double x) const {
    return ask([x](const core& all) { return all.rank(x); });
  }
  /// The rank of each point.
  std::vector<double> cdf(std::span<const double> points) const {
    return ask([points](const core& all) { return all.cdf(points); });
  }

  /// The message `DDSketch` of DataDog's DDSketch.proto, as its Java and Go implementations read and write
  /// it: cubic interpolation, bucket i from gamma^i on. (The Python package numbers buckets by their upper
  /// end: it reads the same counts one bucket lower.) Sum, extremes and infinite items have no place in it.
  std::vector<std::byte> to_protobuf() const {
    return ask([](const core& all) { return all.to_protobuf(); });
  }
  /// Sum and extremes are estimated, within `relative_error`.
  /// Errors: corrupt, unsupported (another mapping than `to_protobuf` writes).
  static result<ddsketch> from_protobuf(std::span<const std::byte> bytes) {
    auto read = core::from_protobuf(bytes);
    if (!read) return std::move(read).error();
    ddsketch made;
    made.core_ = *std::move(read);
    return made;
  }

  /// The protobuf message with sum, extremes and what waits in the buffer beside it.
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
  static constexpr std::uint32_t room = 256;
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
