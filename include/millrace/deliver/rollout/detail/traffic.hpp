#ifndef MILLRACE_DELIVER_ROLLOUT_DETAIL_TRAFFIC_HPP
#define MILLRACE_DELIVER_ROLLOUT_DETAIL_TRAFFIC_HPP

#include <millrace/chain/fwd.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/core/detail/guarded.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/deliver/judge/judgement.hpp>
#include <millrace/deliver/measurement.hpp>
#include <millrace/deliver/rollout/detail/call_seats.hpp>
#include <millrace/deliver/rollout/detail/request_rules.hpp>
#include <millrace/deliver/rollout/detail/route_lanes.hpp>
#include <millrace/deliver/rollout/options.hpp>
#include <millrace/deliver/split/split_by.hpp>
#include <millrace/deliver/split/unit_hash.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {
/// What became of a request in a release, to be kept with its prediction until its label is known.
struct rollout_ticket {
  std::uint64_t unit = 0;     // the hash of who asked
  std::uint32_t rollout = 0;  // its number
  std::uint16_t step = 0;
  /// Whose request it was, by chance. If the candidate failed, the output was stable's all the same.
  deliver::arm arm = deliver::arm::stable;
  /// Whether it counts: requests that do not take part, of chosen units, and of a draft, do not.
  bool is_evidence = false;

  friend bool operator==(const rollout_ticket&, const rollout_ticket&) = default;
};

namespace detail {

/// A model that a release has, or that is lent to it.
template <class Model>
struct released {
  static const Model& at(const Model& held) noexcept { return held; }
};
template <class Model>
struct released<borrowed<Model>> {
  static const Model& at(const borrowed<Model>& held) noexcept { return *held.object; }
};
template <class Model, class Request>
inline constexpr bool is_called_with =
    std::is_invocable_v<decltype(released<Model>::at(std::declval<const Model&>())), const Request&>;
template <class Model, class Request>
using answer_of =
    std::remove_cvref_t<decltype(released<Model>::at(std::declval<const Model&>())(std::declval<const Request&>()))>;

template <class Answer>
struct plain_answer {
  using type = Answer;
};
template <class T>
struct plain_answer<result<T>> {
  using type = T;
};

/// Whether two models can take each other's place for a request.
template <class Stable, class Candidate, class Request>
struct checked_models {
  static_assert(requirement<std::is_same_v<answer_of<Stable, Request>, answer_of<Candidate, Request>> &&
                                !std::is_void_v<typename plain_answer<answer_of<Stable, Request>>::type>,
                            Stable, Candidate>,
                "millrace[ROLLOUT-6]: both models of a release return one type, a value or a result of one");
};

template <class Unit, class Request>
inline constexpr bool is_unit_of = true;
template <class Key, class Request>
inline constexpr bool is_unit_of<unit_of<Key>, Request> = [] {
  if constexpr (std::is_invocable_v<const Key&, const Request&>)
    return unit_id<typename unit_named<key_of<Key, Request>>::type>;
  return false;
}();
template <class Function, class Argument>
inline constexpr bool is_asked = [] {
  if constexpr (std::is_invocable_v<const Function&, const Argument&>)
    return std::is_constructible_v<bool, std::invoke_result_t<const Function&, const Argument&>>;
  return false;
}();
template <class Audience, class Request>
inline constexpr bool is_audience_of = true;
template <class Choice, class Request>
inline constexpr bool is_audience_of<audience<Choice>, Request> = is_asked<Choice, Request>;
template <class Check, class Output>
inline constexpr bool is_check_of = true;
template <class Fine, class Output>
inline constexpr bool is_check_of<output_check<Fine>, Output> = is_asked<Fine, Output>;
template <class Check, class Model, class Request>
inline constexpr bool checks_outputs_of = [] {
  if constexpr (is_called_with<Model, Request>)
    return is_check_of<Check, typename plain_answer<answer_of<Model, Request>>::type>;
  return true;
}();

/// Whether what a release is given can be called as it calls it, for a request.
template <class Stable, class Candidate, class Unit, class Audience, class Check, class Request>
struct checked_calls {
  static constexpr bool have_models = is_called_with<Stable, Request> && is_called_with<Candidate, Request>;
  static constexpr bool has_unit = is_unit_of<Unit, Request>;
  static constexpr bool has_audience = is_audience_of<Audience, Request>;
  static constexpr bool has_check = checks_outputs_of<Check, Stable, Request>;
  static constexpr bool hold = have_models && has_unit && has_audience && has_check;
  static_assert(requirement<have_models, Stable, Candidate, Request>,
                "millrace[ROLLOUT-15]: each model of a release is called as model(request), itself and the request "
                "const; wrap one with another member, or one that changes, in a lambda: "
                "[&](const request& one) { return model.predict(one); }");
  static_assert(requirement<has_unit, Unit, Request>,
                "millrace[ROLLOUT-16]: unit_of names a member or a function of the request that is a text or a whole "
                "number, as unit_of{&request::user} does");
  static_assert(requirement<has_audience, Audience, Request>,
                "millrace[ROLLOUT-17]: an audience is a function of the request that returns whether it takes part");
  static_assert(
      requirement<has_check, Check, Stable>,
      "millrace[ROLLOUT-17]: an output_check is a function of a model's output that returns whether it is one");
};

/// The part of a release that requests go through: it places them, calls a model, measures it, and tells the judge.
///
/// Threads: `serve` from any number; `publish` and what is cold from one at a time.
template <class Stable, class Candidate, class Judge, class Rules, class Check, class Clock, std::size_t Seats>
class traffic {
 public:
  traffic(Stable stable, Candidate candidate, Judge judge, Rules rules, Check check, Clock clock, std::uint64_t seed)
      : first_(make_owning<Stable>(std::move(stable))),
        second_(make_owning<Candidate>(std::move(candidate))),
        judge_(std::move(judge)),
        rules_(std::move(rules)),
        check_(std::move(check)),
        clock_(std::move(clock)),
        seed_(seed) {}

