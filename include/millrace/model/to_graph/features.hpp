#ifndef MILLRACE_MODEL_TO_GRAPH_FEATURES_HPP
#define MILLRACE_MODEL_TO_GRAPH_FEATURES_HPP

#include <millrace/feature/specification/specification.hpp>
#include <millrace/feature/tables/table.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/to_graph/detail/feature_operators.hpp>
#include <millrace/model/to_graph/graph_builder.hpp>

#include <optional>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// What features become in a graph.
struct added_features {
  /// Floats, rows x columns, as the features write them: what a model takes.
  graph_builder::value rows = 0;
  /// Truth values of rows x 1: whether a rule of a feature refuses the row. None: no rule does.
  std::optional<graph_builder::value> refused{};
};

/// Features as operators, from the raw columns to rows of floats. `fitted`: the features with all that was fitted, as
/// `table_features::fitted_specifications` and `specifications_of` have them. `columns`: what they read; each becomes
/// an input of that name, rows x 1:
///
/// | column | input | missing |
/// |---|---|---|
/// | number | doubles; with option element f32 floats | NaN |
/// | category, text | texts | the empty text |
/// | time | int64: nanoseconds since 1970-01-01T00:00:00Z, as NumPy's datetime64[ns] | the least int64 (NaT) |
///
/// In a graph can be: numerical, log, log1p, clip, standardize, min_max, bucket, impute, missing_flag, one_hot,
/// categorical, temporal, and aggregation, whose column comes from a `table_history`; with all rules about troubles.
/// All others are refused, each with its name and type: hashed, cross, text_length, word_count, ngrams, one's own.
///
/// Guarantee: numbers are computed in doubles and rounded to floats once, by the transforms' own formulas: the same
/// bits as the features give, but for what an engine's logarithm differs in. With element f32, of numbers that are
/// floats. Allocates: the graph.
inline added_features add_features(graph_builder& to, const std::vector<feature::specification>& fitted,
                                   const std::vector<feature::declared_column>& columns) {
  detail::feature_operators made(to, columns);
  for (const feature::specification& one : fitted) made.add(one);
  const graph_builder::value rows = made.rows();
  return {rows, made.refused()};
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TO_GRAPH_FEATURES_HPP
