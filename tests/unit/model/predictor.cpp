#include <millrace/model/predictor.hpp>

#include <millrace/model/bayes.hpp>
#include <millrace/model/cluster.hpp>
#include <millrace/model/decomposition.hpp>
#include <millrace/model/linear.hpp>
#include <millrace/model/trees.hpp>

#include <laws/predictor.hpp>
#include <support/catch.hpp>
#include <support/made_rows.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace mm = millrace::model;

namespace {

/// A model of one's own: no base class, nothing to register.
struct first_column {
  static std::size_t inputs() noexcept { return 2; }
  static std::size_t outputs() noexcept { return 1; }
  static void predict(std::span<const float> row, std::span<double> out) noexcept { out[0] = row[0]; }
  static void predict(const mm::matrix_view& rows, std::span<double> out) noexcept {
    for (std::size_t i = 0; i < rows.rows(); ++i) out[i] = rows(i, 0);
  }
};

struct throwing : first_column {
  static void predict(std::span<const float> row, std::span<double> out) { out[0] = row[0]; }
  static void predict(const mm::matrix_view&, std::span<double>) noexcept {}
};
struct changing : first_column {
  using first_column::predict;
  std::size_t inputs() noexcept { return 2; }
};
struct one_by_one {
  static std::size_t inputs() noexcept { return 2; }
  static std::size_t outputs() noexcept { return 1; }
  static void predict(std::span<const float> row, std::span<double> out) noexcept { out[0] = row[0]; }
};

support::made_rows two_classes() { return support::make_rows(120, 4, 5, support::two_classes); }

/// Rows of counts, with three classes.
support::made_rows three_classes() {
  auto made = support::make_rows(150, 4, 6, [](const float* x, auto&) { return x[0] > 0.3F ? 2 : x[1] > 0 ? 1 : 0; });
  for (float& x : made.features) x = static_cast<float>(static_cast<int>(8 * (x + 1)));
  return made;
}

template <class Model>
void obeys(const support::made_rows& made, const typename Model::options_type& with = {}) {
  const auto fitted = Model::fit(made.view(), made.targets, with);
  REQUIRE(fitted);
  laws::predicts(*fitted, made.view());
  laws::fits_the_same_again<Model>(made.view(), made.targets, with);
}

}  // namespace

// ---- which model is what

static_assert(mm::predictor<first_column> && !mm::saved_as_bytes<first_column> && !mm::trainer<first_column>);
static_assert(mm::predicts_batches<throwing> && !mm::predicts_rows<throwing> && !mm::predictor<throwing>);
static_assert(mm::predicts_rows<changing> && !mm::has_shape<changing> && !mm::predictor<changing>);
static_assert(mm::predicts_rows<one_by_one> && !mm::predicts_batches<one_by_one>);
static_assert(!mm::predictor<int> && !mm::predictor<std::vector<double>>);

template <class... Models>
constexpr bool all_trainers = ((mm::trainer<Models> && mm::saved_as_bytes<Models>) && ...);
static_assert(all_trainers<mm::linear_regression, mm::ridge, mm::logistic_regression, mm::sgd_linear, mm::sgd_logistic,
                           mm::gaussian_naive_bayes, mm::multinomial_naive_bayes, mm::random_forest>);
static_assert(
    all_trainers<mm::boosted_trees<>, mm::boosted_trees<mm::softmax_loss>, mm::boosted_trees<mm::squared_loss>,
                 mm::boosted_trees<mm::quantile_loss>, mm::boosted_trees<mm::poisson_loss>>);
static_assert(mm::unsupervised_trainer<mm::k_means> && mm::unsupervised_trainer<mm::mini_batch_k_means> &&
              mm::unsupervised_trainer<mm::isolation_forest> && !mm::trainer<mm::isolation_forest>);
static_assert(!mm::predictor<mm::pca> && mm::fits_rows<mm::pca>);  // its numbers are features, not predictions

static_assert(mm::learns_samples<mm::sgd_linear> && mm::learns_samples<mm::sgd_logistic>);
static_assert(mm::learns_batches<mm::gaussian_naive_bayes> && mm::learns_batches<mm::multinomial_naive_bayes>);
static_assert(mm::learns_rows<mm::mini_batch_k_means> && mm::partial_trainer<mm::mini_batch_k_means>);
static_assert(!mm::partial_trainer<mm::ridge> && !mm::partial_trainer<mm::boosted_trees<>>);

static_assert(mm::contributes<mm::linear_regression> && mm::contributes<mm::ridge> &&
              mm::contributes<mm::logistic_regression> && !mm::contributes<mm::sgd_linear>);
static_assert(mm::made_of_trees<mm::boosted_trees<>> && mm::made_of_trees<mm::random_forest> &&
              !mm::made_of_trees<mm::isolation_forest>);
static_assert(mm::explained<mm::ridge> && mm::explained<mm::random_forest> && !mm::explained<mm::k_means>);
static_assert(mm::weighs_columns<mm::random_forest> && !mm::weighs_columns<mm::ridge>);

// ---- the laws

TEST_CASE("linear models predict the same bits alone, in batches, on threads and when loaded") {
  const auto numbers = support::make_rows(120, 4, 7, support::a_number);
  obeys<mm::linear_regression>(numbers);
  obeys<mm::ridge>(numbers);
  obeys<mm::sgd_linear>(numbers);
  obeys<mm::sgd_logistic>(two_classes());
  obeys<mm::logistic_regression>(two_classes(), {.l2 = 1});
  obeys<mm::logistic_regression>(three_classes(), {.l2 = 1});
}