  /// `told` is called with the request's ticket before a model is.
  template <class Request, class Told>
  [[gnu::always_inline]] inline answer_of<Stable, Request> serve(const Request& request, const Told& told) {
    static_cast<void>(sizeof(checked_models<Stable, Candidate, Request>));
    const route_lanes::visit at = lanes_.enter();
    const request_route& way = lanes_[at];
    const standing_at of = way.is_live ? rules_.look(request) : standing_at{standing::outside};
    if (of.what != standing::takes_part) return untried(request, told, at, way, of.what);
    const std::uint64_t unit = place(of, at);
    const bool is_candidates = (unit >> 11) < way.threshold;
    told(rollout_ticket{unit, way.number, static_cast<std::uint16_t>(way.step),
                        is_candidates ? arm::candidate : arm::stable, way.is_measured});
    if (is_candidates) return by_candidate(request, at, way, unit, way.is_measured);
    return by_primary(request, at, way, unit, way.is_measured);
  }

  /// Tells the judge of a score that came later, unless it is of an earlier rollout.
  template <class Metric>
  bool score(const rollout_ticket& of, double value) noexcept {
    if (!of.is_evidence) return false;
    scores_.add_relaxed(
        1);  // before it enters: who replaces the judge publishes a route first, and then waits for these
    const route_lanes::visit at = lanes_.enter();
    const bool counts = lanes_[at].number == of.rollout;
    if (counts) judge_.template update<Metric>(of.arm, value, of.step, of.unit);
    lanes_.leave(at);
    scores_.add_release(~std::uint64_t{0});
    return counts;
  }

  bool publish(const request_route& next) noexcept { return lanes_.publish(next); }
  bool is_settled() const noexcept { return lanes_.is_settled(); }

  Judge& judge() noexcept { return judge_; }
  const Judge& judge() const noexcept { return judge_; }
  /// For who does not publish.
  judgement report() const {
    const lock_guard locked(reporting_);
    return judge_.report();
  }
  /// Puts a judge in the judge's place, after a route was published whose number no score has.
  void take_judge(const Judge& next) {
    const lock_guard locked(reporting_);
    while (scores_.load_acquire() != 0) {  // none of them waits for anything
    }
    judge_ = next;
  }
  /// Whether requests may be the candidate's.
  bool is_live() noexcept {
    const route_lanes::visit at = lanes_.enter();
    const bool found = lanes_[at].is_live;
    lanes_.leave(at);
    return found;
  }
  const Clock& clock() const noexcept { return clock_; }

  /// The kill switch.
  void stop() noexcept { is_stopped_.store_release(true); }
  void allow() noexcept { is_stopped_.store_release(false); }
  bool is_stopped() const noexcept { return is_stopped_.load_acquire(); }

  /// Requests of the candidate that stable answered, because it had failed, or because all its seats were taken.
  std::uint64_t replaced() const noexcept { return replaced_.load_relaxed(); }
  std::uint64_t diverted() const noexcept { return diverted_.load_relaxed(); }

