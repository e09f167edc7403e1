#include <millrace/model/to_graph/calibration.hpp>

#include <support/catch.hpp>
#include <support/exported.hpp>

namespace mm = millrace::model;

namespace {

/// Scores that are the columns, calibrated.
template <class Calibration>
struct calibrated {
  Calibration by;
  std::size_t width = 1;
  std::size_t inputs() const { return width; }
  std::size_t outputs() const { return width; }
};
template <class Calibration>
mm::graph_builder::value add_outputs(mm::graph_builder& to, const calibrated<Calibration>& model,
                                     mm::graph_builder::value rows) {
  return add_calibration(to, model.by, to.real(rows));
}

template <class Calibration>
void calibrates_the_same(const Calibration& by, const std::vector<float>& rows) {
  support::says_the_same(
      calibrated<Calibration>{by}, rows,
      [&](const mm::matrix_view& table, std::span<double> out) {
        for (std::size_t i = 0; i < table.rows(); ++i) out[i] = by(double{table(i, 0)});
      },
      1e-15);
}

const std::vector<double> scores{-3, -2, -1.5, -1, 0, 0.25, 0.5, 1, 2, 4};
const std::vector<float> labels{0, 0, 1, 0, 0, 1, 0, 1, 1, 1};
constexpr float infinity = std::numeric_limits<float>::infinity();
const std::vector<float> asked{-9, -3,   -2,    -1.75F, -1.5F, -1, -0.3F,    0,         0.1F,
                               1,  1.5F, 3.99F, 4,      9,     -0, infinity, -infinity, std::nanf("")};

}  // namespace

TEST_CASE("calibrations say the same as graphs, on their knots, between and beyond") {
  calibrates_the_same(mm::platt::fit(scores, labels).value(), asked);
  calibrates_the_same(mm::isotonic::fit(scores, labels).value(), asked);
  const std::vector<double> equal(10, 1.5);
  calibrates_the_same(mm::platt::fit(equal, labels).value(), asked);     // without a slope
  calibrates_the_same(mm::isotonic::fit(equal, labels).value(), asked);  // one knot
}

TEST_CASE("knots beside each other are apart in floats, too") {
  const std::vector<double> near_one{1, 1 + 1e-9};
  const std::vector<float> two{0, 1};
  calibrates_the_same(mm::isotonic::fit(near_one, two).value(), {0.5F, 1, 2});
  const std::vector<double> far{-1.7e308, 1.7e308};
  const auto made = mm::to_graph(calibrated<mm::isotonic>{mm::isotonic::fit(far, two).value()});
  REQUIRE(!made);
  CHECK(made.error().message() == "graph of a model: isotonic: two scores farther apart than the largest double");
}

TEST_CASE("classes are calibrated against each other, and share alike where none is likely") {
  std::vector<double> of_three;
  std::vector<float> classes;
  for (std::size_t i = 0; i < 30; ++i) {
    for (std::size_t k = 0; k < 3; ++k) of_three.push_back(static_cast<double>((i * 7 + k * 5) % 11) - 5);
    classes.push_back(static_cast<float>(i % 3));
  }
  std::vector<float> rows;
  for (const double x : of_three) rows.push_back(static_cast<float>(x));
  for (const float x : {-9.0F, -9.0F, -9.0F, 9.0F, 0.0F, -9.0F}) rows.push_back(x);
  const auto asks = [&](const auto& by) {
    support::says_the_same(calibrated<std::decay_t<decltype(by)>>{by, 3}, rows,
                           [&](const mm::matrix_view& table, std::span<double> out) {
                             for (std::size_t i = 0; i < table.rows(); ++i) {
                               const double of_row[] = {table(i, 0), table(i, 1), table(i, 2)};
                               by(of_row, out.subspan(3 * i, 3));
                             }
                           });
  };
  asks(mm::one_vs_rest<mm::platt>::fit(of_three, classes, 3).value());
  asks(mm::one_vs_rest<mm::isotonic>::fit(of_three, classes, 3).value());
}
