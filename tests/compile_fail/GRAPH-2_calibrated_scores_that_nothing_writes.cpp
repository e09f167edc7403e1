// expect: millrace\[GRAPH-2\]: .*no add_scores\(builder, model, rows\)
#include <millrace/model/calibration/platt.hpp>
#include <millrace/model/to_graph/table_pipelines.hpp>

#include <cstddef>
#include <span>

namespace mm = millrace::model;

struct doubled {
  static std::size_t inputs() noexcept { return 1; }
  static std::size_t outputs() noexcept { return 1; }
  double score(std::span<const float> row) const noexcept { return 2 * row[0]; }
  void predict(std::span<const float> row, std::span<double> out) const noexcept { out[0] = score(row); }
  void predict(const mm::matrix_view& rows, std::span<double> out) const noexcept {
    for (std::size_t i = 0; i < rows.rows(); ++i) out[i] = score(rows.row(i));
  }
};
mm::graph_builder::value add_outputs(mm::graph_builder& to, const doubled&, mm::graph_builder::value rows) {
  return to.call("Mul", {to.real(rows), to.number(2)});
}

#ifndef MILLRACE_MISUSE
mm::graph_builder::value add_scores(mm::graph_builder& to, const doubled& model, mm::graph_builder::value rows) {
  return add_outputs(to, model, rows);
}
#endif

auto graph_of(const mm::table_pipeline<doubled, mm::platt>& of) { return mm::to_graph(of); }