  /// How long the call of the candidate that has taken the longest has taken so far, in nanoseconds; 0: none is made.
  std::uint64_t longest_call() const noexcept {
    const std::uint64_t now = clock_.nanoseconds(clock_.ticks());
    std::uint64_t longest = 0;
    seats_.for_each([&](std::uint64_t since) {
      const std::uint64_t began = clock_.nanoseconds(since);
      if (now > began && now - began > longest) longest = now - began;
    });
    return longest;
  }

  /// Puts a model in the place of the one that is not the primary, and a judge in the judge's. When nobody is in it.
  template <class Model>
  void replace(std::uint32_t place, Model next, const Judge& judge) {
    if (place == 0)
      assign(first_, next);
    else
      assign(second_, next);
    take_judge(judge);
  }

 private:
  template <class Held, class Model>
  static void assign(owning_pointer<Held>& to, Model& next) {
    if constexpr (std::is_same_v<Held, Model>) to = make_owning<Held>(std::move(next));
  }

  /// A request that the split does not decide about, so that it is no evidence.
  template <class Request, class Told>
  [[gnu::always_inline]] inline answer_of<Stable, Request> untried(const Request& request, const Told& told,
                                                                   route_lanes::visit at, const request_route& way,
                                                                   standing what) {
    const bool is_candidates = what == standing::has_candidate;
    told(rollout_ticket{.rollout = way.number, .arm = is_candidates ? arm::candidate : arm::stable});
    if (is_candidates) return by_candidate(request, at, way, 0, false);
    return by_primary(request, at, way, 0, false);
  }
  /// The hash of the request's unit; without one a number by chance.
  std::uint64_t place(standing_at of, route_lanes::visit at) noexcept {
    if constexpr (Rules::has_units) {
      return of.unit;
    } else {
      counted& mine = counts_[at.lane];
      std::uint64_t count = 0;
      if (at.lane == shared_slot)
        count = mine.requests.add_relaxed(1);
      else
        mine.requests.store_relaxed((count = mine.requests.load_relaxed()) + 1);
      std::uint64_t state = seed_ + (static_cast<std::uint64_t>(at.lane) << 59) + count * 0x9e3779b97f4a7c15U;
      return splitmix64(state);
    }
  }
  template <class Request>
  [[gnu::always_inline]] inline answer_of<Stable, Request> call(std::uint32_t place, const Request& request) const {
    if (place == 0) return released<Stable>::at(*first_)(request);
    return released<Candidate>::at(*second_)(request);
  }
  template <class Answer>
  bool is_fine(const Answer& answer) const noexcept {
    if constexpr (std::is_same_v<Check, any_output>)
      return true;
    else
      return static_cast<bool>(check_.fine(answer));
  }
  template <class T>
  bool is_fine(const result<T>& answer) const noexcept {
    return answer.has_value() && is_fine(*answer);
  }
  /// Negative if the clock went back, which is no measurement.
  double passed(std::uint64_t from, std::uint64_t to) const noexcept {
    return static_cast<double>(static_cast<std::int64_t>(clock_.nanoseconds(to) - clock_.nanoseconds(from)));
  }

  /// A request that the primary model has: it ends with the scope, which an exception ends as a failure.
  class stay {
   public:
    [[gnu::always_inline]] stay(traffic& of, route_lanes::visit at, const request_route& way, std::uint64_t unit,
                                bool measures) noexcept
        : of_(of), at_(at), way_(way), unit_(unit), start_(measures ? of.clock_.ticks() : 0), is_measured_(measures) {
      if (measures) of.judge_.assign(arm::stable, way.step);
    }
    stay(const stay&) = delete;
    stay& operator=(const stay&) = delete;
    [[gnu::always_inline]] ~stay() {
      if (!has_ended_) [[unlikely]]
        end(true);
    }
    /// Returns whether the route is still the newest.
    [[gnu::always_inline]] bool end(bool failed) noexcept {
      has_ended_ = true;
      if (is_measured_)
        of_.judge_.update(arm::stable, measurement{failed, of_.passed(start_, of_.clock_.ticks())}, way_.step, unit_);
      return of_.lanes_.leave(at_);
    }

   private:
    traffic& of_;
    const route_lanes::visit at_;
    const request_route& way_;
    const std::uint64_t unit_;
    const std::uint64_t start_;
    const bool is_measured_;
    bool has_ended_ = false;
  };
  /// A request that the candidate has: it gives its seat back whatever happens.
  class seated {
   public:
    seated(traffic& of, route_lanes::visit at, std::size_t seat) noexcept : of_(of), at_(at), seat_(seat) {}
    seated(const seated&) = delete;
    seated& operator=(const seated&) = delete;
    ~seated() {
      if (has_ended_) [[likely]]
        return;
      of_.seats_.leave(seat_);
      of_.lanes_.leave(at_);
    }
    void end() noexcept {
      has_ended_ = true;
      of_.seats_.leave(seat_);
    }

