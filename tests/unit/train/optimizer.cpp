#include <millrace/train/optimizer.hpp>
#include <support/catch.hpp>

#include <cmath>
#include <support/settings.hpp>
#include <support/train.hpp>
#include <support/train_reference.hpp>

namespace mr = millrace;

namespace {

/// The reference's six steps, on many copies of its four parameters, so that pieces end inside.
template <class Scalar, class Rule>
mr::train::column_vector<Scalar> after_six_steps(const Rule& rule, Eigen::Index copies) {
  const auto gradients = support::matrix_of<Scalar>(reference::optimizer_gradients, 4);
  mr::train::column_vector<Scalar> values = support::vector_of<Scalar>(reference::optimizer_start).replicate(copies, 1);
  typename Rule::template state<Scalar> state;
  rule.template prepare<Scalar>(state, values.size());
  for (Eigen::Index i = 0; i < gradients.rows(); ++i) {
    const mr::train::column_vector<Scalar> gradient = gradients.row(i).transpose().replicate(copies, 1);
    rule.template update<Scalar>(state, values, gradient, 0.05);
  }
  return values;
}

template <class Scalar, class Rule>
void agrees(const Rule& rule, const std::vector<double>& expected) {
  const double tolerance = std::is_same_v<Scalar, float> ? 1e-6 : 1e-14;
  for (Eigen::Index copies : {1, 127, 128, 300}) {
    const mr::train::column_vector<double> all = support::vector_of<double>(expected).replicate(copies, 1);
    CHECK(support::distance(after_six_steps<Scalar>(rule, copies), all) <= tolerance);
  }
}

}  // namespace

TEMPLATE_TEST_CASE("optimizers make the steps of their papers' formulas", "", float, double) {
  using namespace reference;
  agrees<TestType>(mr::train::sgd{}, sgd);
  agrees<TestType>(mr::train::sgd{.weight_decay = 0.1}, sgd_decay);
  agrees<TestType>(mr::train::momentum{}, momentum);
  agrees<TestType>(mr::train::momentum{.weight_decay = 0.1}, momentum_decay);
  agrees<TestType>(mr::train::momentum{.nesterov = true}, nesterov);
  agrees<TestType>(mr::train::momentum{.nesterov = true, .weight_decay = 0.1}, nesterov_decay);
  agrees<TestType>(mr::train::adam{}, adam);
  agrees<TestType>(mr::train::adam{.weight_decay = 0.1}, adam_penalty);
  agrees<TestType>(mr::train::adamw{.weight_decay = 0.1}, adamw);
}

TEST_CASE("every optimizer finds the bottom of a bowl") {
  const auto descend = [](const auto& rule, double rate) {
    mr::train::column_vector<double> at(3);
    at << 4.0, -3.0, 0.5;
    typename std::remove_cvref_t<decltype(rule)>::template state<double> state;
    rule.template prepare<double>(state, 3);
    for (int i = 0; i < 2000; ++i) {
      const mr::train::column_vector<double> slope = at - mr::train::column_vector<double>::Ones(3);
      rule.template update<double>(state, at, slope, rate);
    }
    return (at.array() - 1.0).abs().maxCoeff();
  };
  CHECK(descend(mr::train::sgd{}, 0.1) < 1e-6);
  CHECK(descend(mr::train::momentum{}, 0.05) < 1e-6);
  CHECK(descend(mr::train::momentum{.nesterov = true}, 0.05) < 1e-6);
  CHECK(descend(mr::train::adam{}, 0.02) < 1e-3);
  CHECK(descend(mr::train::adamw{.weight_decay = 0.0}, 0.02) < 1e-3);
}

TEMPLATE_TEST_CASE("what is remembered of a parameter without gradients fades, but never into subnormal numbers", "",
                   float, double) {
  const auto faded = [](const mr::train::column_vector<TestType>& values) {
    for (Eigen::Index i = 0; i < values.size(); ++i)
      if (values[i] != 0 && !std::isnormal(values[i])) return false;
    return values.cwiseAbs().maxCoeff() < TestType(1e-25);
  };
  mr::train::column_vector<TestType> values = mr::train::column_vector<TestType>::Zero(9);
  mr::train::column_vector<TestType> gradient = mr::train::column_vector<TestType>::Constant(9, TestType(-1e-3));
  mr::train::adam::state<TestType> adam;
  mr::train::momentum::state<TestType> momentum;
  mr::train::adam{.beta2 = 0.9}.prepare(adam, 9);
  mr::train::momentum{}.prepare(momentum, 9);
  for (int i = 0; i < 20'000; ++i) {
    mr::train::adam{.beta2 = 0.9}.update(adam, values, gradient, 1e-3);
    mr::train::momentum{}.update(momentum, values, gradient, 1e-3);
    gradient.setZero();
  }
  CHECK(faded(adam.mean));
  CHECK(faded(adam.square));
  CHECK(faded(momentum.velocity));
}

TEST_CASE("prepare forgets the past") {
  const mr::train::adam rule;
  mr::train::adam::state<float> state;
  mr::train::column_vector<float> once = mr::train::column_vector<float>::Zero(2);
  const mr::train::column_vector<float> gradient = mr::train::column_vector<float>::Ones(2);
  rule.prepare(state, 2);
  rule.update(state, once, gradient, 0.1);
  for (int i = 0; i < 5; ++i) rule.update(state, once, gradient, 0.1);
  mr::train::column_vector<float> again = mr::train::column_vector<float>::Zero(2);
  rule.prepare(state, 2);
  rule.update(state, again, gradient, 0.1);
  CHECK(again[0] == Approx(-0.1f));
}

TEST_CASE("optimizers say how they are set, each under its own name") {
  using namespace mr::train;
  CHECK(support::settings_of(sgd{.weight_decay = 0.25}) == "weight_decay=0.25 ");
  CHECK(support::settings_of(momentum{.decay = 0.5, .nesterov = true, .weight_decay = 0.25}) ==
        "decay=0.5 nesterov=true weight_decay=0.25 ");
  CHECK(support::settings_of(adam{.beta1 = 0.5, .beta2 = 0.75, .epsilon = 0.125, .weight_decay = 0.25}) ==
        "beta1=0.5 beta2=0.75 epsilon=0.125 weight_decay=0.25 ");
  CHECK(support::settings_of(adamw{.beta1 = 0.5, .beta2 = 0.75, .epsilon = 0.125, .weight_decay = 0.25}) ==
        "beta1=0.5 beta2=0.75 epsilon=0.125 weight_decay=0.25 ");
}
