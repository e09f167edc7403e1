#ifndef MILLRACE_AGGREGATE_WINDOWS_DECAYED_HPP
#define MILLRACE_AGGREGATE_WINDOWS_DECAYED_HPP

#include <millrace/aggregate/concepts.hpp>
#include <millrace/aggregate/detail/aggregate_item.hpp>
#include <millrace/aggregate/members/detail/states.hpp>
#include <millrace/aggregate/windows/time.hpp>
#include <millrace/core/detail/math.hpp>
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

/// An item's weight halves with every `Length` that passes.
template <duration Length>
struct half_life {
  static_assert(Length.nanoseconds > 0, "millrace[AGGREGATE-13]: a half-life is above zero");
  static constexpr std::int64_t nanoseconds = Length.nanoseconds;
};

/// An aggregate whose items have faded, as `decayed::value` returns it: it has the aggregate's members.
///
/// Guarantee: variance and standard deviation do not change by fading alone. Let f be what an item has faded to, w its
/// weight, and W the sum of w f. The sample variance is the sum of squared deviations divided by
/// W - (sum of w f^2) / W: count a weight w as w independent items of variance s^2, let m be the mean of all items
/// weighted by f, and u the true mean. Then the sum of f (x - m)^2 is that of f (x - u)^2 minus W (m - u)^2. The
/// expectation of the former is s^2 W; that of (m - u)^2, the variance of m, is s^2 (sum of w f^2) / W^2. So the
/// variance is without bias at any time; before anything has faded the divisor is W - 1. It is NaN while one item
/// outweighs all others. `stddev` and `covariance` are computed likewise; skewness, kurtosis, correlation, trend and
/// the population forms are ratios, which fading leaves alone.
template <class Aggregate>
class faded {
 public:
  /// `share`: (sum of w f^2) / W^2, as above; 0 without items.
  faded(Aggregate as_of_now, double share) : kept_(std::move(as_of_now)), share_(share) {}

  /// The member's value, as `get` of an aggregate returns it but for the divisor above. A returned reference to a
  /// sketch, or a query that refers to one, is valid while this object lives.
  template <class M>
  decltype(auto) get() const& {
    return detail::answer_of<M>(*this, kept_);
  }
  template <class M>
  auto get() const&& {
    return detail::owned(detail::answer_of<M>(*this, kept_));
  }
  template <template <class...> class Template>
  decltype(auto) get() const& {
    return get<typename Aggregate::template made_from<Template>>();
  }
  template <template <class...> class Template>
  auto get() const&& {
    return detail::owned(get<typename Aggregate::template made_from<Template>>());
  }
  /// The member's value at a place: `get<mr::quantiles>(0.99)` is `get<mr::quantiles>()(0.99)`.
  template <class M>
  auto get(double place) const {
    return detail::answer_at(get<M>(), place);
  }
  template <template <class...> class Template>
  auto get(double place) const {
    return detail::answer_at(get<Template>(), place);
  }
  /// What a member keeps; for `value` functions of members.
  template <class M>
  decltype(auto) state() const {
    return kept_.template state<M>();
  }

  std::uint64_t items() const noexcept { return kept_.items(); }
  double infinities() const noexcept { return kept_.infinities(); }
  std::uint64_t skipped() const noexcept { return kept_.skipped(); }
  /// The number of items without fading whose mean would have the same variance: W^2 / (sum of w f^2); 0 without items.
  double effective_items() const noexcept { return share_ > 0 ? 1 / share_ : 0; }
  /// What sums of squared deviations are divided by for a sample variance: W - (sum of w f^2) / W for `weight` = W.
  double freedom(double weight) const noexcept {
    return 1 - share_ > 0x1p-40 ? weight * (1 - share_) : 0;  // below that only rounding tells 1 - share_ from 0
  }
  /// Another aggregate whose items have faded as these have: of one side of pairs, for `of_x` and `of_y`.
  template <class Other>
  faded<Other> beside(const Other& other) const {
    return faded<Other>(other, share_);
  }
  /// The aggregate with the faded weights as if they counted repetitions: to merge or save it, or to give it to a test.
  const Aggregate& aggregate() const noexcept { return kept_; }

 private:
  Aggregate kept_;
  double share_;  // (sum of w f^2) / W^2: the part of W that the mean takes from the divisor
};

/// An aggregate in which the past fades: an item of age a weighs 2^(-a / half-life).
///
///     mr::decayed<mr::half_life<60s>, mr::aggregate<mr::mean, mr::stddev>> load;
///     load.update(0.7, mr::time_point(time));
///     load.value(mr::time_point(now)).get<mr::stddev>();
///
/// For aggregates whose members take weights and can be scaled: moments, sums, means, pairs, `ddsketch`,
/// `binned_histogram`. Counts, extremes and places do not fade.
///
/// Weights are kept as of a landmark in time: an item that comes t after it has the weight 2^(t / half-life), and
/// `value` scales all of them to the time it is asked for. When new weights would grow beyond 2^64 the landmark moves.
/// Guarantee: items may come in any order of time, and parts merge in any order, with the same result up to rounding.
/// Complexity: update the aggregate's and a power of two; once in 64 half-lives, and in `value`, the aggregate is
/// scaled. 32 bytes more than the aggregate.
/// Allocates: what the aggregate does.
/// Threads: one at a time; const calls from any number.
/// Source: Cormode, Shkapenyuk, Srivastava, Xu, "Forward decay", ICDE 2009.
/// Moved from: may only be assigned to or destroyed.
template <class Decay, class Aggregate>
class decayed {
 public:
  using sample = detail::aggregate_item<Aggregate>;
  static_assert(
      weighted_aggregator_of<Aggregate, sample> && requires(Aggregate a) { a.scale(0.5); },
      "millrace[AGGREGATE-10]: decayed<Decay, Aggregate>: every member must take weights and be scalable; sketches of "
      "ranks and of distinct items are not");

