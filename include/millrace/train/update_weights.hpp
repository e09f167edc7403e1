#ifndef MILLRACE_TRAIN_UPDATE_WEIGHTS_HPP
#define MILLRACE_TRAIN_UPDATE_WEIGHTS_HPP

#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/train/clip.hpp>
#include <millrace/train/fields.hpp>
#include <millrace/train/fwd.hpp>
#include <millrace/train/model.hpp>
#include <millrace/train/optimizer.hpp>
#include <millrace/train/schedule.hpp>

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace train {

/// The event that clips `gradients` and moves the model's parameters by them, at the learning rate that the schedule
/// has for this step. It writes `learning_rate`, and `gradient_norm` as it was before clipping. It refers to the model,
/// which must outlive it, and holds the optimizer's state.
///
/// Models: event.
/// Guarantee: if it fails, the parameters stay as they were.
/// Allocates: only when it is made.
/// Threads: one at a time, while nobody else uses the model.
/// Errors: shape_mismatch: number of gradients; not_finite: a gradient, or their norm.
template <class Model, class Optimizer = adam, class Schedule = constant_rate, class Clip = no_clipping,
          class Fields = training_fields<detail::scalar_of_t<Model>>>
class update_weights {
  using scalar = detail::scalar_of_t<Model>;
  static_assert(trainable_model<Model>,
                "millrace[TRAIN-7]: update_weights wants a trainable_model; see "
                "millrace/train/model.hpp");
  static_assert(optimizer<Optimizer, scalar>,
                "millrace[TRAIN-8]: update_weights wants an optimizer after the model; see "
                "millrace/train/optimizer.hpp");
  static_assert(learning_rate_schedule<Schedule>,
                "millrace[TRAIN-9]: update_weights wants a learning_rate_schedule "
                "after the optimizer; see millrace/train/schedule.hpp");

 public:
  using fields_type = Fields;
  using reads = fields<Fields::gradients>;
  using writes = std::conditional_t<Clip::changes_gradients,
                                    fields<Fields::gradients, Fields::learning_rate, Fields::gradient_norm>,
                                    fields<Fields::learning_rate, Fields::gradient_norm>>;
  static constexpr std::string_view name = "update_weights";

  explicit update_weights(Model& model, Optimizer rule = {}, Schedule schedule = {}, Clip clip = {})
      : model_(&model), rule_(std::move(rule)), schedule_(std::move(schedule)), clip_(std::move(clip)) {
    rule_.template prepare<scalar>(state_, model.parameters().size());
  }

  /// How many updates were made.
  std::uint64_t steps() const noexcept { return steps_; }

  /// Calls use(name, value) with each setting that the optimizer, the schedule and the model say, for those who keep a
  /// record of a training.
  template <class Use>
  void for_each_setting(Use&& use) const {
    if constexpr (requires { Optimizer::name; }) use("optimizer", std::string_view(Optimizer::name));
    if constexpr (requires { rule_.for_each_setting(use); }) rule_.for_each_setting(use);
    if constexpr (requires { schedule_.for_each_setting(use); }) schedule_.for_each_setting(use);
    if constexpr (requires { model_->for_each_setting(use); }) model_->for_each_setting(use);
  }

  result<void> operator()(auto& ctx) {
    auto& gradients = ctx[Fields::gradients];
    auto& parameters = model_->parameters();
    if (gradients.size() != parameters.size()) return misfit(gradients.size(), parameters.size());
    const double norm = gradient_norm_of(gradients);
    ctx[Fields::gradient_norm] = norm;
    if (!std::isfinite(norm)) return not_finite(gradients);
    const double rate = schedule_(steps_);
    ctx[Fields::learning_rate] = rate;
    if constexpr (Clip::changes_gradients) clip_(gradients, norm);
    rule_.template update<scalar>(state_, parameters, gradients, rate);
    ++steps_;
    return {};
  }

 private:
  [[gnu::cold]] static error misfit(Eigen::Index gradients, Eigen::Index parameters) {
    return error(errc::shape_mismatch,
                 "gradients: " + std::to_string(gradients) + " for " + std::to_string(parameters) + " parameters");
  }
  template <class Vector>
  [[gnu::cold]] static error not_finite(const Vector& gradients) {
    for (Eigen::Index i = 0; i < gradients.size(); ++i)
      if (!std::isfinite(gradients[i]))
        return error(errc::not_finite, "gradients: number " + std::to_string(i) + " is " +
                                           detail::number_text(gradients[i]) + "; the weights stay as they were");
    return error(errc::not_finite, "gradients: their norm overflows; the weights stay as they were");
  }

  Model* model_;
  [[no_unique_address]] Optimizer rule_;
  [[no_unique_address]] Schedule schedule_;
  [[no_unique_address]] Clip clip_;
  [[no_unique_address]] typename Optimizer::template state<scalar> state_;
  std::uint64_t steps_ = 0;
};

}  // namespace train
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRAIN_UPDATE_WEIGHTS_HPP
