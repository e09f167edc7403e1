#ifndef MILLRACE_TRAIN_FORWARD_PASS_HPP
#define MILLRACE_TRAIN_FORWARD_PASS_HPP

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

/// The event that runs the model on `batch`. It writes `output`, the workspace that `backpropagation` needs and, if
/// made with `track_activations`, `activations`. It refers to the model, which must outlive it.
///
/// Models: event.
/// Allocates: as the model's forward does.
/// Threads: any, each with its own context, while nobody changes the model.
/// Errors: shape_mismatch: columns of the batch; invalid_argument: no rows.
template <class Model, class Fields = training_fields<detail::scalar_of_t<Model>>, bool Track = false>
class forward_pass {
  static_assert(trainable_model<Model>,
                "millrace[TRAIN-2]: forward_pass wants a trainable_model; see "
                "millrace/train/model.hpp");
  static_assert(!Track || layered_model<Model>,
                "millrace[TRAIN-3]: activations can be tracked in a layered_model; see "
                "millrace/train/model.hpp");
  static constexpr auto workspace = workspace_of<Model>;

 public:
  using fields_type = Fields;
  using reads = fields<Fields::batch>;
  using writes = std::conditional_t<Track, fields<workspace_of<Model>, Fields::output, Fields::activations>,
                                    fields<workspace_of<Model>, Fields::output>>;
  static constexpr std::string_view name = "forward_pass";
  static constexpr bool thread_safe = true;

  explicit forward_pass(const Model& model) noexcept : model_(&model) {}
  forward_pass(const Model& model, track_activations_t) noexcept : model_(&model) {}
  template <class Element>
  forward_pass(const Model& model, track_activations_as<Element>) noexcept : model_(&model) {}
  explicit forward_pass(const Model&&, ...) = delete;

  result<void> operator()(auto& ctx) const {
    const auto& batch = ctx[Fields::batch];
    if (batch.rows() == 0 || batch.cols() != model_->inputs()) return misfit(batch.rows(), batch.cols());
    model_->forward(batch, ctx[workspace], ctx[Fields::output]);
    if constexpr (Track) {
      auto& kept = ctx[Fields::activations];
      kept.resize(model_->layer_count() - 1);
      for (std::size_t k = 0; k < kept.size(); ++k) kept[k] = model_->hidden(k, ctx[workspace]);
    }
    return {};
  }

 private:
  [[gnu::cold]] error misfit(Eigen::Index rows, Eigen::Index columns) const {
    if (rows == 0) return error(errc::invalid_argument, "batch has no rows");
    return error(errc::shape_mismatch, "batch has " + std::to_string(columns) + " columns, but the model takes " +
                                           std::to_string(model_->inputs()) + " features");
  }

  const Model* model_;
};

template <class Model>
explicit forward_pass(const Model&) -> forward_pass<Model>;
template <class Model>
forward_pass(const Model&, track_activations_t)
    -> forward_pass<Model, training_fields<detail::scalar_of_t<Model>>, true>;
template <class Model, class Element>
forward_pass(const Model&, track_activations_as<Element>)
    -> forward_pass<Model, training_fields<detail::scalar_of_t<Model>, Element>, true>;

}  // namespace train
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRAIN_FORWARD_PASS_HPP
