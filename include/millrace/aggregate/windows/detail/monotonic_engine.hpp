#ifndef MILLRACE_AGGREGATE_WINDOWS_DETAIL_MONOTONIC_ENGINE_HPP
#define MILLRACE_AGGREGATE_WINDOWS_DETAIL_MONOTONIC_ENGINE_HPP

#include <millrace/aggregate/members/extremes.hpp>
#include <millrace/aggregate/windows/detail/ring.hpp>
#include <millrace/aggregate/windows/detail/window_ops.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace detail {

/// Do these states keep nothing but the least and the greatest item, so that an item can be forgotten once one comes
/// that is as good or better?
template <class States>
inline constexpr bool only_extremes = false;
template <class T, bool Closed, class M>
inline constexpr bool only_extremes<state_set<T, Closed, members<M>>> =
    std::is_same_v<M, min> || std::is_same_v<M, max>;
template <class T, bool Closed>
inline constexpr bool only_extremes<state_set<T, Closed, members<min, max>>> = true;
template <class T, bool Closed>
inline constexpr bool only_extremes<state_set<T, Closed, members<max, min>>> = true;

/// An item and its place in the stream.
struct placed_item {
  std::uint64_t place;
  double value;
};

/// The items that may still become the least (Sign +1) or greatest (-1) of the window, the best first. An item leaves
/// as soon as a later one is as good or better.
template <int Sign>
class monotonic_queue {
 public:
  void insert(double x, std::uint64_t place) {
    while (!candidates_.empty() && !better(candidates_.back().value, x)) candidates_.pop_back();
    candidates_.push_back({place, x});
  }
  void evict_before(std::uint64_t place) noexcept {
    while (!candidates_.empty() && candidates_.front().place < place) candidates_.pop_front();
  }
  double best() const noexcept { return candidates_.front().value; }
  const ring<placed_item>& candidates() const noexcept { return candidates_; }

 private:
  static bool better(double a, double b) noexcept { return Sign > 0 ? a < b : a > b; }

  ring<placed_item> candidates_;
};

/// The engine for least and greatest alone, where NaN is kept out of the window. Amortised O(1), and little memory: for
/// random items about as many candidates as the logarithm of the window's length, for sorted ones all items.
template <class Ops>
class monotonic_engine {
  template <class M>
  static constexpr bool keeps = !std::is_void_v<typename Ops::running::template found<M>>;

 public:
  static constexpr bool keeps_least = keeps<min>;
  static constexpr bool keeps_greatest = keeps<max>;

  explicit monotonic_engine(const typename Ops::running&) {}

  void insert(double x) { insert_at(x, end_); }
  void insert(const typename Ops::block&, std::span<const double> some) {
    for (const double x : some) insert(x);
  }
  /// Adds an item at a place at or after the end: the items between, if any, are in the window but can never matter.
  void insert_at(double x, std::uint64_t place) {
    if (is_infinite(x)) [[unlikely]] {
      infinite_.push_back({place, x});
      tally_ = Ops::with(tally_, x);
    }
    if constexpr (keeps_least) low_.insert(x, place);
    if constexpr (keeps_greatest) high_.insert(x, place);
    end_ = place + 1;
  }
  void evict(std::size_t count) {
    begin_ += count;
    if constexpr (keeps_least) low_.evict_before(begin_);
    if constexpr (keeps_greatest) high_.evict_before(begin_);
    for (; !infinite_.empty() && infinite_.front().place < begin_; infinite_.pop_front())
      tally_ = Ops::without(tally_, infinite_.front().value);
  }
  typename Ops::partial query() const {
    typename Ops::partial all;
    if (begin_ == end_) return all;
    if constexpr (keeps_least) all.template at<min>().update(low_.best());
    if constexpr (keeps_greatest) all.template at<max>().update(high_.best());
    return all;
  }
  std::size_t size() const noexcept { return static_cast<std::size_t>(end_ - begin_); }
  const typename Ops::tally& counted() const noexcept { return tally_; }
  typename Ops::tally& counted() noexcept { return tally_; }
  void restart_at(std::uint64_t place) noexcept { begin_ = end_ = place; }

  const monotonic_queue<1>& low() const noexcept { return low_; }
  const monotonic_queue<-1>& high() const noexcept { return high_; }
  const ring<placed_item>& infinite() const noexcept { return infinite_; }
  std::uint64_t begin() const noexcept { return begin_; }
  std::uint64_t end() const noexcept { return end_; }
  void end_at(std::uint64_t place) noexcept { end_ = place; }

 private:
  monotonic_queue<1> low_;
  monotonic_queue<-1> high_;
  ring<placed_item> infinite_;  // the infinite items in the window, which the tally counts
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
  typename Ops::tally tally_;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_WINDOWS_DETAIL_MONOTONIC_ENGINE_HPP
