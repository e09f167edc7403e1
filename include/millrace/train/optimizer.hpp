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

/// A rule that moves parameters against their gradients. The rule holds only its constants; what it remembers from step
/// to step is a `state` that the caller keeps. `prepare` makes a state for a number of parameters, as before the first
/// step. `update` makes one step: it changes `values` by their `gradients` at the learning rate `rate`. It never
/// allocates.
template <class Rule, class Scalar>
concept optimizer = requires(const Rule& rule, typename Rule::template state<Scalar>& state, Eigen::Index parameters,
                             column_vector<Scalar>& values, const column_vector<Scalar>& gradients, double rate) {
  rule.template prepare<Scalar>(state, parameters);
  { rule.template update<Scalar>(state, values, gradients, rate) } noexcept;
};

namespace detail {

/// A rule reads and writes up to four vectors by several expressions. It does so piece by piece: a piece of each vector
/// fits into the first-level cache, so memory is gone through once. The length is a multiple of Eigen's alignment, so
/// every piece is aligned as the vector is.
inline constexpr Eigen::Index piece_length = 1024;

/// The piece of `values` from place `first` on.
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

/// A number that is added to a running mean and subtracted again, which rounds the mean to a multiple of a normal
/// number (1e-31 in single precision, far below every useful mean). Without that a running mean that gets no new
/// gradients decays into the subnormal numbers, with which many CPUs take a hundred times as long.
template <class Scalar>
inline constexpr Scalar ballast = (std::numeric_limits<Scalar>::min)() / std::numeric_limits<Scalar>::epsilon() /
                                  std::numeric_limits<Scalar>::epsilon();

}  // namespace detail

/// Gradient descent: p -= rate (g + weight_decay p), where the second part is the gradient of an L2 penalty.
/// Models: optimizer. Allocates: never.
struct sgd {
  static constexpr std::string_view name = "sgd";

  double weight_decay = 0;

  /// Calls use(name, value) with each setting, for those who keep a record of a training.
  template <class Use>
  void for_each_setting(Use&& use) const {
    use("weight_decay", weight_decay);
  }

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

/// Gradient descent with momentum. The velocity v becomes decay v + g, and p -= rate v; with `nesterov` it is
/// p -= rate (g + decay v). g includes weight_decay p, the gradient of an L2 penalty.
/// Models: optimizer.
/// Allocates: in `prepare`.
/// Source: Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013, with the
/// rate outside the velocity, as in PyTorch.
struct momentum {
  static constexpr std::string_view name = "momentum";

  double decay = 0.9;
  bool nesterov = false;
  double weight_decay = 0;

  /// Calls use(name, value) with each setting, for those who keep a record of a training.
  template <class Use>
  void for_each_setting(Use&& use) const {
    use("decay", decay);
    use("nesterov", nesterov);
    use("weight_decay", weight_decay);
  }

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

/// The running means of adam and adamw.
template <class Scalar>
struct adam_state {
  column_vector<Scalar> mean;    // of the gradient
  column_vector<Scalar> square;  // of the gradient's square
  std::uint64_t steps = 0;

  void prepare(Eigen::Index parameters) {
    mean.setZero(parameters);
    square.setZero(parameters);
    steps = 0;
  }
};

/// One step of Adam. `penalty` times the parameter is added to its gradient (weight decay as Adam has it), and the
/// parameter is multiplied by `shrink` (weight decay as AdamW has it). The running means start at 0, a bias that
/// dividing by 1 - beta^steps removes.
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

/// Adam: p -= rate m / (sqrt(v) + epsilon), with m and v the running means of the gradient and of its square, corrected
/// for their start at 0. `beta1` and `beta2` are how much of a mean remains after a step.
/// Models: optimizer.
/// Allocates: in `prepare`.
/// Source: Kingma, Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1.
struct adam {
  static constexpr std::string_view name = "adam";

  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;  // an L2 penalty: weight_decay p is added to the gradient

  /// Calls use(name, value) with each setting, for those who keep a record of a training.
  template <class Use>
  void for_each_setting(Use&& use) const {
    use("beta1", beta1);
    use("beta2", beta2);
    use("epsilon", epsilon);
    use("weight_decay", weight_decay);
  }

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

/// Adam with decoupled weight decay: each step also multiplies the parameters by 1 - rate weight_decay.
/// Models: optimizer.
/// Allocates: in `prepare`.
/// Source: Loshchilov, Hutter, "Decoupled weight decay regularization", ICLR 2019, algorithm 2.
struct adamw {
  static constexpr std::string_view name = "adamw";

  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.01;

  /// Calls use(name, value) with each setting, for those who keep a record of a training.
  template <class Use>
  void for_each_setting(Use&& use) const {
    use("beta1", beta1);
    use("beta2", beta2);
    use("epsilon", epsilon);
    use("weight_decay", weight_decay);
  }

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
