#ifndef MILLRACE_TRAIN_BACKPROPAGATION_HPP
#define MILLRACE_TRAIN_BACKPROPAGATION_HPP

#include <millrace/core/result.hpp>
#include <millrace/train/fields.hpp>
#include <millrace/train/model.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace train {

/// The event that propagates `output_gradient` back through the model. It writes `gradients` and, if made with
/// `track_gradients`, `layer_gradients`. It refers to the model, which must outlive it.
///
/// Models: event.
/// Allocates: as the model's backward does.
/// Threads: any, each with its own context, while nobody changes the model.
/// Errors: shape_mismatch: batch, output or its gradient do not have the shapes of the last forward pass.
template <class Model, class Fields = training_fields<detail::scalar_of_t<Model>>, bool Track = false>
class backpropagation {
  static_assert(trainable_model<Model>,
                "millrace[TRAIN-5]: backpropagation wants a trainable_model; see "
                "millrace/train/model.hpp");
  static_assert(!Track || layered_model<Model>,
                "millrace[TRAIN-6]: gradients can be tracked in a layered_model; see "
                "millrace/train/model.hpp");
  static constexpr auto workspace = workspace_of<Model>;

 public:
  using fields_type = Fields;
  using reads = fields<Fields::batch, Fields::output, Fields::output_gradient, workspace_of<Model>>;
  using writes = std::conditional_t<Track, fields<Fields::gradients, workspace_of<Model>, Fields::layer_gradients>,
                                    fields<Fields::gradients, workspace_of<Model>>>;
  static constexpr std::string_view name = "backpropagation";
  static constexpr bool thread_safe = true;

  explicit backpropagation(const Model& model) noexcept : model_(&model) {}
  backpropagation(const Model& model, track_gradients_t) noexcept : model_(&model) {}
  template <class Element>
  backpropagation(const Model& model, track_gradients_as<Element>) noexcept : model_(&model) {}
  explicit backpropagation(const Model&&, ...) = delete;

  result<void> operator()(auto& ctx) const {
    const auto& batch = ctx[Fields::batch];
    const auto& output = ctx[Fields::output];
    const auto& output_gradient = ctx[Fields::output_gradient];
    auto& space = ctx[workspace];
    if (batch.cols() != model_->inputs() || space.rows() != batch.rows())
      return misfit("batch", batch.rows(), batch.cols(), space.rows(), model_->inputs());
    if (output.rows() != batch.rows() || output.cols() != model_->outputs())
      return misfit("output", output.rows(), output.cols(), batch.rows(), model_->outputs());
    if (output_gradient.rows() != batch.rows() || output_gradient.cols() != model_->outputs())
      return misfit("output_gradient", output_gradient.rows(), output_gradient.cols(), batch.rows(), model_->outputs());
    model_->backward(batch, output, output_gradient, space, ctx[Fields::gradients]);
    if constexpr (Track) {
      auto& kept = ctx[Fields::layer_gradients];
      kept.resize(model_->layer_count());
      for (std::size_t k = 0; k < kept.size(); ++k) kept[k] = model_->weights_of(k, ctx[Fields::gradients]);
    }
    return {};
  }

 private:
  [[gnu::cold]] static error misfit(const char* what, Eigen::Index rows, Eigen::Index columns, Eigen::Index rows_wanted,
                                    Eigen::Index columns_wanted) {
    return error(errc::shape_mismatch, std::string(what) + " is " + std::to_string(rows) + " x " +
                                           std::to_string(columns) + ", but the last forward pass was " +
                                           std::to_string(rows_wanted) + " x " + std::to_string(columns_wanted));
  }

  const Model* model_;
};

template <class Model>
explicit backpropagation(const Model&) -> backpropagation<Model>;
template <class Model>
backpropagation(const Model&, track_gradients_t)
    -> backpropagation<Model, training_fields<detail::scalar_of_t<Model>>, true>;
template <class Model, class Element>
backpropagation(const Model&, track_gradients_as<Element>)
    -> backpropagation<Model, training_fields<detail::scalar_of_t<Model>, Element>, true>;

}  // namespace train
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRAIN_BACKPROPAGATION_HPP
