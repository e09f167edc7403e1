#include <millrace/model/evaluation/measures.hpp>
#include <support/catch.hpp>
#include <support/close_numbers.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <millrace/core/seed.hpp>
#include <support/evaluation_reference.hpp>
#include <vector>

namespace mr = millrace;

namespace {
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();

std::vector<float> in_single(const std::vector<double>& values) { return {values.begin(), values.end()}; }
}  // namespace

TEST_CASE("errors of regression do not over- or underflow where their squares would") {
  for (const double size : {1.0, 1e155, 1e-170, 1e300}) {
    const std::vector<double> targets{1 * size, 2 * size, 3 * size, 4 * size};
    const std::vector<double> answers{2 * size, 2 * size, 2 * size, 3 * size};
    CHECK(mr::model::rmse(targets, answers).value() / size == support::twelve_digits(std::sqrt(0.75)));
    CHECK(mr::model::mae(targets, answers).value() / size == support::twelve_digits(0.75));
    CHECK(mr::model::r2(targets, answers).value() == support::twelve_digits(1 - 3 / 5.));
  }
  // One huge number among normal ones.
  CHECK(mr::model::rmse(std::vector{1., 2.}, std::vector{1., 1e155}).value() ==
        support::twelve_digits(1e155 / std::sqrt(2)));
}

TEST_CASE("two-class figures agree with scikit-learn") {
  using namespace reference;
  CHECK(*mr::model::accuracy(labels, answers) == Approx(accuracy).epsilon(1e-14));
  CHECK(*mr::model::roc_auc(labels, probabilities) == Approx(auc).epsilon(1e-14));
  CHECK(*mr::model::log_loss(labels, probabilities) == Approx(reference::log_loss).epsilon(1e-12));
  CHECK(*mr::model::brier_score(labels, probabilities) == Approx(brier).epsilon(1e-14));
}

TEST_CASE("the ROC curve through every score is scikit-learn's") {
  const auto curve = mr::model::roc_curve(reference::labels, reference::probabilities, mr::model::roc_points::all);
  REQUIRE(curve);
  REQUIRE(curve->size() == reference::roc_threshold.size());
  for (std::size_t i = 0; i < curve->size(); ++i) {
    CHECK((*curve)[i].false_positive_rate == Approx(reference::roc_false_positive_rate[i]).margin(1e-15));
    CHECK((*curve)[i].true_positive_rate == Approx(reference::roc_true_positive_rate[i]).margin(1e-15));
    CHECK((*curve)[i].threshold == reference::roc_threshold[i]);
  }
}

TEST_CASE("the corners of the ROC curve enclose the same area with fewer points") {
  const auto all = mr::model::roc_curve(reference::labels, reference::probabilities, mr::model::roc_points::all);
  const auto corners = mr::model::roc_curve(reference::labels, reference::probabilities);
  REQUIRE(corners);
  CHECK(corners->size() < all->size());
  double area = 0;
  for (std::size_t i = 1; i < corners->size(); ++i) {
    const mr::model::roc_point& a = (*corners)[i - 1];
    const mr::model::roc_point& b = (*corners)[i];
    area += (b.false_positive_rate - a.false_positive_rate) * (a.true_positive_rate + b.true_positive_rate) / 2;
  }
  CHECK(area == Approx(reference::auc).epsilon(1e-13));
  CHECK(corners->front().threshold == infinite);
  CHECK(corners->back().true_positive_rate == 1.0);
  CHECK(corners->back().false_positive_rate == 1.0);
}

TEST_CASE("precision and recall at every score, and their average, are scikit-learn's") {
  const auto curve = mr::model::precision_recall_curve(reference::labels, reference::probabilities);
  REQUIRE(curve);
  REQUIRE(curve->size() == reference::curve_threshold.size());
  for (std::size_t i = 0; i < curve->size(); ++i) {
    CHECK((*curve)[i].precision == Approx(reference::curve_precision[i]).epsilon(1e-14));
    CHECK((*curve)[i].recall == Approx(reference::curve_recall[i]).epsilon(1e-14));
    CHECK((*curve)[i].threshold == reference::curve_threshold[i]);
  }
  CHECK(*mr::model::average_precision(reference::labels, reference::probabilities) ==
        Approx(reference::average_precision).epsilon(1e-14));
}

