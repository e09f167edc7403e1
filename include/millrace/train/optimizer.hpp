#ifndef MILLRACE_TRAIN_OPTIMIZER_HPP
#define MILLRACE_TRAIN_OPTIMIZER_HPP

#include <millrace/train/fields.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace train {

/// A rule that moves parameters against their gradients. The rule itself is a few constants; what it
/// remembers is a state that the caller keeps. `prepare` sizes a state for so many parameters and
/// forgets the past; `update` makes one step and allocates nothing.
template <class Rule, class Scalar>
concept optimizer = requires(const Rule& rule, typename Rule::template state<Scalar>& state, Eigen::Index parameters,
                             column_vector<Scalar>& values, const column_vector<Scalar>& gradients, double rate) {
  rule.template prepare<Scalar>(state, parameters);
  { rule.template update<Scalar>(state, values, gradients, rate) } noexcept;
};

namespace detail {

/// Pieces of a vector that stay in the first-level cache together with three of their like, so that a
/// rule of several expressions goes through memory once. Their length keeps them aligned as Eigen
/// aligns the vector.
inline constexpr Eigen::Index piece_length = 1024;

template <class Scalar>
auto piece(column_vector<Scalar>& values, Eigen::Index first) noexcept {
  return Eigen::Map<Eigen::Array<Scalar, Eigen::Dynamic, 1>, Eigen::AlignedMax>(
      values.data() + first, (std::min)(piece_length, values.size() - first));
}
template <class Scalar>
auto piece(const column_vector<Scalar>& values, Eigen::Index first) noexcept {
  return Eigen::Map<const Eigen::Array<Scalar, Eigen::Dynamic, 1>, Eigen::AlignedMax>(
      values.data() + first, (std::min)(piece_length, values.size() - first));
}

/// Added and taken away again, it rounds what is far below every useful number to steps that are
/// normal numbers (1e-31 in single precision). A running mean without new gradients would else end
/// among the subnormal numbers and stay there, and many CPUs take a hundred times as long for those.
template <class Scalar>
inline constexpr Scalar ballast = (std::numeric_limits<Scalar>::min)() / std::numeric_limits<Scalar>::epsilon() /
                                  std::numeric_limits<Scalar>::epsilon();

}  // namespace detail

/// Gradient descent: p -= rate g, where g includes `weight_decay` p (an L2 penalty).
/// Models: optimizer. Allocates: never.
struct sgd {
  static constexpr std::string_view name = "sgd";

  double weight_decay = 0;

  template <class Scalar>
  struct state {};

  template <class Scalar>
  void prepare(state<Scalar>&, Eigen::Index) const noexcept {}

  template <class Scalar>
  void update(state<Scalar>&, column_vector<Scalar>& values, const column_vector<Scalar>& gradients,
              double rate) const noexcept {
    const auto keep = static_cast<Scalar>(1.0 - rate * weight_decay);
    values = keep * values - static_cast<Scalar>(rate) * gradients;
  }
};

/// Gradient descent with momentum: v = decay v + g; p -= rate v, or rate (g + decay v) with `nesterov`.
/// Models: optimizer. Allocates: in `prepare`.
/// Source: Sutskever et al., "On the importance of initialization and momentum in deep learning",
/// ICML 2013, with the rate outside the velocity, as PyTorch has it.
struct momentum {
  static constexpr std::string_view name = "momentum";

  double decay = 0.9;
  bool nesterov = false;
  double weight_decay = 0;

  template <class Scalar>
  struct state {
    column_vector<Scalar> velocity;
  };

  template <class Scalar>
  void prepare(state<Scalar>& memory, Eigen::Index parameters) const {
    memory.velocity.setZero(parameters);
  }

  template <class Scalar>
  void update(state<Scalar>& memory, column_vector<Scalar>& values, const column_vector<Scalar>& gradients,
              double rate) const noexcept {
    const auto penalty = static_cast<Scalar>(weight_decay);
    const auto kept = static_cast<Scalar>(decay);
    const auto step = static_cast<Scalar>(rate);
    constexpr Scalar ground = detail::ballast<Scalar>;
    for (Eigen::Index i = 0; i < values.size(); i += detail::piece_length) {
      auto p = detail::piece(values, i);
      auto v = detail::piece(memory.velocity, i);
      const auto g = detail::piece(gradients, i);
      v = kept * v + g + penalty * p + ground - ground;
      if (nesterov)
        p = (Scalar(1) - step * penalty) * p - step * (g + kept * v);
      else
        p -= step * v;
    }
  }
};

