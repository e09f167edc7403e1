#ifndef MILLRACE_TRAIN_MODEL_HPP
#define MILLRACE_TRAIN_MODEL_HPP

#include <millrace/train/fields.hpp>

#include <concepts>
#include <cstddef>

namespace millrace {
inline namespace v0 {
namespace train {

/// What the training events ask of a model. Law: `forward` and `backward` change nothing but their
/// arguments, and `backward` answers the gradient of sum(output * output_gradient) with respect to
/// `parameters()`, for the batch and workspace that `forward` last saw. `network` is one.
template <class Model>
concept trainable_model = requires(Model& model, const Model& fixed,
                                   const row_major_matrix<typename Model::scalar_type>& batch,
                                   typename Model::workspace_type& space,
                                   row_major_matrix<typename Model::scalar_type>& output,
                                   column_vector<typename Model::scalar_type>& gradients) {
  { fixed.inputs() } -> std::convertible_to<Eigen::Index>;
  { fixed.outputs() } -> std::convertible_to<Eigen::Index>;
  { space.rows() } -> std::convertible_to<Eigen::Index>;
  { model.parameters() } -> std::same_as<column_vector<typename Model::scalar_type>&>;
  fixed.forward(batch, space, output);
  fixed.backward(batch, output, output, space, gradients);
};

/// A model made of layers, whose activations and gradients can be tracked one by one.
template <class Model>
concept layered_model = trainable_model<Model> &&
    requires(const Model& model, const typename Model::workspace_type& space,
             const column_vector<typename Model::scalar_type>& gradients, std::size_t layer) {
  { model.layer_count() } -> std::convertible_to<std::size_t>;
  model.hidden(layer, space);
  model.weights_of(layer, gradients);
};

namespace detail {
/// The scalar of a model or a source; of anything else float, so that a static_assert has the first word.
template <class T>
struct scalar_of {
  using type = float;
};
template <class T>
requires requires { typename T::scalar_type; }
struct scalar_of<T> {
  using type = typename T::scalar_type;
};
template <class T>
using scalar_of_t = typename scalar_of<T>::type;
}  // namespace detail

/// Asks `forward_pass` to keep every hidden layer's outputs in the field `activations`, each as an
/// `Element`: `forward_pass(net, track_activations)`, or `track_activations_as<Element>{}`.
template <class Element>
struct track_activations_as {};
/// Likewise `backpropagation` and every layer's weight gradients, in the field `layer_gradients`.
template <class Element>
struct track_gradients_as {};

/// The same as plain matrices of the model's scalar type.
struct track_activations_t {};
struct track_gradients_t {};
inline constexpr track_activations_t track_activations{};
inline constexpr track_gradients_t track_gradients{};

}  // namespace train
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRAIN_MODEL_HPP