TEST_CASE("average precision is 1 for the right order and the share of class 1 for one score") {
  const std::vector<int> labels{0, 1, 1, 0, 0};
  CHECK(*mr::model::average_precision(labels, std::vector<double>{1, 9, 8, 2, 3}) == 1.0);
  CHECK(*mr::model::average_precision(labels, std::vector<double>(5, 0.5)) == support::twelve_digits(0.4));
  CHECK(*mr::model::average_precision(labels, std::vector<double>{9, 1, 2, 8, 7}) ==
        support::twelve_digits((1.0 / 4 + 2.0 / 5) / 2));
}

TEST_CASE("the area under the curve counts pairs, ties half, as the definition does") {
  mr::random_engine random(3);
  for (int round = 0; round < 200; ++round) {
    const std::size_t rows = 2 + static_cast<std::size_t>(random.below(30));
    std::vector<int> labels(rows);
    std::vector<double> scores(rows);
    for (std::size_t i = 0; i < rows; ++i) {
      labels[i] = static_cast<int>(random.below(2));
      scores[i] = static_cast<double>(random.below(6)) - 3.0;
    }
    labels[0] = 0;
    labels[1] = 1;
    double pairs = 0;
    double right = 0;
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < rows; ++j)
        if (labels[i] == 1 && labels[j] == 0) {
          pairs += 1;
          right += scores[i] > scores[j] ? 1.0 : scores[i] == scores[j] ? 0.5 : 0.0;
        }
    REQUIRE(*mr::model::roc_auc(labels, scores) == Approx(right / pairs).epsilon(1e-15));
  }
}