namespace detail {

template <class Scalar>
struct adam_state {
  column_vector<Scalar> mean;    // of the gradient
  column_vector<Scalar> square;  // of its square
  std::uint64_t steps = 0;

  void prepare(Eigen::Index parameters) {
    mean.setZero(parameters);
    square.setZero(parameters);
    steps = 0;
  }
};

/// `penalty` joins the gradient (Adam), `shrink` multiplies the parameters (AdamW).
template <class Scalar>
void adam_update(adam_state<Scalar>& memory, column_vector<Scalar>& values, const column_vector<Scalar>& gradients,
                 double rate, double beta1, double beta2, double epsilon, double penalty, double shrink) noexcept {
  const auto steps = static_cast<double>(++memory.steps);
  const double correction1 = 1.0 - std::pow(beta1, steps);
  const double correction2 = 1.0 - std::pow(beta2, steps);
  const auto b1 = static_cast<Scalar>(beta1);
  const auto b2 = static_cast<Scalar>(beta2);
  const auto rest1 = static_cast<Scalar>(1.0 - beta1);
  const auto rest2 = static_cast<Scalar>(1.0 - beta2);
  const auto step = static_cast<Scalar>(rate / correction1);
  const auto unbias = static_cast<Scalar>(1.0 / std::sqrt(correction2));
  const auto floor = static_cast<Scalar>(epsilon);
  const auto decay = static_cast<Scalar>(penalty);
  const auto keep = static_cast<Scalar>(shrink);
  constexpr Scalar ground = ballast<Scalar>;
  for (Eigen::Index i = 0; i < values.size(); i += piece_length) {
    auto p = piece(values, i);
    auto m = piece(memory.mean, i);
    auto v = piece(memory.square, i);
    const auto g = piece(gradients, i);
    if (penalty != 0) {
      m = b1 * m + rest1 * (g + decay * p) + ground - ground;
      v = b2 * v + rest2 * (g + decay * p).square() + ground - ground;
    } else {
      m = b1 * m + rest1 * g + ground - ground;
      v = b2 * v + rest2 * g.square() + ground - ground;
    }
    p = keep * p - step * m / (v.sqrt() * unbias + floor);
  }
}

}  // namespace detail

/// Adaptive moments. Models: optimizer. Allocates: in `prepare`.
/// Source: Kingma, Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1.
struct adam {
  static constexpr std::string_view name = "adam";

  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;  // an L2 penalty: joins the gradient

  template <class Scalar>
  using state = detail::adam_state<Scalar>;

  template <class Scalar>
  void prepare(state<Scalar>& memory, Eigen::Index parameters) const {
    memory.prepare(parameters);
  }
  template <class Scalar>
  void update(state<Scalar>& memory, column_vector<Scalar>& values, const column_vector<Scalar>& gradients,
              double rate) const noexcept {
    detail::adam_update(memory, values, gradients, rate, beta1, beta2, epsilon, weight_decay, 1.0);
  }
};

/// Adam with decoupled weight decay: parameters also shrink by rate weight_decay a step.
/// Models: optimizer. Allocates: in `prepare`.
/// Source: Loshchilov, Hutter, "Decoupled weight decay regularization", ICLR 2019, algorithm 2.
struct adamw {
  static constexpr std::string_view name = "adamw";

  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.01;

  template <class Scalar>
  using state = detail::adam_state<Scalar>;

  template <class Scalar>
  void prepare(state<Scalar>& memory, Eigen::Index parameters) const {
    memory.prepare(parameters);
  }
  template <class Scalar>
  void update(state<Scalar>& memory, column_vector<Scalar>& values, const column_vector<Scalar>& gradients,
              double rate) const noexcept {
    detail::adam_update(memory, values, gradients, rate, beta1, beta2, epsilon, 0.0, 1.0 - rate * weight_decay);
  }
};

}  // namespace train
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRAIN_OPTIMIZER_HPP
