#ifndef MILLRACE_TRAIN_MODEL_HPP
#define MILLRACE_TRAIN_MODEL_HPP

#include <millrace/core/detail/requirement.hpp>
#include <millrace/train/fields.hpp>
#include <millrace/train/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace train {

/// What the training events ask of a model. Law: `forward` and `backward` change nothing but their
/// arguments, and `backward` writes the gradient of sum(output * output_gradient) with respect to
/// `parameters()`, for the batch and workspace that `forward` last saw. `network` is one.
template <class Model>
concept trainable_model =
    requires(Model& model, const Model& fixed, const row_major_matrix<typename Model::scalar_type>& batch,
             typename Model::workspace_type& space, row_major_matrix<typename Model::scalar_type>& output,
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
concept layered_model =
    trainable_model<Model> && requires(const Model& model, const typename Model::workspace_type& space,
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

/// The first of `Events` whose training fields are of another scalar; void where none is.
template <class Scalar, class... Events>
struct other_precision {
  using type = void;
};
template <class Scalar, class Event, class... Rest>
struct other_precision<Scalar, Event, Rest...> : other_precision<Scalar, Rest...> {};
template <class Scalar, class Event, class... Rest>
requires(!std::is_same_v<Scalar, typename Event::fields_type::scalar_type>)
struct other_precision<Scalar, Event, Rest...> {
  using type = Event;
};

template <class Scalar, class... Events>
struct in_one_precision {
  using other = typename other_precision<Scalar, Events...>::type;
  static_assert(detail::requirement<std::is_void_v<other>, Scalar, other>,
                "millrace[TRAIN-10]: the events of a training step are of one precision: give load_batch matrices of "
                "the model's scalar, and the loss its fields, "
                "calculate_loss<Loss, mr::train::training_fields<double>>()");
};
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