TEST_CASE("numbers that are no int are not taken for one another, and shapes do not overflow") {
  const std::vector<std::int64_t> wide = {0, 5'000'000'000};
  const std::vector<std::int64_t> other = {0, 6'000'000'000};
  const auto found = mr::model::accuracy(wide, other);
  REQUIRE_FALSE(found);
  CHECK(found.error().code() == mr::errc::out_of_range);
  CHECK_THAT(found.error().message(), ContainsSubstring("labels: the number of row 1"));
  CHECK_THAT(mr::model::accuracy({0, 1}, other).error().message(),
             ContainsSubstring("predictions: the number of row 1"));
  CHECK(mr::model::log_loss({0, 1}, std::vector<double>(), std::size_t{1} << 63).error().code() ==
        mr::errc::shape_mismatch);
}

TEST_CASE("scores need an order, not a scale: infinities, -0 and both precisions") {
  const std::vector<int> labels{0, 1, 0, 1};
  CHECK(*mr::model::roc_auc(labels, std::vector<double>{-infinite, infinite, -1e300, 1e300}) == 1.0);
  CHECK(*mr::model::roc_auc(labels, std::vector<double>{0.0, -0.0, 0.0, -0.0}) == 0.5);
  CHECK(*mr::model::roc_auc(labels, std::vector<float>{3.f, 2.f, 1.f, 0.f}) == 0.25);
  CHECK(*mr::model::roc_auc(reference::labels, in_single(reference::probabilities)) ==
        support::twelve_digits(reference::auc));
}

TEST_CASE("many scores, infinite ones and ties among them, are ordered as few are") {
  std::vector<int> labels;
  std::vector<double> scores;
  for (int i = 0; i < 2000; ++i) {
    labels.push_back(i * 7 % 3 == 0 ? 1 : 0);
    scores.push_back(i % 400 == 0 ? infinite : i % 400 == 1 ? -infinite : i * 7919 % 1500 - 700);
  }
  double right = 0;
  double pairs = 0;
  for (std::size_t i = 0; i < labels.size(); ++i)
    for (std::size_t j = 0; j < labels.size(); ++j)
      if (labels[i] == 1 && labels[j] == 0) {
        right += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
        pairs += 1;
      }
  CHECK(*mr::model::roc_auc(labels, scores) == right / pairs);
}

TEST_CASE("several classes' log loss agrees with scikit-learn") {
  CHECK(*mr::model::log_loss(reference::classes, reference::class_probabilities, 4) ==
        Approx(reference::class_log_loss).epsilon(1e-12));
}

TEST_CASE("a sure mistake costs log(2^52), not infinity") {
  CHECK(*mr::model::log_loss(std::vector<int>{1}, std::vector<double>{0.0}) ==
        support::twelve_digits(52 * std::log(2.0)));
  CHECK(*mr::model::log_loss(std::vector<int>{0}, std::vector<double>{1.0}) ==
        support::twelve_digits(52 * std::log(2.0)));
  CHECK(*mr::model::log_loss(std::vector<int>{1}, std::vector<double>{1.0}) == Approx(0.0).margin(1e-15));
}

TEST_CASE("calibration agrees with scikit-learn, bin by bin") {
  const auto bins = mr::model::calibration_curve(reference::labels, reference::probabilities, 10);
  REQUIRE(bins);
  REQUIRE(bins->size() == 10);
  std::size_t k = 0;
  std::uint64_t rows = 0;
  for (const mr::model::calibration_bin& bin : *bins) {
    rows += bin.rows;
    if (bin.rows == 0) continue;
    REQUIRE(k < reference::calibration_mean.size());
    CHECK(bin.mean_probability == support::twelve_digits(reference::calibration_mean[k]));
    CHECK(bin.positive_share == Approx(reference::calibration_share[k]).margin(1e-15));
    ++k;
  }
  CHECK(k == reference::calibration_mean.size());
  CHECK(rows == reference::labels.size());
  CHECK(mr::model::expected_calibration_error(*bins) == support::twelve_digits(reference::calibration_error));
}

TEST_CASE("a bin has its upper edge, and the first one 0; empty bins say so") {
  const std::vector<double> edges{0.0, 0.25, 0.5, 0.75, 1.0};
  const auto bins = mr::model::calibration_curve(std::vector<int>{0, 0, 1, 1, 1}, edges, 4);
  REQUIRE(bins);
  CHECK((*bins)[0].rows == 2);
  CHECK((*bins)[1].rows == 1);
  CHECK((*bins)[2].rows == 1);
  CHECK((*bins)[3].rows == 1);
  for (std::size_t n = 1; n < 40; ++n) {
    std::vector<double> p;
    std::vector<int> labels;
    for (std::size_t k = 1; k <= n; ++k) {
      p.push_back(static_cast<double>(k) / static_cast<double>(n));
      labels.push_back(0);
    }
    const auto one_each = mr::model::calibration_curve(labels, p, n);
    REQUIRE(one_each);
    for (const mr::model::calibration_bin& bin : *one_each) CHECK(bin.rows == 1);
  }
  const auto far = mr::model::calibration_curve(std::vector<int>{1}, std::vector<double>{1.0}, 3);
  CHECK((*far)[0].rows == 0);
  CHECK((*far)[0].mean_probability == 0.0);
  CHECK(mr::model::expected_calibration_error({}) == 0.0);
}

TEST_CASE("regression figures agree with scikit-learn") {
  using namespace reference;
  CHECK(*mr::model::rmse(targets, predictions) == Approx(reference::rmse).epsilon(1e-13));
  CHECK(*mr::model::mae(targets, predictions) == Approx(reference::mae).epsilon(1e-13));
  CHECK(*mr::model::r2(targets, predictions) == Approx(reference::r2).epsilon(1e-13));
  std::vector<double> worse = predictions;
  for (double& p : worse) p = -p;
  CHECK(*mr::model::r2(targets, worse) == Approx(r2_worse_than_mean).epsilon(1e-13));
}

TEST_CASE("R2 of equal targets is 1 without error and 0 with, and of one row an error") {
  const std::vector<double> same{3.0, 3.0};
  CHECK(*mr::model::r2(same, same) == 1.0);
  CHECK(*mr::model::r2(same, std::vector<double>{3.0, 3.5}) == 0.0);
  CHECK(mr::model::r2(std::vector<double>{1.0}, std::vector<double>{1.0}).error().code() == mr::errc::invalid_argument);
}

TEST_CASE("one class only is an error where two are compared") {
  for (int label : {0, 1}) {
    const std::vector<int> labels(3, label);
    const std::vector<double> scores{0.1, 0.2, 0.3};
    const auto failed = mr::model::roc_auc(labels, scores);
    REQUIRE(!failed);
    CHECK(failed.error().code() == mr::errc::invalid_data);
    CHECK(failed.error().message() ==
          "labels: every row is of class " + std::to_string(label) + ", so there is nothing to tell apart");
    CHECK(!mr::model::roc_curve(labels, scores));
    CHECK(!mr::model::precision_recall_curve(labels, scores));
    CHECK(!mr::model::average_precision(labels, scores));
    CHECK(mr::model::log_loss(labels, scores));
    CHECK(mr::model::brier_score(labels, scores));
  }
}

TEST_CASE("no rows, columns of different length, wrong labels and wrong numbers are errors") {
  const std::vector<int> none;
  const std::vector<int> labels{0, 1, 0};
  const std::vector<double> fine{0.1, 0.2, 0.3};
  const std::vector<double> no_numbers;
  const std::vector<double> two{0.1, 0.2};
  const auto code = [](const auto& answer) {
    REQUIRE(!answer);
    return answer.error().code();
  };
  CHECK(code(mr::model::accuracy(none, none)) == mr::errc::invalid_argument);
  CHECK(code(mr::model::accuracy(labels, none)) == mr::errc::shape_mismatch);
  for (const auto& figure :
       {+[](std::span<const int> l, mr::model::real_view p) { return mr::model::roc_auc(l, p); },
        +[](std::span<const int> l, mr::model::real_view p) { return mr::model::average_precision(l, p); },
        +[](std::span<const int> l, mr::model::real_view p) { return mr::model::log_loss(l, p); },
        +[](std::span<const int> l, mr::model::real_view p) { return mr::model::brier_score(l, p); },
        +[](std::span<const int> l, mr::model::real_view p) -> mr::result<double> {
          auto curve = mr::model::calibration_curve(l, p);
          if (!curve) return curve.error();
          return 0.0;
        }}) {
    CHECK(code(figure(none, no_numbers)) == mr::errc::invalid_argument);
    CHECK(code(figure(labels, two)) == mr::errc::shape_mismatch);
    CHECK(code(figure(std::vector<int>{0, 1, 2}, fine)) == mr::errc::out_of_range);
    CHECK(code(figure(std::vector<int>{0, 1, -1}, fine)) == mr::errc::out_of_range);
    CHECK(code(figure(labels, std::vector<double>{0.1, not_a_number, 0.3})) == mr::errc::not_finite);
  }
  for (double wrong : {-0.01, 1.01, infinite, -infinite}) {
    const std::vector<double> p{0.1, wrong, 0.3};
    CHECK(code(mr::model::log_loss(labels, p)) == mr::errc::out_of_range);
    CHECK(code(mr::model::brier_score(labels, p)) == mr::errc::out_of_range);
    CHECK(code(mr::model::calibration_curve(labels, p)) == mr::errc::out_of_range);
    CHECK(code(mr::model::log_loss(std::vector<int>{0}, p, 3)) == mr::errc::out_of_range);
  }
  CHECK(mr::model::log_loss(labels, std::vector<double>{0.1, 1.5, 0.3}).error().message() ==
        "probabilities: row 1 has 1.5");
  CHECK(code(mr::model::log_loss(labels, fine, 2)) == mr::errc::shape_mismatch);
  CHECK(code(mr::model::log_loss(labels, no_numbers, 0)) == mr::errc::invalid_argument);
  CHECK(code(mr::model::log_loss(std::vector<int>{3}, fine, 3)) == mr::errc::out_of_range);
  CHECK(code(mr::model::calibration_curve(labels, fine, 0)) == mr::errc::invalid_argument);
  for (const auto& figure : {+[](mr::model::real_view t, mr::model::real_view p) { return mr::model::rmse(t, p); },
                             +[](mr::model::real_view t, mr::model::real_view p) { return mr::model::mae(t, p); },
                             +[](mr::model::real_view t, mr::model::real_view p) { return mr::model::r2(t, p); }}) {
    CHECK(code(figure(no_numbers, no_numbers)) == mr::errc::invalid_argument);
    CHECK(code(figure(fine, two)) == mr::errc::shape_mismatch);
    for (double wrong : {not_a_number, infinite}) {
      CHECK(code(figure(fine, std::vector<double>{0.1, wrong, 0.3})) == mr::errc::not_finite);
      CHECK(code(figure(std::vector<double>{0.1, wrong, 0.3}, fine)) == mr::errc::not_finite);
    }
  }
}