TEST_CASE("naive Bayes predicts the same bits alone, in batches, on threads and when loaded") {
  obeys<mm::gaussian_naive_bayes>(two_classes());
  obeys<mm::gaussian_naive_bayes>(three_classes());
  obeys<mm::multinomial_naive_bayes>(three_classes());
}

TEST_CASE("trees predict the same bits alone, in batches, on threads and when loaded") {
  obeys<mm::boosted_trees<>>(two_classes(), {.rounds = 12});
  const auto classes = three_classes();
  const auto of_classes =
      mm::boosted_trees<mm::softmax_loss>::fit(classes.view(), classes.targets, {.rounds = 5}, {}, mm::softmax_loss{3});
  REQUIRE(of_classes);
  laws::predicts(*of_classes, classes.view());
  obeys<mm::boosted_trees<mm::squared_loss>>(support::make_rows(90, 4, 7, support::a_number, 10), {.rounds = 12});
  obeys<mm::random_forest>(support::make_rows(90, 4, 7, support::a_number, 10), {.trees = 12});
}

TEST_CASE("models without targets predict the same bits alone, in batches, on threads and when loaded") {
  const auto made = two_classes();
  laws::predicts(mm::k_means::fit(made.view(), {.clusters = 4}).value(), made.view());
  laws::predicts(mm::mini_batch_k_means::fit(made.view(), {.clusters = 4}).value(), made.view());
  laws::predicts(mm::isolation_forest::fit(made.view(), {.trees = 20}).value(), made.view());
}

TEST_CASE("a weight of n is the row n times, and of 0 none, for models that draw no rows") {
  // Numbers of exact sums, of so few values that each has a group of its own.
  const auto coarse = [](const support::made_rows& of) {
    auto made = of;
    for (float& x : made.features) x = static_cast<float>(static_cast<int>(8 * x)) / 8;
    for (float& y : made.targets) y = static_cast<float>(static_cast<int>(16 * y)) / 16;
    return made;
  };
  const auto numbers = coarse(support::make_rows(400, 4, 7, support::a_number));
  const auto two = coarse(support::make_rows(400, 4, 5, support::two_classes));
  const auto three = three_classes();
  laws::weighs_as_repeated<mm::linear_regression>(numbers.view(), numbers.targets);
  laws::weighs_as_repeated<mm::ridge>(numbers.view(), numbers.targets, {.l2 = 0.5});
  laws::weighs_as_repeated<mm::logistic_regression>(two.view(), two.targets, {.l2 = 0.1}, 1e-9);
  laws::weighs_as_repeated<mm::logistic_regression>(two.view(), two.targets, {.l1 = 0.1}, 1e-9);
  laws::weighs_as_repeated<mm::logistic_regression>(three.view(), three.targets, {.l2 = 0.1}, 1e-9);
  laws::weighs_as_repeated<mm::gaussian_naive_bayes>(three.view(), three.targets);
  laws::weighs_as_repeated<mm::multinomial_naive_bayes>(three.view(), three.targets);
  laws::weighs_as_repeated<mm::boosted_trees<>>(two.view(), two.targets, {.rounds = 20}, 1e-5);
  laws::weighs_as_repeated<mm::boosted_trees<mm::squared_loss>>(numbers.view(), numbers.targets, {.rounds = 20}, 1e-5);
  laws::weighs_as_repeated<mm::boosted_trees<mm::quantile_loss>>(numbers.view(), numbers.targets, {.rounds = 20}, 1e-5);
  laws::weighs_as_repeated<mm::random_forest>(numbers.view(), numbers.targets,
                                              {.trees = 3, .columns_of_node = 4, .bootstrap = false}, 1e-5);
  laws::weighs_as_repeated<mm::random_forest>(
      three.view(), three.targets, {.trees = 3, .columns_of_node = 4, .bootstrap = false, .classes = 3}, 1e-5);
}

TEST_CASE("columns in another order have the same importance, and give the same predictions") {
  const auto numbers = support::make_rows(800, 4, 7, support::a_number);
  const auto two = support::make_rows(800, 4, 5, support::two_classes);
  const auto three = three_classes();
  laws::turns_with_its_columns<mm::linear_regression>(numbers.view(), numbers.targets);
  laws::turns_with_its_columns<mm::ridge>(numbers.view(), numbers.targets);
  laws::turns_with_its_columns<mm::logistic_regression>(three.view(), three.targets, {.l1 = 0.1}, 1e-9);
  laws::turns_with_its_columns<mm::gaussian_naive_bayes>(three.view(), three.targets);
  laws::turns_with_its_columns<mm::multinomial_naive_bayes>(three.view(), three.targets);
  laws::turns_with_its_columns<mm::boosted_trees<>>(two.view(), two.targets, {.rounds = 10, .leaves = 6}, 1e-6);
  laws::turns_with_its_columns<mm::boosted_trees<mm::squared_loss>>(numbers.view(), numbers.targets,
                                                                    {.rounds = 10, .leaves = 6}, 1e-6);
  laws::turns_with_its_columns<mm::random_forest>(
      numbers.view(), numbers.targets, {.trees = 3, .depth = 3, .columns_of_node = 4, .bootstrap = false}, 1e-6);
}

TEST_CASE("a model of one's own is a predictor, and the laws hold for it") {
  const auto made = support::make_rows(50, 2, 3, [](const float* x, auto&) { return x[0]; });
  laws::predicts(first_column(), made.view());
}
