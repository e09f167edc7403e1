#ifndef MILLRACE_DELIVER_SHADOW_SHADOW_HPP
#define MILLRACE_DELIVER_SHADOW_SHADOW_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/guarded.hpp>
#include <millrace/core/detail/policy_or.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/shadow/comparison.hpp>
#include <millrace/deliver/shadow/detail/shadow_calls.hpp>
#include <millrace/deliver/shadow/detail/shadow_core.hpp>
#include <millrace/deliver/shadow/detail/shadow_members.hpp>
#include <millrace/deliver/shadow/detail/shadow_sample.hpp>
#include <millrace/deliver/shadow/detail/shadow_work.hpp>
#include <millrace/deliver/shadow/shadow_events.hpp>
#include <millrace/deliver/shadow/shadow_options.hpp>
#include <millrace/deliver/shadow/shadow_policies.hpp>
#include <millrace/deliver/shadow/shadow_report.hpp>
#include <millrace/deliver/shadow/shadow_state.hpp>
#include <millrace/deliver/split/unit_hash.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {

namespace detail {

/// What a shadow's threads do with a copy: ask the candidate and compare.
template <class Request, class Prediction, class Candidate, class Compare, class Segment, class Told, class Watch,
          class Clock>
class shadow_job : public shadow_work<Candidate, Compare, Segment, Told, Watch, Clock> {
  using work = shadow_work<Candidate, Compare, Segment, Told, Watch, Clock>;
  using value = typename plain_prediction<Prediction>::type;

 public:
  /// A request with what the stable model predicted, and then the comparison.
  struct item {
    kept_copy<Request> request;
    kept_copy<Prediction> stable;
    std::uint64_t started = 0;
    std::uint64_t ended = 0;
    // Filled in by the thread, and so not swapped.
    std::optional<value> candidate;
    compared_pair compared;
    std::string segment_text;
    std::string_view segment_view = {};
    bool has_segment = false;

    void swap(item& other) noexcept {
      request.swap(other.request);
      stable.swap(other.stable);
      std::swap(started, other.started);
      std::swap(ended, other.ended);
    }
    std::uint64_t requests() const noexcept { return 1; }
    std::size_t pairs() const noexcept { return 1; }
    const compared_pair& pair(std::size_t) const noexcept { return compared; }
    const std::string_view* segment(std::size_t) const noexcept { return has_segment ? &segment_view : nullptr; }
  };

  using work::work;
  void prepare(item&) const noexcept {}

  void compare(item& one) {
    one.compared = {};
    one.candidate.reset();
    one.has_segment = false;
    const std::uint64_t start = clock_.ticks();
    bool answered = false;
    const auto asked = guarded([&] { answered = ask_model(model_in(candidate_), *one.request, one.candidate); },
                               [] { return std::string("the candidate"); });
    const std::uint64_t end = clock_.ticks();
    one.compared.candidate_nanoseconds = nanoseconds(start, end);
    one.compared.stable_nanoseconds = nanoseconds(one.started, one.ended);
    one.compared.candidate_failed = !asked || !answered;
    const value* const stable = stable_of(one);
    one.compared.stable_failed = stable == nullptr;
    // What the comparison or the key throws counts as a failure of the candidate.
    const auto compared = guarded([&] { look(one, stable); }, [] { return std::string("a comparison"); });
    if (!compared) one.compared.candidate_failed = true;
    if (one.compared.candidate_failed && stable != nullptr) one.compared.apart = {false, math::nan};
  }

  void tell(const item& one, std::string_view name) {
    const compared_pair& of = one.compared;
    if constexpr (work::is_watched)
      this->emit_compared(name, one.has_segment ? one.segment_view : std::string_view(), of);
    if constexpr (work::is_told) {
      if (of.apart.agrees) return;
      const value* const made = of.candidate_failed ? nullptr : &*one.candidate;
      (void)guarded([&] { told_.call(*one.request, stable_of(one), made, of.apart); },
                    [] { return std::string("a handler"); });
    }
  }

 private:
  using work::candidate_;
  using work::clock_;
  using work::compare_;
  using work::nanoseconds;
  using work::segment_;
  using work::told_;

