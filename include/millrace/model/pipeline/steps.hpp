#ifndef MILLRACE_MODEL_PIPELINE_STEPS_HPP
#define MILLRACE_MODEL_PIPELINE_STEPS_HPP

#include <millrace/core/result.hpp>
#include <millrace/model/calibration/calibrator.hpp>
#include <millrace/model/detail/kept_executor.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/parallel.hpp>
#include <millrace/model/predictor.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

namespace detail {

/// What nothing is made of. A list of none of it is what `{}` makes of all that it might, which so says the defaults
/// where it would else be as good for options as for a copy.
struct nothing {
  nothing() = delete;
};

/// The loss that a model is fitted with, where it has one.
struct no_loss {};
template <class M>
struct loss_of_model {
  using type = no_loss;
};
template <class M>
requires requires(const M& model) { model.loss(); } &&
         std::semiregular<std::remove_cvref_t<decltype(std::declval<const M&>().loss())>>
struct loss_of_model<M> {
  using type = std::remove_cvref_t<decltype(std::declval<const M&>().loss())>;
};

}  // namespace detail

/// Step of a pipeline: which model is fitted, and how: `trained_by<boosted_trees<>>({.rounds = 200})`.
///
/// A model whose loss has a parameter is fitted with that: `trained_by<boosted_trees<softmax_loss>>({},
/// softmax_loss{3})`. One whose `fit` takes more than rows, targets, options, weights, a loss and an executor is fitted
/// by a function of yours in the place of this step: `[](const matrix_view& rows, std::span<const float> targets,
/// std::span<const float> weights)`, which returns a result of the model.
template <class M>
class trained_by {
  static constexpr bool is_predictor = predictor<M>;  // of a concept, the compiler would list each part
  static_assert(is_predictor,
                "millrace[PIPELINE-1]: trained_by<M>: M is no predictor: model/predictor.hpp says what a model has; "
                "inputs, outputs and both predict are const and noexcept");
  static_assert(!is_predictor || fits_targets<M> || fits_rows<M>,
                "millrace[PIPELINE-2]: trained_by<M>: M cannot be fitted: it needs options_type and a static fit(rows, "
                "targets, options, weights), or fit(rows, options) without targets");
  using loss_type = typename detail::loss_of_model<M>::type;

 public:
  using model_type = M;

  trained_by() = default;
  trained_by(std::initializer_list<detail::nothing>) : trained_by() {}
  explicit trained_by(typename M::options_type options) : options_(std::move(options)) {}
  template <std::same_as<loss_type> Loss>
  trained_by(typename M::options_type options, const Loss& loss) : options_(std::move(options)), loss_(loss) {}
  template <std::same_as<loss_type> Loss, executor Executor>
  trained_by(typename M::options_type options, const Loss& loss, Executor&& on)
      : trained_by(std::move(options), std::forward<Executor>(on)) {
    loss_ = loss;
  }
  /// `on`: threads that the fit may use. Models that have no use for them are fitted without. A variable outlives this
  /// step and its copies: `trained_by<random_forest>({}, four_threads)`. They keep a temporary one themselves:
  /// `trained_by<random_forest>({}, threads(4))`.
  template <executor Executor>
  trained_by(typename M::options_type options, Executor&& on) : options_(std::move(options)) {
    constexpr bool is_kept = std::is_lvalue_reference_v<Executor> || std::is_move_constructible_v<Executor>;
    static_assert(is_kept,
                  "millrace[PIPELINE-18]: trained_by<M>(options, executor): the executor is a temporary that cannot be "
                  "moved, and would be gone before the fit: make it a variable and pass that");
    if constexpr (is_kept) on_ = detail::kept_executor::keep(std::forward<Executor>(on));
  }
  /// The executor that `on` refers to outlives this step and its copies.
  trained_by(typename M::options_type options, const executor_reference& on) : options_(std::move(options)), on_(on) {}

  const typename M::options_type& options() const noexcept { return options_; }

  result<M> operator()(const matrix_view& rows, std::span<const float> targets, std::span<const float> weights) const
  requires fits_targets<M>
  {
    if constexpr (requires { M::fit(rows, targets, options_, weights, loss_, on_.reference()); })
      return M::fit(rows, targets, options_, weights, loss_, on_.reference());
    else if constexpr (requires { M::fit(rows, targets, options_, weights, loss_); })
      return M::fit(rows, targets, options_, weights, loss_);
    else if constexpr (requires { M::fit(rows, targets, options_, weights, on_.reference()); })
      return M::fit(rows, targets, options_, weights, on_.reference());
    else if constexpr (requires {
                         M::fit(rows, targets, options_, weights, {}, on_.reference());
                       })  // a loss comes before
      return M::fit(rows, targets, options_, weights, {}, on_.reference());
    else
      return M::fit(rows, targets, options_, weights);
  }
  result<M> operator()(const matrix_view& rows) const
  requires fits_rows<M>
  {
    if constexpr (requires { M::fit(rows, options_, on_.reference()); })
      return M::fit(rows, options_, on_.reference());
    else if constexpr (requires { M::fit(rows, options_, {}, on_.reference()); })  // weights come before
      return M::fit(rows, options_, {}, on_.reference());
    else
      return M::fit(rows, options_);
  }

 private:
  typename M::options_type options_{};
  loss_type loss_{};
  detail::kept_executor on_;
};

/// Which events are kept from features and model, for the calibration.
struct held_out {
  /// The share of the events: in (0, 1).
  double share = 0.2;
  std::uint64_t seed = 1;
  /// Whether they are the last events instead of ones drawn at random: for events in the order of time, of which the
  /// model shall know nothing later than what it is calibrated on.
  bool latest = false;
};

/// Makes probabilities of several classes of their scores: `one_vs_rest` and any type of yours with these members.
template <class C>
concept class_calibrator =
    std::copyable<C> && requires(const C& c, std::span<const double> scores, std::span<const float> labels,
                                 std::size_t classes, std::span<double> out, std::span<const std::byte> bytes) {
      { C::fit(scores, labels, classes, labels) } -> std::same_as<result<C>>;
      { c(scores, out) } noexcept;
      { c.classes() } noexcept -> std::convertible_to<std::size_t>;
      { c.save() } -> std::same_as<std::vector<std::byte>>;
      { C::load(bytes) } -> std::same_as<result<C>>;
    };

/// Step of a pipeline: what makes probabilities of the model's scores: `calibrated_by<platt>()`. It is fitted to a
/// share of the events that neither the features nor the model have seen. The score is the model's before its link, the
/// log odds, where the model has one; `calibrated_by<one_vs_rest<>>()` takes the log odds of each of several classes
/// against all others.
template <class C>
struct calibrated_by {
  static_assert(calibrator<C> || class_calibrator<C>,
                "millrace[PIPELINE-3]: calibrated_by<C>: C is no calibrator: platt, isotonic and one_vs_rest are, and "
                "any type with fit(scores, labels, weights), a noexcept operator()(double), save and load");
  using calibration_type = C;
  held_out from{};

  calibrated_by() = default;
  calibrated_by(std::initializer_list<detail::nothing>) : calibrated_by() {}
  explicit calibrated_by(held_out events) : from(events) {}
};

/// The calibration of a pipeline that has none.
struct uncalibrated {};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_PIPELINE_STEPS_HPP
