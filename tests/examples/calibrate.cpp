#include <examples/lifecycle/model/calibrate.hpp>

#include <examples/lifecycle/model/importance.hpp>
#include <support/catch.hpp>

#include <millrace/core/seed.hpp>

#include <algorithm>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

using namespace lifecycle;

namespace {

/// A model whose inputs are its outputs.
class repeats_inputs final : public fitted_model {
 public:
  explicit repeats_inputs(std::size_t width) : width_(width) {}
  family kind() const noexcept override { return family::linear; }
  std::size_t inputs() const noexcept override { return width_; }
  std::size_t outputs() const noexcept override { return width_; }
  void predict(std::span<const float> row, std::span<double> out) noexcept override {
    std::copy(row.begin(), row.end(), out.begin());
  }
  void predict(const mr::model::matrix_view& rows, std::span<double> out) noexcept override {
    for (std::size_t i = 0; i < rows.rows(); ++i) predict(rows.row(i), out.subspan(i * width_, width_));
  }
  std::vector<double> contributions(std::span<const float>, std::size_t) override { return {}; }
  mr::model::graph_builder::value add_to(mr::model::graph_builder& to,
                                         mr::model::graph_builder::value rows) const override {
    return to.real(rows);
  }
  std::string shape() const override { return ""; }
  std::vector<std::byte> save() const override { return {}; }

 private:
  std::size_t width_;
};

/// Rows whose model says one of two probabilities, which come true at other shares.
struct said_and_true {
  table data;
  feature_rows rows;
  std::vector<std::size_t> numbers;

  said_and_true(std::size_t count, std::size_t classes) {
    data.target.task = classes == 2 ? task_kind::binary : task_kind::classes;
    rows.columns = classes == 2 ? 1 : classes;
    mr::random_engine random(7);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t sure = random.below(classes);
      // It is right six times of ten, and says that it is at 98 %.
      const std::size_t label = random.below(10) < 6 ? sure : random.below(classes);
      data.target.labels.push_back(static_cast<std::uint8_t>(label));
      for (std::size_t k = 0; k < rows.columns; ++k)
        rows.numbers.push_back(classes == 2 ? (sure == 1 ? 0.98F : 0.02F)
                               : k == sure  ? 0.98F
                                            : 0.02F / static_cast<float>(classes - 1));
      numbers.push_back(i);
    }
  }
};

/// What a row of this probability gets.
double corrected(const correction& by, double probability) {
  by({&probability, 1});
  return probability;
}

}  // namespace

TEST_CASE("probabilities of two classes and of several are corrected by what came true") {
  for (const std::size_t classes : {2U, 3U}) {
    CAPTURE(classes);
    const said_and_true given(2000, classes);
    const std::size_t outputs = given.rows.columns;
    const calibration made =
        calibrate(std::make_unique<repeats_inputs>(outputs), given.data, given.rows, given.numbers);
    REQUIRE(made.trial.chosen);
    REQUIRE(made.trial.platt);
    CHECK(*made.trial.platt < made.trial.uncorrected - 0.1);
    std::vector<double> row(outputs);
    made.model->predict(given.rows.view().row(0), row);
    const double sure = outputs == 1 ? std::max(row[0], 1 - row[0]) : *std::max_element(row.begin(), row.end());
    CHECK(sure == Approx(0.6 + 0.4 / static_cast<double>(classes)).margin(0.03));
    if (outputs > 1) CHECK(std::accumulate(row.begin(), row.end(), 0.0) == Approx(1).epsilon(1e-12));
  }
}

