#include <millrace/train/clip.hpp>
#include <support/catch.hpp>

#include <cmath>
#include <limits>
#include <support/train.hpp>

namespace mr = millrace;

TEST_CASE("the norm of many gradients is summed without losing digits") {
  const mr::train::column_vector<float> same = mr::train::column_vector<float>::Constant(3'000'000, 0.1f);
  CHECK(mr::train::gradient_norm_of(same) == Approx(0.1f * std::sqrt(3e6)).epsilon(1e-6));
  CHECK(mr::train::gradient_norm_of(mr::train::column_vector<float>()) == 0.0);
  const mr::train::column_vector<double> three_four = support::vector_of<double>({3.0, -4.0});
  CHECK(mr::train::gradient_norm_of(three_four) == 5.0);
}

TEST_CASE("the norm tells when a gradient is not finite, wherever it stands") {
  for (Eigen::Index at : {0, 1, 1023, 1024, 1500, 1530}) {
    mr::train::column_vector<float> gradients = mr::train::column_vector<float>::Ones(1531);
    gradients[at] = std::numeric_limits<float>::quiet_NaN();
    CHECK(std::isnan(mr::train::gradient_norm_of(gradients)));
    gradients[at] = -std::numeric_limits<float>::infinity();
    CHECK(std::isinf(mr::train::gradient_norm_of(gradients)));
    gradients[at] = 1e30f;
    CHECK(std::isinf(mr::train::gradient_norm_of(gradients)));
  }
}

TEST_CASE("clipping by norm keeps the direction and what is short enough") {
  mr::train::column_vector<double> gradients = support::vector_of<double>({3.0, -4.0});
  mr::train::clip_norm{6.0}(gradients, 5.0);
  CHECK(gradients[0] == 3.0);
  mr::train::clip_norm{1.0}(gradients, 5.0);
  CHECK(gradients[0] == Approx(0.6));
  CHECK(gradients[1] == Approx(-0.8));
}

TEST_CASE("clipping by value brings each gradient between the limits") {
  mr::train::column_vector<float> gradients = support::vector_of<float>({3.0, -4.0, 0.5, -0.25, 1.0});
  mr::train::clip_value{1.0}(gradients, 0.0);
  CHECK(gradients == support::vector_of<float>({1.0, -1.0, 0.5, -0.25, 1.0}));
}

TEST_CASE("no clipping leaves the gradients alone") {
  mr::train::column_vector<float> gradients = support::vector_of<float>({3.0, -4.0});
  mr::train::no_clipping{}(gradients, 5.0);
  CHECK(gradients == support::vector_of<float>({3.0, -4.0}));
}
