#include <millrace/model/calibration/one_vs_rest.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/model/calibration/isotonic.hpp>

#include <laws/aggregator.hpp>
#include <support/allocation_counter.hpp>
#include <support/calibration_reference.hpp>
#include <support/catch.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <span>
#include <vector>

namespace mr = millrace;
using mr::errc;
using mr::model::isotonic;
using mr::model::one_vs_rest;
using mr::model::platt;

namespace {

struct three_classes {
  std::vector<double> scores;
  std::vector<float> labels;
};
three_classes make_three(std::size_t rows) {
  mr::random_engine random(3);
  three_classes made;
  for (std::size_t i = 0; i < rows; ++i) {
    const auto label = static_cast<std::size_t>(random.below(3));
    made.labels.push_back(static_cast<float>(label));
    for (std::size_t k = 0; k < 3; ++k) made.scores.push_back(random.uniform() + (k == label ? 0.5 : 0.0));
  }
  return made;
}

}  // namespace

TEST_CASE("several classes are calibrated one against the rest, and their probabilities sum to 1") {
  const auto made = make_three(200);
  const auto fitted = one_vs_rest<>::fit(made.scores, made.labels, 3);
  REQUIRE(fitted);
  REQUIRE(fitted->classes() == 3);
  std::vector<double> own;
  std::vector<float> is_own;
  for (std::size_t i = 0; i < 200; ++i) {
    own.push_back(made.scores[3 * i + 1]);
    is_own.push_back(made.labels[i] == 1 ? 1.0F : 0.0F);
  }
  const auto alone = platt::fit(own, is_own);
  REQUIRE(alone);
  CHECK((*fitted)[1].slope() == alone->slope());
  const std::vector<double> row{0.2, 0.9, 0.4};
  std::vector<double> out(3);
  const auto taken = support::allocations_of([&] { (*fitted)(row, out); });
  if (support::counts_allocations) CHECK(taken == 0);
  CHECK(out[0] + out[1] + out[2] == Approx(1).epsilon(1e-15));
  CHECK(out[1] > out[0]);
  CHECK(out[1] / out[0] == Approx((*fitted)[1](0.9) / (*fitted)[0](0.2)).epsilon(1e-14));
  // In its place.
  std::vector<double> same = row;
  (*fitted)(same, same);
  CHECK(same == out);
}

TEST_CASE("calibrations of several classes are scikit-learn's") {
  namespace reference = calibration_reference;
  const auto check = [&](const auto& fitted, const std::vector<double>& expected, double tolerance) {
    REQUIRE(fitted);
    std::vector<double> out(3);
    for (std::size_t i = 0; i < expected.size(); i += 3) {
      (*fitted)(std::span(reference::class_scores).subspan(i, 3), out);
      for (std::size_t k = 0; k < 3; ++k) CHECK(out[k] == Approx(expected[i + k]).epsilon(tolerance).margin(1e-15));
    }
  };
  check(one_vs_rest<isotonic>::fit(reference::class_scores, reference::class_labels, 3),
        reference::class_probabilities_isotonic, 1e-12);
  // As near as scikit-learn goes to its own optimum.
  check(one_vs_rest<platt>::fit(reference::class_scores, reference::class_labels, 3),
        reference::class_probabilities_sigmoid, 1e-5);
}

TEST_CASE("where no class has a probability, each has the same") {
  const auto fitted =
      one_vs_rest<isotonic>::fit(std::vector<double>{0, 1, 1, 0, 0, 1, 1, 0}, std::vector<float>{1, 0, 1, 0}, 2);
  REQUIRE(fitted);
  std::vector<double> out(2);
  (*fitted)(std::vector<double>{0, 0}, out);
  CHECK(out[0] == 0.5);
  CHECK(out[1] == 0.5);
}

TEST_CASE("calibrations of several classes refuse what is wrong, and name the class") {
  const auto made = make_three(30);
  CHECK(one_vs_rest<>::fit(made.scores, made.labels, 1).error().code() == errc::invalid_argument);
  CHECK(one_vs_rest<>::fit(made.scores, made.labels, 4).error().code() == errc::shape_mismatch);
  CHECK(one_vs_rest<>::fit(std::vector<double>{}, {}, 3).error().code() == errc::invalid_argument);
  // So many classes that rows x classes is a number of scores again, past the largest std::size_t.
  const std::size_t too_many = (std::size_t{1} << 63) + 1;
  CHECK(one_vs_rest<>::fit(std::vector<double>{0, 1}, std::vector<float>{0, 1}, too_many).error().code() ==
        errc::shape_mismatch);
  auto labels = made.labels;
  labels[4] = 3;
  CHECK(one_vs_rest<>::fit(made.scores, labels, 3).error().code() == errc::out_of_range);
  labels[4] = 0.5F;
  CHECK(one_vs_rest<>::fit(made.scores, labels, 3).error().code() == errc::out_of_range);
  labels[4] = 1;
  for (float& label : labels) label = label == 2 ? 1.0F : label == 3 ? 0.0F : label;
  const auto without = one_vs_rest<>::fit(made.scores, labels, 3);
  REQUIRE_FALSE(without);
  CHECK(without.error().code() == errc::invalid_data);
  CHECK_THAT(without.error().describe(), ContainsSubstring("class 2"));
}

TEST_CASE("calibrations of several classes are saved and loaded, and keep the bytes of the first release") {
  const auto fitted =
      one_vs_rest<isotonic>::fit(std::vector<double>{0, 1, 1, 0, 0, 1, 1, 0}, std::vector<float>{1, 0, 1, 0}, 2);
  REQUIRE(fitted);
  const auto old = support::from_golden("model/one_vs_rest_isotonic.bin", *fitted);
  CHECK(old.classes() == 2);
  CHECK(one_vs_rest<platt>::load(old.save()).error().code() == errc::type_mismatch);
  const auto use = [](const one_vs_rest<isotonic>& found) {
    CHECK(one_vs_rest<isotonic>::load(found.save()));
    const std::vector<double> scores(found.classes());
    std::vector<double> out(found.classes());
    found(scores, out);
  };
  laws::hostile_payload(*fitted, support::reseal, use, 17, 2000);
  laws::hostile_bytes(*fitted, use);
}
