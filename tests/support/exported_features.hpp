#ifndef MILLRACE_TESTS_SUPPORT_EXPORTED_FEATURES_HPP
#define MILLRACE_TESTS_SUPPORT_EXPORTED_FEATURES_HPP

#include <millrace/feature/specification/specification.hpp>
#include <millrace/feature/tables/table.hpp>
#include <millrace/model/formats/onnx.hpp>

#include <support/catch.hpp>
#include <support/feature_tables.hpp>
#include <support/graph_engine.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Graphs that begin with the raw columns of a table, and are asked as such.
namespace support {

/// What our engine makes of a table's columns, after the graph was written as ONNX and read again: the first output.
inline std::vector<double> asked_of(const millrace::model::graph& made, const millrace::feature::table& from) {
  namespace mf = millrace::feature;
  const auto bytes = millrace::model::write_onnx(made);
  REQUIRE(bytes);
  auto back = millrace::model::read_onnx(*bytes);
  REQUIRE(back);
  const auto engine = millrace::infer::graph_engine::make(*std::move(back));
  INFO((engine ? std::string() : engine.error().message()));
  REQUIRE(engine);
  const std::vector<std::vector<std::int64_t>> shapes(engine->inputs(), {static_cast<std::int64_t>(from.rows()), 1});
  auto run = engine->prepare(shapes);
  INFO((run ? std::string() : run.error().message()));
  REQUIRE(run);
  for (std::size_t i = 0; i < engine->inputs(); ++i) {
    const mf::column* const column = from.find(engine->input(i).name);
    REQUIRE(column != nullptr);
    for (std::size_t row = 0; row < from.rows(); ++row) {
      if (column->kind == mf::column_kind::time)
        run->input<std::int64_t>(i)[row] = column->times[row];
      else if (column->kind != mf::column_kind::number)
        run->input<std::string_view>(i)[row] = column->text(row);
      else if (run->input_type(i) == millrace::tensor::dtype::f32)
        run->input<float>(i)[row] = static_cast<float>(column->numbers[row]);
      else
        run->input<double>(i)[row] = column->numbers[row];
    }
  }
  run->run();
  if (run->output_type(0) == millrace::tensor::dtype::f32)
    return {run->output<float>(0).begin(), run->output<float>(0).end()};
  return {run->output<double>(0).begin(), run->output<double>(0).end()};
}

/// Of specifications, those that a graph can have.
inline std::vector<millrace::feature::specification> expressible(std::vector<millrace::feature::specification> list) {
  std::vector<millrace::feature::specification> made;
  for (auto& one : list) {
    bool possible = true;
    for (const char* const type : {"hashed", "cross", "text_length", "word_count", "ngrams"})
      possible = possible && one.type != type;
    if (possible) made.push_back(std::move(one));
  }
  return made;
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_EXPORTED_FEATURES_HPP
