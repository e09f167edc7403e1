// Networks, and several models as one.
#include <millrace/model/to_graph/bayes.hpp>
#include <millrace/model/to_graph/combinations.hpp>
#include <millrace/model/to_graph/linear.hpp>
#include <millrace/model/to_graph/networks.hpp>
#include <millrace/model/to_graph/trees.hpp>

#include <support/made_rows.hpp>

#include <algorithm>

#include "exports.hpp"

namespace exports {

namespace {

support::made_rows trained_rows(unsigned classes) {
  return support::make_rows(1000, 6, 41 + classes, [&](float* x, mr::random_engine& random) {
    const double score = support::a_number(x, random);
    return classes == 0 ? score : std::clamp(std::floor(score + 1), 0.0, classes - 1.0);
  });
}

void write_networks(writer& to, const support::made_rows& numbers, const support::made_rows& two,
                    const support::made_rows& four, const std::vector<float>& rows) {
  for (const auto function : {mm::activation::relu, mm::activation::leaky_relu, mm::activation::tanh,
                              mm::activation::sigmoid, mm::activation::gelu})
    to.write("mlp_" + std::string(mm::to_string(function)),
             taken(mm::mlp<>::fit(two.view(), two.targets, {.hidden = {16, 8}, .function = function, .epochs = 5})),
             rows);
  to.write("mlp_four",
           taken(mm::mlp<mm::softmax_loss>::fit(four.view(), four.targets, {.hidden = {16}, .epochs = 5}, {},
                                                mm::softmax_loss(4))),
           rows);
  to.write("mlp_numbers",
           taken(mm::mlp<mm::squared_loss>::fit(numbers.view(), numbers.targets, {.hidden = {16}, .epochs = 5})), rows);
}

void write_combinations(writer& to, const support::made_rows& numbers, const support::made_rows& two,
                        const support::made_rows& four, const std::vector<float>& rows) {
  using committee = mm::voting<mm::boosted_trees<>, mm::logistic_regression, mm::random_forest>;
  using of_four = mm::voting<mm::gaussian_naive_bayes, mm::logistic_regression>;
  for (const auto how : {mm::ballot::mean, mm::ballot::majority}) {
    const std::string by = how == mm::ballot::mean ? "mean" : "majority";
    to.write("voting_two_" + by,
             taken(committee::fit(two.view(), two.targets,
                                  {.models = {{.rounds = 20}, {}, {.trees = 10}}, .how = how, .weights = {3, 1, 2}})),
             rows);
    to.write("voting_four_" + by, taken(of_four::fit(four.view(), four.targets, {.how = how, .weights = {2, 1}})),
             rows);
  }
  using stack = mm::stacking<mm::ridge, mm::boosted_trees<mm::squared_loss>, mm::linear_regression>;
  to.write("stacking_numbers", taken(stack::fit(numbers.view(), numbers.targets, {.models = {{.rounds = 20}, {}}})),
           rows);
  using classes = mm::stacking<mm::logistic_regression, committee, mm::mlp<>>;
  to.write("stacking_two",
           taken(classes::fit(two.view(), two.targets,
                              {.models = {{.models = {{.rounds = 10}, {}, {.trees = 5}}}, {.hidden = {8}, .epochs = 3}},
                               .folds = 3,
                               .stratified = true})),
           rows);
}

}  // namespace

void write_networks(writer& to) {
  const auto numbers = trained_rows(0);
  const auto two = trained_rows(2);
  const auto four = trained_rows(4);
  const std::vector<float> rows = any_rows(6, 43, true, false);
  write_networks(to, numbers, two, four, rows);
  write_combinations(to, numbers, two, four, rows);
}

}  // namespace exports
