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

/// A model that the training events can train, such as `network`.
///
/// Laws: `forward(batch, space, output)` computes the outputs. `backward(batch, output, output_gradient, space,
/// gradients)`, called with the batch, output and workspace of the last `forward`, writes the gradient of the sum of
/// output * output_gradient (element by element) with respect to `parameters()`. Both change only their arguments.
template <class Model>
concept trainable_model =
    requires(Model& model, const Model& fixed, const row_major_matrix<typename Model::scalar_type>& batch,
             typename Model::workspace_type& space, row_major_matrix<typename Model::scalar_type>& output,
             column_vector<typename Model::scalar_type>& gradients) {
      { fixed.inputs() } -> std::convertible_to<Eigen::Index>;
      { fixed.outputs() } -> std::convertible_to<Eigen::Index>;
      { space.rows() } -> std::convertible_to<Eigen::Index>;  // of the last forward pass
      { model.parameters() } -> std::same_as<column_vector<typename Model::scalar_type>&>;
      fixed.forward(batch, space, output);
      fixed.backward(batch, output, output, space, gradients);
    };

/// A model of layers. `hidden(k, space)` is the output of hidden layer k in the last forward pass;
/// `weights_of(k, gradients)` is the part of the gradients that belongs to the weights of layer k.
template <class Model>
concept layered_model =
    trainable_model<Model> && requires(const Model& model, const typename Model::workspace_type& space,
                                       const column_vector<typename Model::scalar_type>& gradients, std::size_t layer) {
      { model.layer_count() } -> std::convertible_to<std::size_t>;
      model.hidden(layer, space);
      model.weights_of(layer, gradients);
    };

namespace detail {
/// The scalar of a model or a source. For any other type it is float, so that the first error of the compiler is the
/// static_assert that explains what is wrong.
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

/// The first of `Events` whose training fields have another scalar than `Scalar`; void if there is none.
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
/// Asks `backpropagation` to keep every layer's weight gradients in the field `layer_gradients`, each as an `Element`:
/// `backpropagation(net, track_gradients)`, or `track_gradients_as<Element>{}`.
template <class Element>
struct track_gradients_as {};

/// Ask for the same, kept as plain matrices of the model's scalar type.
struct track_activations_t {};
struct track_gradients_t {};
inline constexpr track_activations_t track_activations{};
inline constexpr track_gradients_t track_gradients{};

}  // namespace train
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRAIN_MODEL_HPP