TEST_CASE("the method is the one with less log loss on rows that it was not fitted to") {
  // What comes true is no sigmoid of the log odds: a stair of three steps.
  said_and_true stair(6000, 2);
  mr::random_engine random(3);
  for (std::size_t i = 0; i < stair.numbers.size(); ++i) {
    const auto said = 0.02F + 0.96F * static_cast<float>(random.below(1000)) / 1000;
    stair.rows.numbers[i] = said;
    const std::size_t share = said < 0.3F ? 5 : said < 0.9F ? 50 : 55;
    stair.data.target.labels[i] = random.below(100) < share ? 1 : 0;
  }
  const calibration made = calibrate(std::make_unique<repeats_inputs>(1), stair.data, stair.rows, stair.numbers);
  REQUIRE(made.trial.platt);
  REQUIRE(made.trial.isotonic);
  CHECK(*made.trial.isotonic < *made.trial.platt);
  REQUIRE(made.trial.chosen);
  CHECK(*made.trial.chosen == calibration_method::isotonic);

  said_and_true rare = stair;
  std::size_t positives = 0;
  for (std::uint8_t& label : rare.data.target.labels) label = label == 1 && ++positives < 200 ? 1 : 0;
  const calibration of_rare = calibrate(std::make_unique<repeats_inputs>(1), rare.data, rare.rows, rare.numbers);
  CHECK(of_rare.trial.platt);
  CHECK(!of_rare.trial.isotonic);

  stair.rows.numbers.resize(900);
  stair.numbers.resize(900);
  const calibration few = calibrate(std::make_unique<repeats_inputs>(1), stair.data, stair.rows, stair.numbers);
  CHECK(few.trial.platt);
  CHECK(!few.trial.isotonic);
}

TEST_CASE("a model whose probabilities are right stays as it is") {
  said_and_true right(4000, 2);
  mr::random_engine random(5);
  for (std::size_t i = 0; i < right.numbers.size(); ++i) {
    right.rows.numbers[i] = 0.5F;
    right.data.target.labels[i] = static_cast<std::uint8_t>(i / 2 % 2);
  }
  const calibration made = calibrate(std::make_unique<repeats_inputs>(1), right.data, right.rows, right.numbers);
  CHECK(!made.trial.chosen);
  CHECK(dynamic_cast<calibrated_model*>(made.model.get()) == nullptr);
}

TEST_CASE("isotonic probabilities are never 0 or 1, and come back from their bytes") {
  const std::vector<double> said{0.1, 0.2, 0.7, 0.8};
  const std::vector<float> labels{0, 0, 1, 1};
  const auto made = correction::fit(calibration_method::isotonic, said, labels, 1);
  REQUIRE(made);
  CHECK(corrected(*made, 0.01) > 0);
  CHECK(corrected(*made, 0.99) < 1);
  CHECK(corrected(*made, 0.1) < corrected(*made, 0.8));
  const auto back = correction::load(made->method(), 1, made->save());
  REQUIRE(back);
  CHECK(corrected(*back, 0.15) == corrected(*made, 0.15));
  CHECK(!correction::load(calibration_method::platt, 1, made->save()));
  CHECK(!correction::load(calibration_method::isotonic, 3, made->save()));
  const std::vector<double> three{.2, .3, .5, .5, .2, .3, .1, .8, .1, .3, .3, .4};
  const std::vector<float> of{0, 1, 2, 2};
  const auto several = correction::fit(calibration_method::platt, three, of, 3);
  REQUIRE(several);
  CHECK(several->method() == calibration_method::platt);
  REQUIRE(correction::load(calibration_method::platt, 3, several->save()));
  const auto four = correction::load(calibration_method::platt, 4, several->save());
  REQUIRE(!four);
  CHECK(four.error().code() == mr::errc::shape_mismatch);
}

TEST_CASE("the importance of a column deals all of its numbers to another row at once") {
  // The answer is the first number; the second is its double, of the same column.
  repeats_inputs model(3);
  feature_rows rows{{}, 3};
  for (int i = 0; i < 200; ++i) {
    const auto x = static_cast<float>(i % 7);
    rows.numbers.insert(rows.numbers.end(), {x, 2 * x, 1.0F});
  }
  const std::vector<column_place> places{{"constant", 2, 1}, {"pair", 0, 2}};
  bool torn = false;
  const auto measure = [&](std::span<const double> answers) -> mr::result<double> {
    double off = 0;
    for (std::size_t i = 0; i < 200; ++i) {
      torn = torn || answers[3 * i + 1] != 2 * answers[3 * i];
      const double by = answers[3 * i] - static_cast<double>(i % 7);
      off += by * by / 200;
    }
    return off;
  };
  const auto found = importance(model, places, rows, {}, measure, {.repeats = 2, .seed = 1});
  REQUIRE(found);
  REQUIRE(found->size() == 2);
  CHECK((*found)[0].first == "pair");
  CHECK((*found)[0].second == Approx(8).margin(1.5));  // twice the variance of 0 to 6, which is 4
  CHECK((*found)[1].second == 0);
  CHECK(!torn);
}
