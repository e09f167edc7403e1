// Pipelines from the columns of a table on, and their features alone.
#include <millrace/feature/specification/table_features.hpp>
#include <millrace/model/calibration/isotonic.hpp>
#include <millrace/model/calibration/one_vs_rest.hpp>
#include <millrace/model/calibration/platt.hpp>
#include <millrace/model/to_graph/linear.hpp>
#include <millrace/model/to_graph/table_pipelines.hpp>
#include <millrace/model/to_graph/trees.hpp>

#include <support/feature_tables.hpp>

#include <cmath>

#include "exports.hpp"

namespace exports {

namespace {

namespace mf = millrace::feature;
using element_type = mr::tensor::dtype;

/// Orders, of whose notes none is broken UTF-8, with a class for each. `as_floats`: numbers are those that floats hold.
mf::table orders_of(std::size_t count, unsigned seed, unsigned classes, bool as_floats) {
  auto orders = support::random_orders(count, seed);
  mf::column label{.name = "label", .kind = mf::column_kind::number};
  for (std::size_t i = 0; i < orders.size(); ++i) {
    support::order& one = orders[i];
    if (one.note == "\xff\xfe") one.note = "\u00e9";
    if (as_floats) one.amount = double{static_cast<float>(one.amount)};
    const double amount = std::isfinite(one.amount) ? one.amount : 0;
    const double score = (amount > 100 ? 1 : 0) + (one.country == "DE" ? 1 : 0) + (i % 11 == 0 ? 1 : 0);
    label.numbers.push_back(std::fmin(score, classes - 1.0));
  }
  mf::table made = support::table_of(orders);
  if (auto done = made.add(std::move(label)); !done) std::exit(1);
  return made;
}

mm::graph_tensor input_of(const mf::column& from, element_type element) {
  mm::graph_tensor made;
  made.shape = {static_cast<std::int64_t>(from.rows()), 1};
  if (from.kind == mf::column_kind::number) return tensor_of(from.numbers, 1, element);
  if (from.kind == mf::column_kind::time) {
    made.dtype = element_type::i64;
    made.bytes = bytes_as<std::int64_t, std::int64_t>(from.times);
    return made;
  }
  made.kind = mm::graph_kind::texts;
  for (std::size_t i = 0; i < from.rows(); ++i) made.texts.emplace_back(from.text(i));
  return made;
}

/// Writes a graph with the columns that it is asked, and what is expected of it.
void save(writer& to, const std::string& name, mr::result<mm::graph> made, const mf::table& asked,
          std::span<const double> expected, std::size_t outputs, element_type element) {
  if (!made) return to.fail(name, made.error().describe());
  const std::size_t inputs = made->inputs.size();
  for (std::size_t i = 0; i < inputs; ++i) {
    const std::string column = made->values[made->inputs[i]].name;
    made->add_constant("given " + column, input_of(*asked.find(column), element));
  }
  made->add_constant("expected outputs", tensor_of(expected, outputs, element));
  to.save(name, *made, element);
}

template <class Pipeline>
void write(writer& to, const std::string& name, mr::result<Pipeline> fitted) {
  const Pipeline of = taken(std::move(fitted));
  for (const auto element : {element_type::f64, element_type::f32}) {
    const mf::table asked = orders_of(asked_rows, 77, 2, element == element_type::f32);
    std::vector<double> expected(asked.rows() * of.outputs());
    (void)of(asked, expected);  // of rows that a rule refuses, NaN is expected
    save(to, name, mm::to_graph(of, {.element = element, .name = name}), asked, expected, of.outputs(), element);
  }
}

/// All transforms that a graph can have.
std::vector<mf::specification> all_features() {
  std::vector<mf::specification> made;
  for (auto& one : support::all_specifications()) {
    bool possible = true;
    for (const char* const type : {"hashed", "cross", "text_length", "word_count", "ngrams"})
      possible = possible && one.type != type;
    if (possible) made.push_back(std::move(one));
  }
  made.push_back({.name = "moment",
                  .type = "temporal",
                  .sources = {"at"},
                  .parameters = {{"parts", {"weekday", "cyclic hour", "cyclic day", "cyclic month"}}},
                  .rules = {mf::missing(mf::flag(-1))}});
  return made;
}

void write_features(writer& to, const mf::table& history) {
  auto features = taken(mf::table_features::make(all_features(), history));
  if (auto done = features.fit(history); !done) return to.fail("features", done.error().describe());
  for (const auto element : {element_type::f64, element_type::f32}) {
    const mf::table asked = orders_of(asked_rows, 78, 2, element == element_type::f32);
    std::vector<float> rows(asked.rows() * features.width());
    if (auto done = features(asked, rows); !done) return to.fail("features", done.error().describe());
    mm::graph_builder graph({.element = element, .name = "features"});
    const auto added = add_features(graph, features.fitted_specifications(), features.inputs());
    graph.add_output("outputs", graph.real(added.rows), features.width());
    const std::vector<double> expected(rows.begin(), rows.end());
    save(to, "features", std::move(graph).finish(), asked, expected, features.width(), element);
  }
}

}  // namespace

void write_pipelines(writer& to) {
  const mf::table two = orders_of(2000, 71, 2, false);
  const mf::table three = orders_of(2000, 72, 3, false);
  write_features(to, two);
  using trees = mm::boosted_trees<>;
  write(to, "pipeline_trees", mm::table_pipeline<trees>::fit(all_features(), two, "label", mm::trained_by<trees>()));
  write(to, "pipeline_trees_platt",
        mm::table_pipeline<trees, mm::platt>::fit(all_features(), two, "label", mm::trained_by<trees>(),
                                                  mm::calibrated_by<mm::platt>()));
  using forest = mm::random_forest;
  write(to, "pipeline_forest_isotonic",
        mm::table_pipeline<forest, mm::isotonic>::fit(
            all_features(), two, "label", mm::trained_by<forest>({.trees = 20}), mm::calibrated_by<mm::isotonic>()));
  using linear = mm::logistic_regression;
  write(to, "pipeline_linear",
        mm::table_pipeline<linear>::fit(support::filled_features(), two, "label", mm::trained_by<linear>()));
  write(to, "pipeline_linear_one_vs_rest",
        mm::table_pipeline<linear, mm::one_vs_rest<>>::fit(support::filled_features(), three, "label",
                                                           mm::trained_by<linear>(),
                                                           mm::calibrated_by<mm::one_vs_rest<>>()));
  // Fitted to rows that all have an age, and asked for others, too.
  mf::table aged;
  for (std::size_t j = 0; j < two.size(); ++j) {
    mf::column one = two[j];
    if (one.name == "age")
      for (double& x : one.numbers) x = std::isnan(x) ? 2 : x;
    if (auto done = aged.add(std::move(one)); !done) return to.fail("aged", done.error().describe());
  }
  auto strict = support::filled_features();
  strict[1].rules = {mf::missing(mf::refuse)};
  write(to, "pipeline_linear_refusing",
        mm::table_pipeline<linear>::fit(strict, aged, "label", mm::trained_by<linear>()));
}

}  // namespace exports