  decayed() = default;
  /// `empty`: an aggregate without items, to set its parameters.
  explicit decayed(Aggregate empty) : kept_(std::move(empty)) {}

  /// Takes an item of a time; returns what the aggregate's `update` returns.
  auto update(const sample& x, time_point time) { return update(x, weight(1), time); }
  auto update(const sample& x, weight w, time_point time) {
    double f = weight_at(time.nanoseconds);
    if (w.value * f > detail::huge && f > 1) {
      move_to(time.nanoseconds);
      f = 1;
    }
    if (detail::is_weight(w.value * f) && !detail::has_nan(x)) [[likely]] {
      weight_ += w.value * f;
      squares_ += w.value * f * f;
    }
    return kept_.update(x, weight(w.value * f));
  }

  /// The aggregate with all weights as of a time: a `faded<Aggregate>` if it has members, else (a sketch, a histogram)
  /// an Aggregate.
  auto value(time_point time) const {
    Aggregate now = kept_;
    if (any_) now.scale(power(landmark_, time.nanoseconds));
    if constexpr (has_members)
      return faded<Aggregate>(std::move(now), weight_ > 0 ? squares_ / weight_ / weight_ : 0);
    else
      return now;
  }

  /// Adds another one; returns what merging the aggregates returns.
  auto merge(const decayed& other) {
    decayed theirs = other;
    if (theirs.any_) {
      if (!any_) move_to(theirs.landmark_);
      if (theirs.landmark_ < landmark_)
        theirs.move_to(landmark_);
      else
        move_to(theirs.landmark_);
    }
    weight_ += theirs.weight_;
    squares_ += theirs.squares_;
    return kept_.merge(theirs.kept_);
  }

  std::vector<std::byte> save() const {
    envelope_writer to(type);
    to.i64(Decay::nanoseconds);
    to.u8(any_ ? 1 : 0);
    to.i64(landmark_);
    to.f64(weight_);
    to.f64(squares_);
    to.block(kept_.save());
    return std::move(to).finish();
  }
  static result<decayed> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, type);
    if (!from) return std::move(from).error();
    const std::int64_t found = from->i64();
    const std::uint8_t any = from->u8();
    decayed made;
    made.any_ = any != 0;
    made.landmark_ = from->i64();
    made.weight_ = from->f64();
    made.squares_ = from->f64();
    auto kept = Aggregate::load(from->block());
    if (auto done = from->finish(any < 2 && made.weight_ >= 0 && made.squares_ >= 0); !done)
      return std::move(done).error();
    if (found != Decay::nanoseconds)
      return error(errc::type_mismatch, "saved decayed: its half-life is " + std::to_string(found) + " ns, expected " +
                                            std::to_string(Decay::nanoseconds));
    if (!kept) return std::move(kept).error().wrap("saved " + std::string(type));
    made.kept_ = *std::move(kept);
    return made;
  }

 private:
  static constexpr std::string_view type = "decayed";
  static constexpr double least = 0x1p-400;  // weighs next to nothing; its square and inverse are within double's range
  static constexpr bool has_members = requires { typename Aggregate::states; };

  /// The factor that turns a weight as of `from` into one as of `to`: 2^((from - to) / half-life), held within
  /// [least, 1 / least].
  static double power(std::int64_t from, std::int64_t to) noexcept {
    const double lives =
        (static_cast<double>(to) - static_cast<double>(from)) / static_cast<double>(Decay::nanoseconds);
    const double factor = detail::math::exp2(-lives);
    return factor > least ? factor < 1 / least ? factor : 1 / least : least;
  }
  /// The weight of an item of this time, as of the landmark; moves the landmark there if it would be above 2^64.
  double weight_at(std::int64_t time) {
    if (!any_) {
      any_ = true;
      landmark_ = time;
      return 1;
    }
    const double w = power(time, landmark_);
    if (w <= 0x1p64) return w;
    move_to(time);
    return 1;
  }
  /// Makes all weights those as of another landmark.
  void move_to(std::int64_t landmark) {
    if (any_) {
      const double factor = power(landmark_, landmark);
      kept_.scale(factor);
      weight_ *= factor;
      squares_ *= factor * factor;
    }
    any_ = true;
    landmark_ = landmark;
  }

  Aggregate kept_;
  std::int64_t landmark_ = 0;  // the time as of which weights are kept
  double weight_ = 0;          // the sum of w f
  double squares_ = 0;         // the sum of w f^2
  bool any_ = false;           // an item has come, so that there is a landmark
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_WINDOWS_DECAYED_HPP
