// Models of products of matrices.
#include <millrace/model/to_graph/bayes.hpp>
#include <millrace/model/to_graph/clusters.hpp>
#include <millrace/model/to_graph/linear.hpp>

#include <support/made_rows.hpp>

#include <algorithm>

#include "exports.hpp"

namespace exports {

namespace {

support::made_rows trained_rows(unsigned classes) {
  return support::make_rows(2000, 6, 21 + classes, [&](float* x, mr::random_engine& random) {
    const double score = support::a_number(x, random);
    return classes == 0 ? score : std::clamp(std::floor(score + 1), 0.0, classes - 1.0);
  });
}

void write_linear(writer& to, const support::made_rows& numbers, const support::made_rows& two,
                  const support::made_rows& four, const std::vector<float>& rows) {
  to.write("linear_regression", taken(mm::linear_regression::fit(numbers.view(), numbers.targets)), rows);
  to.write("ridge", taken(mm::ridge::fit(numbers.view(), numbers.targets)), rows);
  to.write("sgd_linear", taken(mm::sgd_linear::fit(numbers.view(), numbers.targets)), rows);
  to.write("sgd_logistic", taken(mm::sgd_logistic::fit(two.view(), two.targets)), rows);
  to.write("ftrl_linear", taken(mm::ftrl_linear::fit(numbers.view(), numbers.targets)), rows);
  to.write("ftrl_logistic", taken(mm::ftrl_logistic::fit(two.view(), two.targets)), rows);
  to.write("logistic_two", taken(mm::logistic_regression::fit(two.view(), two.targets)), rows);
  to.write("logistic_four", taken(mm::logistic_regression::fit(four.view(), four.targets)), rows);
}

void write_centres(writer& to, const support::made_rows& numbers) {
  const std::vector<float> rows = any_rows(6, 33, true, true);
  to.write("k_means", taken(mm::k_means::fit(numbers.view(), {.clusters = 7})), rows);
  to.write("mini_batch_k_means", taken(mm::mini_batch_k_means::fit(numbers.view(), {.clusters = 5})), rows);
}

void write_bayes(writer& to, const support::made_rows& two, const support::made_rows& four,
                 const std::vector<float>& rows) {
  to.write("gaussian_two", taken(mm::gaussian_naive_bayes::fit(two.view(), two.targets)), rows);
  to.write("gaussian_four", taken(mm::gaussian_naive_bayes::fit(four.view(), four.targets)), rows);
  auto counts = four;
  for (float& x : counts.features) x = std::floor(5 * (x + 1));
  std::vector<float> asked = rows;
  for (float& x : asked) x = std::floor(5 * (x + 1));
  to.write("multinomial_four", taken(mm::multinomial_naive_bayes::fit(counts.view(), counts.targets)), asked);
  counts.targets = two.targets;
  to.write("multinomial_two", taken(mm::multinomial_naive_bayes::fit(counts.view(), counts.targets)), asked);
  // Before the second class there was no row of it.
  auto one = taken(mm::gaussian_naive_bayes::make(6, 3));
  std::vector<float> labels(four.targets);
  for (float& x : labels) x = x > 0 ? 2.0F : 0.0F;
  if (auto done = one.partial_fit(four.view(), labels); !done) return to.fail("gaussian", done.error().describe());
  to.write("gaussian_class_without_rows", one, rows);
}

}  // namespace

void write_sums(writer& to) {
  const auto numbers = trained_rows(0);
  const auto two = trained_rows(2);
  const auto four = trained_rows(4);
  const std::vector<float> rows = any_rows(6, 31, true, true);
  write_linear(to, numbers, two, four, rows);
  write_centres(to, numbers);
  write_bayes(to, two, four, rows);
}

}  // namespace exports
