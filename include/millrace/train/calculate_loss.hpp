#ifndef MILLRACE_TRAIN_CALCULATE_LOSS_HPP
#define MILLRACE_TRAIN_CALCULATE_LOSS_HPP

#include <millrace/core/result.hpp>
#include <millrace/train/fields.hpp>
#include <millrace/train/loss.hpp>
#include <millrace/train/model.hpp>

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace train {

/// The event that compares `output` with `labels`, or with `targets` if the loss is a target_loss. It writes `loss` and
/// `output_gradient`. A loss that is not finite is no error here; the middleware `validation` finds it.
///
/// Models: event.
/// Allocates: when the gradient's shape changes.
/// Threads: any, each with its own context.
/// Errors: those of the loss.
template <class Loss, class Fields = training_fields<>>
class calculate_loss {
  static constexpr bool of_classes = class_loss<Loss, typename Fields::scalar_type>;
  static_assert(of_classes || target_loss<Loss, typename Fields::scalar_type>,
                "millrace[TRAIN-4]: calculate_loss wants a class_loss or a target_loss; see millrace/train/loss.hpp");

 public:
  using fields_type = Fields;
  using reads =
      std::conditional_t<of_classes, fields<Fields::output, Fields::labels>, fields<Fields::output, Fields::targets>>;
  using writes = fields<Fields::loss, Fields::output_gradient>;
  static constexpr std::string_view name = "calculate_loss";
  static constexpr bool thread_safe = true;

  template <class... Events>
  using beside = detail::in_one_precision<typename Fields::scalar_type, Events...>;

  calculate_loss() = default;
  explicit calculate_loss(Loss measure) : measure_(std::move(measure)) {}

  result<void> operator()(auto& ctx) const {
    result<double> mean = [&] {
      if constexpr (of_classes)
        return measure_(ctx[Fields::output], ctx[Fields::labels], ctx[Fields::output_gradient]);
      else
        return measure_(ctx[Fields::output], ctx[Fields::targets], ctx[Fields::output_gradient]);
    }();
    if (!mean) return std::move(mean).error();
    ctx[Fields::loss] = *mean;
    return {};
  }

 private:
  [[no_unique_address]] Loss measure_{};
};

/// The event that writes `accuracy`, the share of the batch's rows whose predicted class is their label. The predicted
/// class is the one with the largest logit; if there is one output, class 1 if it is above 0 and class 0 otherwise.
///
/// Models: event.
/// Allocates: never.
/// Threads: any, each with its own context.
/// Errors: invalid_argument: no rows; shape_mismatch: number of labels.
template <class Fields = training_fields<>>
struct calculate_accuracy {
  using fields_type = Fields;
  using reads = fields<Fields::output, Fields::labels>;
  using writes = fields<Fields::accuracy>;
  static constexpr std::string_view name = "calculate_accuracy";
  static constexpr bool thread_safe = true;

  template <class... Events>
  using beside = detail::in_one_precision<typename Fields::scalar_type, Events...>;

  result<void> operator()(auto& ctx) const {
    const auto& output = ctx[Fields::output];
    const auto& labels = ctx[Fields::labels];
    if (output.size() == 0) return error(errc::invalid_argument, "output: the batch has no rows");
    if (labels.size() != output.rows())
      return error(errc::shape_mismatch, "labels: " + std::to_string(labels.size()) + " for a batch of " +
                                             std::to_string(output.rows()) + " rows");
    Eigen::Index right = 0;
    for (Eigen::Index i = 0; i < output.rows(); ++i) {
      Eigen::Index answer = 0;
      if (output.cols() == 1)
        answer = output(i, 0) > 0 ? 1 : 0;
      else
        output.row(i).maxCoeff(&answer);
      right += answer == labels[i] ? 1 : 0;
    }
    ctx[Fields::accuracy] = static_cast<double>(right) / static_cast<double>(output.rows());
    return {};
  }
};

}  // namespace train
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRAIN_CALCULATE_LOSS_HPP
