#include <millrace/model/to_graph/boosted.hpp>

#include <millrace/model/formats/catboost.hpp>
#include <millrace/model/formats/onnx.hpp>

#include <support/boosted_formats.hpp>
#include <support/catch.hpp>
#include <support/exported.hpp>
#include <support/golden.hpp>

#include <limits>

namespace mr = millrace;
namespace mm = millrace::model;
using mm::boosted_parts;
using mm::score_link;
using mm::split_rule;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

/// A tree of one split and leaves 1 and 2, of column 0.
void add_split(mm::tree_ensemble& to, split_rule rule, bool missing_right, float threshold, std::uint64_t set = 0,
               std::uint32_t set_size = 0) {
  mm::tree_node nodes[3];
  mm::node_record records[3];
  nodes[0] = {threshold, 1, 0, static_cast<std::uint8_t>(missing_right ? 1 : 0), static_cast<std::uint8_t>(rule)};
  for (std::uint32_t i = 1; i < 3; ++i) {
    nodes[i].left = i;
    records[i].value = i;
  }
  if (set_size > 0) records[0].set = to.add_set(std::span(&set, 1));
  records[0].set_size = set_size;
  to.add(nodes, records);
}

/// An output for each rule by which rows part, and for each side of missing values; the last never parts.
mm::boosted_model of_rules() {
  boosted_parts parts;
  parts.inputs = 1;
  for (const bool right : {false, true}) {
    add_split(parts.trees, split_rule::threshold, right, 0.1F);
    add_split(parts.trees, split_rule::threshold, right, infinity);
    add_split(parts.trees, split_rule::known_categories, right, 0, 0b01101, 5);
    add_split(parts.trees, split_rule::whole_part_in_set, right, 0, 0b01011, 5);
    add_split(parts.trees, split_rule::category_in_set, right, 0, 0b01011, 5);
    add_split(parts.trees, split_rule::category_in_set, right, 0, 0, 5);
    add_split(parts.trees, split_rule::zero_is_missing, right, 0.5F);
  }
  mm::tree_node leaf;
  mm::node_record value;
  value.value = 7;
  parts.trees.add({&leaf, 1}, {&value, 1});
  parts.start.assign(parts.trees.trees(), 0.25);
  return mm::boosted_model::make(std::move(parts)).value();
}

mm::boosted_model linear(score_link link, double slope = 1) {
  boosted_parts parts;
  parts.inputs = 2;
  parts.start = {0.5, -1};
  parts.weights = {1, 2, -3, 0.5};
  parts.link = link;
  parts.slope = slope;
  return mm::boosted_model::make(std::move(parts)).value();
}

}  // namespace

// What ONNX Runtime says of these files is compared by tests/oracle/exported_graphs.py.
TEST_CASE("every rule by which trees part becomes bytes that stay the same") {
  const auto model = of_rules();
  for (const auto element : {mr::tensor::dtype::f64, mr::tensor::dtype::f32}) {
    const auto made = mm::to_graph(model, {.element = element, .name = "rules"});
    REQUIRE(made);
    const auto bytes = mm::write_onnx(*made);
    REQUIRE(bytes);
    const bool exact = element == mr::tensor::dtype::f64;
    CHECK(*bytes == support::golden(exact ? "to_graph/rules.f64.onnx" : "to_graph/rules.f32.onnx"));
  }
  // What the script expects of them.
  const std::vector<std::byte> saved = support::golden("to_graph/rules.rows");
  std::vector<float> rows(saved.size() / (4 + 8 * model.outputs()));
  std::vector<double> expected(rows.size() * model.outputs());
  REQUIRE(saved.size() == 4 * rows.size() + 8 * expected.size());
  std::memcpy(rows.data(), saved.data(), 4 * rows.size());
  std::memcpy(expected.data(), saved.data() + 4 * rows.size(), 8 * expected.size());
  std::vector<double> found(expected.size());
  model.predict(mm::matrix_view(rows, 1), found);
  CHECK(found == expected);
}

TEST_CASE("links and linear boosters say the same as graphs") {
  const std::vector<float> rows{1,        2,  -1, 0.5F, 0, 0, std::nanf(""), 3, 2, std::nanf(""), -0.0F, 30.0F, -40, 7,
                                infinity, -1, 5,  9,    8, -9};
  for (const auto link : {score_link::none, score_link::softmax, score_link::exponential, score_link::square,
                          score_link::softplus, score_link::step})
    support::says_the_same(linear(link), rows);
  support::says_the_same(linear(score_link::sigmoid, 0.7), rows);
}

TEST_CASE("models of CatBoost, of oblivious trees and others, say the same as graphs") {
  for (const char* name : {"regression", "categories", "depthwise", "lossguide", "multiclassova"}) {
    INFO(name);
    const support::asked_rows asked(std::string("catboost_") + name);
    const auto bytes = support::golden(std::string("formats/catboost_") + name + ".json");
    support::says_the_same(mm::read_catboost(bytes).value(), asked.numbers);
  }
}

TEST_CASE("linear leaves are refused by name") {
  boosted_parts parts;
  parts.inputs = 1;
  parts.start = {0};
  add_split(parts.trees, split_rule::threshold, false, 0);
  parts.constants = {0, 1, 2};
  parts.first_term = {0, 0, 1, 1};
  parts.terms = {{0, 2.0}};
  const auto made = mm::to_graph(mm::boosted_model::make(std::move(parts)).value());
  REQUIRE(!made);
  CHECK(made.error().message() == "graph of a model: linear leaves");
}
