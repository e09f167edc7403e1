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

/// An aggregate's members, asked when their items have faded: `decayed::value`.
///
/// Guarantee: variance and deviation do not change by fading alone. Of a variance the squares are divided by
/// W - (sum of w f^2) / W, where f is what an item faded to, w how often it came, and W the sum of w f: weight - 1
/// before anything has faded, and a variance without bias at any time; NaN for less than two items' worth. So too
/// `stddev` and `covariance`; skewness, kurtosis, correlation, trend and the population's forms are ratios already.
template <class Aggregate>
class faded {
 public:
  faded(Aggregate as_of_now, double share) : kept_(std::move(as_of_now)), share_(share) {}

  /// Returns what `aggregate` does for the member, but for the above. A sketch, or what refers to one, is good while
  /// this is.
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
  /// The same asked at a place: `get<mr::quantiles>(0.99)`.
  template <class M>
  auto get(double place) const {
    return detail::answer_at(get<M>(), place);
  }
  template <template <class...> class Template>
  auto get(double place) const {
    return detail::answer_at(get<Template>(), place);
  }
  template <class M>
  decltype(auto) state() const {
    return kept_.template state<M>();
  }

  std::uint64_t items() const noexcept { return kept_.items(); }
  double infinities() const noexcept { return kept_.infinities(); }
  std::uint64_t skipped() const noexcept { return kept_.skipped(); }
  /// How many items that have not faded would say as much: W^2 / (sum of w f^2); 0 without items.
  double effective_items() const noexcept { return share_ > 0 ? 1 / share_ : 0; }
  /// What is left of a weight for spread.
  double freedom(double weight) const noexcept {
    return 1 - share_ > 0x1p-40 ? weight * (1 - share_) : 0;  // 0 but for rounding, where one item outweighs all
  }
  /// Another aggregate of items that faded as these.
  template <class Other>
  faded<Other> beside(const Other& other) const {
    return faded<Other>(other, share_);
  }
  /// With the faded weights as if they were repetitions: to be merged, saved or tested.
  const Aggregate& aggregate() const noexcept { return kept_; }

 private:
  Aggregate kept_;
  double share_;  // of the mean in the weight
};

/// An aggregate in which the past fades: an item of age a weighs 2^(-a / half-life).
///
///     mr::decayed<mr::half_life<60s>, mr::aggregate<mr::mean, mr::stddev>> load;
///     load.update(0.7, mr::time_point(time));
///     load.value(mr::time_point(now)).get<mr::stddev>();
///
/// For aggregates whose members take weights and can be scaled: moments, sums, means, pairs, `ddsketch`,
/// `binned_histogram`; counts, extremes and places do not fade.
/// Guarantee: items may come in any order of time, and parts merge in any order, with the same result up to rounding
/// (forward decay: weights are kept as of a landmark, and all scaled when those grow beyond 2^64).
/// Complexity: update the aggregate's and a power; once in 64 half-lives all is scaled. 32 bytes more than the
/// aggregate.
/// Allocates: what the aggregate does.
/// Threads: one at a time; const calls from any number.
/// Moved from: may only be assigned to or destroyed.
/// Source: Cormode, Shkapenyuk, Srivastava, Xu, "Forward decay", ICDE 2009.
template <class Decay, class Aggregate>
class decayed {
 public:
  using sample = detail::aggregate_item<Aggregate>;
  static_assert(
      weighted_aggregator_of<Aggregate, sample> && requires(Aggregate a) { a.scale(0.5); },
      "millrace[AGGREGATE-10]: decayed<Decay, Aggregate>: every member must take weights and be scalable; sketches of "
      "ranks and of distinct items are not");

  decayed() = default;
  explicit decayed(Aggregate empty) : kept_(std::move(empty)) {}

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

  /// With all weights as of a time: `faded<Aggregate>` for an aggregate of members; a sketch as it is.
  auto value(time_point time) const {
    Aggregate now = kept_;
    if (any_) now.scale(power(landmark_, time.nanoseconds));
    if constexpr (has_members)
      return faded<Aggregate>(std::move(now), weight_ > 0 ? squares_ / weight_ / weight_ : 0);
    else
      return now;
  }

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
  static constexpr double least = 0x1p-400;  // a weight that is nothing, and has squares and can be divided by
  static constexpr bool has_members = requires { typename Aggregate::states; };

  /// What a weight as of `from` is as of `to`.
  static double power(std::int64_t from, std::int64_t to) noexcept {
    const double lives =
        (static_cast<double>(to) - static_cast<double>(from)) / static_cast<double>(Decay::nanoseconds);
    const double factor = detail::math::exp2(-lives);
    return factor > least ? factor < 1 / least ? factor : 1 / least : least;
  }
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
  std::int64_t landmark_ = 0;  // weights are as of then
  double weight_ = 0;          // the sum of w f
  double squares_ = 0;         // the sum of w f^2
  bool any_ = false;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_WINDOWS_DECAYED_HPP