  static const value* stable_of(const item& one) noexcept {
    if constexpr (is_result<Prediction>)
      return *one.stable ? &**one.stable : nullptr;
    else
      return &*one.stable;
  }
  void look(item& one, const value* stable) {
    if constexpr (work::has_segments) {
      key_text(segment_.key(*one.request), one.segment_text);
      one.segment_view = one.segment_text;
      one.has_segment = true;
    }
    if (stable == nullptr || one.compared.candidate_failed) {
      one.compared.apart = {stable == nullptr && one.compared.candidate_failed, math::nan};
      return;
    }
    one.compared.apart = difference_by(compare_, *stable, *one.candidate);
    one.compared.has_figures = figure_of(*stable, compare_, one.compared.stable_figure) &&
                               figure_of(*one.candidate, compare_, one.compared.candidate_figure);
  }
};

}  // namespace detail

/// A stable model whose requests a candidate sees too, without its predictions being used: before a new model is given
/// any traffic, it is seen how often it agrees.
///
///     mr::deliver::shadow scored{stable, candidate, mr::deliver::within{.absolute = 0.01},
///                                mr::deliver::segment_by([](const request& r) { return r.country; })};
///     const double score = scored(request);              // the stable model's
///     std::puts(scored.report().summary().c_str());
///
/// Models: what is called with a request and returns a prediction, or a `result` of one. The stable model's request
/// type is that of its call, or of `takes<Request>`; both types are copied, and so hold no view or pointer. Models are
/// kept; `mr::borrow(model)` is referred to instead, and outlives the shadow's threads.
/// Policies, in any order: a comparison (`within` by default, `same_class`, `same_ranking`, or a function of two
/// predictions that returns a `difference` or a bool), `shadow_options`, `segment_by`, `unit_by`, `on_difference`, a
/// `shadow_watch`, a clock.
///
/// Guarantee: a caller gets what the stable model returns or throws, and waits for nothing else: a copy of the request
/// and the prediction goes into a bounded queue, or is dropped and counted. A candidate that throws or returns an error
/// is counted as such. One that hangs costs the copies that then find no room; `stop` and the destructor wait for it
/// for a while, and then leave its thread alone: the thread goes on, keeps what the shadow owns until the candidate
/// returns, and tells nobody. No thread is cancelled.
/// Complexity: for the caller, two readings of the clock, one atomic exchange, and the copies.
/// Allocates: when it is made. The caller's side: what copying the request and the prediction allocates, and for types
/// that keep their memory when they are assigned to, that only until each cell of the queue has some.
/// Threads: calls, as many as the stable model takes; `report` any; `drain` and `stop` one at a time, from no handler.
/// Fork: in the child, calls go to the stable model alone, and are counted as dropped; its state is empty.
template <class Stable, class Candidate, class... Policies>
class shadow : public detail::shadow_members<shadow<Stable, Candidate, Policies...>> {
  using stable_model = detail::model_in_t<Stable>;
  using parts = detail::shadow_parts<Policies...>;

  using deduced = typename detail::only_argument<stable_model>::type;
  using given = typename detail::policy_or<detail::is_takes, takes<deduced>, Policies...>::request_type;
  static_assert(detail::requirement<!std::is_void_v<given>, stable_model>,
                "millrace[SHADOW-1]: a shadow copies requests and has to know their type: give the stable model one "
                "call that is no template, wrap one without a call, such as one with predict, in a lambda, or add the "
                "policy mr::deliver::takes<Request>{}");

 public:
  using request_type = std::conditional_t<std::is_void_v<given>, int, given>;
  static_assert(detail::requirement<std::is_void_v<given> || std::is_invocable_v<stable_model&, const request_type&>,
                                    stable_model, request_type>,
                "millrace[SHADOW-2]: the stable model is called with a const request; one with another member, such as "
                "predict, is wrapped in a lambda");
  using prediction_type = std::remove_cvref_t<std::invoke_result_t<stable_model&, const request_type&>>;
  static_assert(
      detail::requirement<!detail::refers_to_others<request_type> && !detail::refers_to_others<prediction_type>,
                          request_type, prediction_type>,
      "millrace[SHADOW-3]: the candidate looks at a copy later, when what a span, a string_view or a pointer "
      "refers to is gone: let requests and predictions own their data, or use a shadow_predictor for rows");
  static_assert(detail::requirement<std::is_invocable_v<detail::model_in_t<Candidate>&, const request_type&>,
                                    detail::model_in_t<Candidate>, request_type>,
                "millrace[SHADOW-4]: the candidate is called with the stable model's const request");
  static_assert(
      detail::requirement<detail::predicts_alike<prediction_type, detail::model_in_t<Candidate>, request_type>(),
                          prediction_type, detail::model_in_t<Candidate>>,
      "millrace[SHADOW-8]: the candidate predicts what the stable model does, or what becomes it: a double for a "
      "double");

