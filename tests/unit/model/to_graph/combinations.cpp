#include <millrace/model/to_graph/combinations.hpp>

#include <millrace/model/to_graph/linear.hpp>
#include <millrace/model/to_graph/trees.hpp>

#include <support/catch.hpp>
#include <support/exported.hpp>
#include <support/made_rows.hpp>

#include <cmath>
#include <vector>

namespace mr = millrace;
namespace mm = millrace::model;

namespace {

support::made_rows of_classes(unsigned classes) {
  return support::make_rows(300, 4, 9, [&](float* x, millrace::random_engine& random) {
    const double score = std::floor(support::a_number(x, random) + 1);
    return score < 0 ? 0 : score > classes - 1 ? classes - 1 : score;
  });
}

/// Outputs that are the columns, of which there are as many as wanted.
template <class Model>
struct columns_model {
  using options_type = int;
  static constexpr std::size_t width = 3;

  static mr::result<Model> fit(const mm::matrix_view&, std::span<const float>, int = 0, std::span<const float> = {}) {
    return Model();
  }
  static std::size_t inputs() noexcept { return width; }
  static std::size_t outputs() noexcept { return width; }
  void predict(std::span<const float> row, std::span<double> out) const noexcept {
    for (std::size_t k = 0; k < width; ++k) out[k] = row[k];
  }
  void predict(const mm::matrix_view& rows, std::span<double> out) const noexcept {
    for (std::size_t i = 0; i < rows.rows(); ++i) predict(rows.row(i), out.subspan(i * width, width));
  }
  std::vector<std::byte> save() const { return {}; }
  static mr::result<Model> load(std::span<const std::byte>) { return Model(); }
};
struct columns : columns_model<columns> {};
struct silent : columns_model<silent> {};  // of which nothing says how it becomes a graph
mm::graph_builder::value add_outputs(mm::graph_builder& to, const columns&, mm::graph_builder::value rows) {
  return to.real(rows);
}

}  // namespace

static_assert(mm::becomes_graph<mm::voting<columns>>);
static_assert(!mm::becomes_graph<mm::voting<columns, silent>>);
static_assert(!mm::becomes_graph<mm::stacking<columns, silent>>);

TEST_CASE("models that vote say the same as a graph, by means and by majority") {
  using committee = mm::voting<mm::boosted_trees<>, mm::logistic_regression, mm::random_forest>;
  const auto two = of_classes(2);
  const auto rows = support::odd_rows(two.features);
  for (const auto how : {mm::ballot::mean, mm::ballot::majority}) {
    const auto model = committee::fit(two.view(), two.targets,
                                      {.models = {{.rounds = 5}, {}, {.trees = 5}}, .how = how, .weights = {3, 1, 2}});
    INFO((model ? std::string() : model.error().message()));
    REQUIRE(model);
    support::says_the_same(*model, rows);
  }
}

TEST_CASE("of equal classes the first is voted for, and of NaN none, as by the model") {
  const float nan = std::nanf("");
  const std::vector<float> rows{1, 1, 0, 0, 1, 1, 0, 0, 0, 3, 2, 3, nan, 1, 2, 1, 2, nan, -1, -2, -1};
  const auto model = mm::voting<columns, columns>::make({}, mm::ballot::majority, {1, 3}).value();
  support::says_the_same(model, rows);
  const auto found = support::asked_of(mm::to_graph(model).value(), mm::matrix_view(rows, 3));
  CHECK(std::vector<double>(found.begin(), found.begin() + 6) == std::vector<double>{1, 0, 0, 0, 1, 0});
}

TEST_CASE("a stack says the same as a graph") {
  const auto numbers = support::make_rows(300, 4, 10, support::a_number);
  const auto rows = support::odd_rows(numbers.features, false);
  using stack = mm::stacking<mm::ridge, mm::boosted_trees<mm::squared_loss>, mm::random_forest>;
  const auto model = stack::fit(numbers.view(), numbers.targets, {.models = {{.rounds = 5}, {.trees = 5}}});
  INFO((model ? std::string() : model.error().message()));
  REQUIRE(model);
  support::says_the_same(*model, rows, 1e-6);  // a double beside a float's half becomes another float
  const auto four = of_classes(4);
  using of_four = mm::stacking<mm::logistic_regression, mm::logistic_regression>;
  const auto classes = of_four::fit(four.view(), four.targets, {.stratified = true});
  REQUIRE(classes);
  support::says_the_same(*classes, support::odd_rows(four.features, false), 1e-6);
}
