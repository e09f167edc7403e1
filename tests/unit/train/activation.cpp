#include <millrace/train/activation.hpp>
#include <support/catch.hpp>

#include <cmath>
#include <limits>
#include <support/train.hpp>
#include <support/train_reference.hpp>
#include <type_traits>
#include <vector>

namespace mr = millrace;

namespace {

constexpr mr::train::activation all[]{mr::train::activation::identity,   mr::train::activation::relu,
                                      mr::train::activation::leaky_relu, mr::train::activation::tanh,
                                      mr::train::activation::sigmoid,    mr::train::activation::gelu};

template <class Scalar>
std::vector<Scalar> activated(mr::train::activation function, std::vector<Scalar> values) {
  mr::train::activate(function, values.data(), static_cast<Eigen::Index>(values.size()));
  return values;
}

}  // namespace

TEMPLATE_TEST_CASE("activations agree with SciPy", "", float, double) {
  const double tolerance = std::is_same_v<TestType, float> ? 1e-6 : 1e-14;
  const auto check = [&](mr::train::activation function, const std::vector<double>& expected) {
    // Three times over, so that vector lanes and the remainder are both used.
    std::vector<TestType> in;
    std::vector<double> out;
    for (int i = 0; i < 3; ++i) {
      for (double x : reference::activation_inputs) in.push_back(static_cast<TestType>(x));
      out.insert(out.end(), expected.begin(), expected.end());
    }
    CAPTURE(mr::train::to_string(function));
    const auto got = activated(function, in);
    CHECK(support::distance(Eigen::Map<const mr::train::column_vector<TestType>>(got.data(), 30),
                            Eigen::Map<const mr::train::column_vector<double>>(out.data(), 30)) <= tolerance);
  };
  check(mr::train::activation::identity, reference::activation_inputs);
  check(mr::train::activation::relu, reference::relu);
  check(mr::train::activation::leaky_relu, reference::leaky_relu);
  check(mr::train::activation::tanh, reference::tanh);
  check(mr::train::activation::sigmoid, reference::sigmoid);
  check(mr::train::activation::gelu, reference::gelu);
}

TEST_CASE("derivatives are the slopes of the functions") {
  for (mr::train::activation function : all) {
    CAPTURE(mr::train::to_string(function));
    std::vector<double> x;
    for (int i = -75; i < 75; ++i) x.push_back(i * 0.08 + 0.04);
    std::vector<double> above = x;
    std::vector<double> below = x;
    constexpr double h = 1e-5;
    for (double& v : above) v += h;
    for (double& v : below) v -= h;
    above = activated(function, above);
    below = activated(function, below);
    std::vector<double> slope(x.size(), 2.0);  // the gradient that arrives
    const std::vector<double> values = mr::train::needs_input(function) ? x : activated(function, x);
    mr::train::activate_backward(function, values.data(), slope.data(), static_cast<Eigen::Index>(slope.size()));
    for (std::size_t i = 0; i < x.size(); ++i) {
      CAPTURE(x[i]);
      CHECK(std::abs(slope[i] - 2.0 * (above[i] - below[i]) / (2.0 * h)) < 1e-8);
    }
  }
}

TEMPLATE_TEST_CASE("a NaN goes in and a NaN comes out, in vector lanes and in the remainder", "", float, double) {
  for (mr::train::activation function : all) {
    CAPTURE(mr::train::to_string(function));
    for (std::size_t at = 0; at < 19; ++at) {
      std::vector<TestType> x(19, TestType(0.5));
      x[at] = std::numeric_limits<TestType>::quiet_NaN();
      const auto y = activated(function, x);
      for (std::size_t i = 0; i < y.size(); ++i) CHECK(std::isnan(y[i]) == (i == at));
    }
  }
}

TEST_CASE("the activations of train are those of core") {
  STATIC_REQUIRE(std::is_same_v<mr::train::activation, mr::activation>);
  CHECK(mr::train::parse_activation(mr::train::to_string(mr::train::activation::gelu)) == mr::activation::gelu);
}