   private:
    traffic& of_;
    const route_lanes::visit at_;
    const std::size_t seat_;
    bool has_ended_ = false;
  };

  template <class Request>
  [[gnu::always_inline]] inline answer_of<Stable, Request> by_primary(const Request& request, route_lanes::visit at,
                                                                      const request_route& way, std::uint64_t unit,
                                                                      bool measures) {
    const std::uint32_t place = way.primary;
    stay here(*this, at, way, unit, measures);
    answer_of<Stable, Request> answer = call(place, request);
    if (!here.end(measures && !is_fine(answer))) [[unlikely]]
      return again(request, std::move(answer), place);
    return answer;
  }
  /// Stable in the place of the candidate: what it does here is no evidence, since not chance has sent it the request.
  template <class Request>
  [[gnu::noinline, gnu::cold]] answer_of<Stable, Request> instead(const Request& request, route_lanes::visit at,
                                                                  const request_route& way,
                                                                  light_atomic<std::uint64_t>& count) {
    count.add_relaxed(1);
    return by_primary(request, at, way, 0, false);
  }

  template <class Request>
  [[gnu::always_inline]] inline answer_of<Stable, Request> by_candidate(const Request& request, route_lanes::visit at,
                                                                        const request_route& way, std::uint64_t unit,
                                                                        bool measures) {
    if (is_stopped()) [[unlikely]]
      return instead(request, at, way, diverted_);
    if (measures) judge_.assign(arm::candidate, way.step);
    const std::uint64_t start = clock_.ticks();
    const std::size_t seat = seats_.take(start);
    if (seat == call_seats<Seats>::none) [[unlikely]]
      return instead(request, at, way, diverted_);
    seated here(*this, at, seat);
    const std::uint32_t place = 1 - way.primary;
    auto answer = attempt<plain_of<Request>>(place, request);
    const bool failed = !is_fine(answer);
    if (measures) judge_.update(arm::candidate, measurement{failed, passed(start, clock_.ticks())}, way.step, unit);
    here.end();
    if (failed || is_stopped()) [[unlikely]]
      return instead(request, at, way, replaced_);
    if (!lanes_.leave(at)) [[unlikely]]
      return again(request, answer_of<Stable, Request>(*std::move(answer)), place);
    return *std::move(answer);
  }
  template <class Request>
  using plain_of = typename plain_answer<answer_of<Stable, Request>>::type;
  template <class Plain, class Request>
  [[gnu::always_inline]] inline result<Plain> attempt(std::uint32_t place, const Request& request) const {
    return guarded_result<Plain>([&]() -> result<Plain> { return call(place, request); },
                                 [] { return std::string("the candidate"); });
  }

  /// A request whose route was replaced while a model had it: the answer counts if that model is still one of the two,
  /// and is made anew otherwise.
  template <class Request>
  [[gnu::noinline, gnu::cold]] answer_of<Stable, Request> again(const Request& request,
                                                                answer_of<Stable, Request> answer,
                                                                std::uint32_t answered_by) {
    for (;;) {
      const route_lanes::visit at = lanes_.enter();
      const request_route& way = lanes_[at];
      const bool counts = answered_by == way.primary || (way.is_live && !is_stopped());
      stay here(*this, at, way, 0, false);
      if (!counts) {
        answered_by = way.primary;
        answer_of<Stable, Request> anew = call(answered_by, request);
        if (here.end(false)) return anew;
        answer = std::move(anew);
      } else if (here.end(false)) {
        return answer;
      }
    }
  }

  struct alignas(64) counted {
    light_atomic<std::uint64_t> requests{0};
  };

  owning_pointer<Stable> first_;
  owning_pointer<Candidate> second_;
  Judge judge_;
  [[no_unique_address]] Rules rules_;
  [[no_unique_address]] Check check_;
  [[no_unique_address]] Clock clock_;
  std::uint64_t seed_;
  route_lanes lanes_;
  call_seats<Seats> seats_;
  counted counts_[shared_slot + 1];
  alignas(64) light_atomic<bool> is_stopped_{false};
  alignas(64) light_atomic<std::uint64_t> replaced_{0};
  light_atomic<std::uint64_t> diverted_{0};
  light_atomic<std::uint64_t> scores_{0};  // that are being told
  mutable mutex reporting_;
};

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_ROLLOUT_DETAIL_TRAFFIC_HPP