 private:
  using value_type = typename detail::plain_prediction<prediction_type>::type;
  using compare = typename parts::compare;
  static_assert(
      detail::requirement<comparison<compare, value_type>, compare, value_type>,
      "millrace[SHADOW-5]: a shadow's policies are a comparison of two predictions, which returns a "
      "difference or a bool, shadow_options, segment_by, unit_by, on_difference, takes<Request>, a shadow_watch, a "
      "clock");
  static_assert(
      detail::requirement<parts::template one_each<detail::is_shadow_comparison, detail::is_shadow_options,
                                                   detail::is_shadow_clock, detail::is_segment_by, detail::is_unit_by,
                                                   detail::is_on_difference, detail::is_takes, detail::is_shadow_watch>,
                          Policies...>,
      "millrace[SHADOW-6]: two policies of one kind, such as two comparisons; a shadow takes one of each");
  using unit = typename parts::unit;
  using clock = typename parts::clock;
  using job = detail::shadow_job<request_type, prediction_type, Candidate, compare, typename parts::segment,
                                 typename parts::told, typename parts::watch, clock>;
  using core = detail::shadow_core<job>;

 public:
  explicit shadow(Stable stable, Candidate candidate, Policies... policies)
      : stable_(std::move(stable)),
        clock_(detail::pick_policy<clock>(policies...)),
        unit_(detail::pick_policy<unit>(policies...)),
        sample_(detail::pick_policy<shadow_options>(policies...)),
        core_(new core(parts::template job<job>(std::move(candidate), clock_, policies...), sample_.options())) {
    core_->start();
  }
  shadow(const shadow&) = delete;
  shadow& operator=(const shadow&) = delete;
  ~shadow() { this->end(); }

  /// What the stable model returns.
  prediction_type operator()(const request_type& request) {
    if (!is_copied(request)) [[unlikely]]
      return detail::model_in(stable_)(request);
    struct failure {
      core* counts;
      ~failure() {
        if (counts != nullptr) [[unlikely]]
          counts->drop(shadow_drop::stable_failed);
      }
    } failed{core_};
    const std::uint64_t start = clock_.ticks();
    prediction_type made = detail::model_in(stable_)(request);
    const std::uint64_t end = clock_.ticks();
    failed.counts = nullptr;
    using item = typename job::item;
    constexpr bool is_safe =
        noexcept(std::declval<item&>().request.set(request)) && noexcept(std::declval<item&>().stable.set(made));
    core_->copy([&](item& to) noexcept(is_safe) {
      to.request.set(request);
      to.stable.set(made);
      to.started = start;
      to.ended = end;
    });
    return made;
  }

 private:
  friend class detail::shadow_members<shadow>;

  bool is_copied(const request_type& request) {
    if (sample_.takes_all()) [[likely]]
      return true;
    if constexpr (std::is_same_v<unit, detail::no_policy>) {
      (void)request;
      return sample_.takes(1);
    } else {
      bool is_in = false;  // where the unit cannot be told
      (void)detail::guarded([&] { is_in = sample_.takes_unit(unit_hash(sample_.by(), unit_.unit(request))); },
                            [] { return std::string("a unit"); });
      if (!is_in) sample_.leave_out(1);
      return is_in;
    }
  }

  Stable stable_;
  [[no_unique_address]] clock clock_;
  [[no_unique_address]] unit unit_;
  detail::shadow_sample sample_;
  core* core_;
};

template <class Stable, class Candidate, class... Policies>
shadow(Stable, Candidate, Policies...) -> shadow<Stable, Candidate, Policies...>;

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SHADOW_SHADOW_HPP
