#ifndef MILLRACE_TESTS_SUPPORT_EXPORTED_HPP
#define MILLRACE_TESTS_SUPPORT_EXPORTED_HPP

#include <millrace/model/formats/onnx.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/to_graph/graph_builder.hpp>
#include <millrace/tensor/dtype.hpp>

#include <support/catch.hpp>
#include <support/graph_engine.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

// Models that have become graphs, and are asked as such.
namespace support {

/// What our engine makes of a graph's only input, after it was written as ONNX and read again: an output's numbers.
inline std::vector<double> asked_of(const millrace::model::graph& made, const millrace::model::matrix_view& rows,
                                    std::size_t output = 0) {
  const auto bytes = millrace::model::write_onnx(made);
  REQUIRE(bytes);
  auto back = millrace::model::read_onnx(*bytes);
  REQUIRE(back);
  const auto engine = millrace::infer::graph_engine::make(*std::move(back));
  INFO((engine ? std::string() : engine.error().message()));
  REQUIRE(engine);
  auto run = engine->prepare({{static_cast<std::int64_t>(rows.rows()), static_cast<std::int64_t>(rows.columns())}});
  INFO((run ? std::string() : run.error().message()));
  REQUIRE(run);
  const std::span<float> input = run->input<float>(0);
  REQUIRE(input.size() == rows.rows() * rows.columns());
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = rows(i / rows.columns(), i % rows.columns());
  run->run();
  if (run->output_type(output) == millrace::tensor::dtype::f32)
    return {run->output<float>(output).begin(), run->output<float>(output).end()};
  return {run->output<double>(output).begin(), run->output<double>(output).end()};
}

/// Numbers are alike: to a share of the expected one, and so much besides; those not finite are the same.
inline void check_alike(const std::vector<double>& found, const std::vector<double>& expected, double share,
                        double besides = 0) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    INFO("number " << i << ": " << found[i] << ", expected " << expected[i]);
    const bool same = found[i] == expected[i] || (std::isnan(found[i]) && std::isnan(expected[i]));
    CHECK((same || std::fabs(found[i] - expected[i]) <= share * std::fabs(expected[i]) + besides));
  }
}

/// A model's graph says in doubles what the model says, and in floats nearly that. `predict(rows, out)` asks the model.
template <class Model, class Predict>
void says_the_same(const Model& model, const std::vector<float>& numbers, const Predict& predict, double besides = 0) {
  namespace mm = millrace::model;
  const mm::matrix_view rows(numbers, model.inputs());
  std::vector<double> expected(rows.rows() * model.outputs());
  predict(rows, std::span<double>(expected));
  const auto exact = mm::to_graph(model);
  REQUIRE(exact);
  check_alike(asked_of(*exact, rows), expected, 1e-9, besides);
  const auto rough = mm::to_graph(model, {.element = millrace::tensor::dtype::f32});
  REQUIRE(rough);
  check_alike(asked_of(*rough, rows), expected, 2e-4, 2e-6);
}
template <class Model>
void says_the_same(const Model& model, const std::vector<float>& numbers, double besides = 0) {
  says_the_same(
      model, numbers,
      [&](const millrace::model::matrix_view& rows, std::span<double> out) { model.predict(rows, out); }, besides);
}

/// Rows of numbers, with some that are missing or infinite, and both zeros.
inline std::vector<float> odd_rows(std::vector<float> numbers, bool infinite = true) {
  constexpr float most = std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i + 40 < numbers.size(); i += 41) {
    numbers[i] = std::numeric_limits<float>::quiet_NaN();
    numbers[i + 9] = i % 2 == 0 ? 0.0F : -0.0F;
    if (infinite) numbers[i + 17] = i % 2 == 0 ? most : -most;
  }
  return numbers;
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_EXPORTED_HPP
