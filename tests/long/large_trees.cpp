// Trees fitted to a million rows of a hundred columns, of which some are missing, constant, the same as others, huge or
// categories by the ten thousand: each model is better than the share of ones alone, and any number of threads gives
// the same bytes. Answers 1 if not. usage: large_trees [ROWS], 1,000,000 if not said; takes a gigabyte for them.
#include <millrace/model/parallel.hpp>
#include <millrace/model/trees.hpp>

#include <support/made_rows.hpp>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

namespace mr = millrace;

namespace {

constexpr std::size_t columns = 100;
int failures = 0;

void require(bool kept, const std::string& sentence) {
  if (kept) return;
  std::printf("FAILED: %s\n", sentence.c_str());
  ++failures;
}

support::made_rows rows_of(std::size_t count) {
  support::made_rows made = support::make_rows(count, columns, 1, support::two_classes, 2);
  mr::random_engine random(2);
  for (std::size_t i = 0; i < count; ++i) {
    float* const row = made.features.data() + i * columns;
    row[90] = std::numeric_limits<float>::quiet_NaN();
    row[91] = 7;
    row[92] = row[0];
    row[93] = row[1] > 0.9F ? std::numeric_limits<float>::infinity() : row[1] * 3e38F;
    row[94] = static_cast<float>(random.below(10'000));
  }
  return made;
}

template <class Model>
double log_loss(const Model& model, const support::made_rows& of) {
  std::vector<double> out(of.rows());
  model.predict(of.view(), out);
  double sum = 0;
  for (std::size_t i = 0; i < of.rows(); ++i) {
    const double p = std::fmin(std::fmax(out[i], 1e-9), 1 - 1e-9);
    sum -= std::log(of.targets[i] > 0 ? p : 1 - p);
  }
  return sum / static_cast<double>(of.rows());
}

/// `fit(on)` fits on an executor.
template <class Fit>
void check(const char* name, const support::made_rows& of, double at_most, const Fit& fit) {
  std::vector<std::byte> bytes;
  for (const std::size_t count : {1U, 2U, 3U}) {
    mr::model::threads on(count);
    const auto start = std::chrono::steady_clock::now();
    const auto fitted = fit(mr::model::executor_reference(on));
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    require(fitted.has_value(), std::string(name) + " is fitted");
    if (!fitted) return;
    const double loss = log_loss(*fitted, of);
    std::printf("%s, %zu threads: %.1f s, log loss %.4f\n", name, count, seconds.count(), loss);
    std::fflush(stdout);
    require(loss < at_most, std::string(name) + " learns");
    if (bytes.empty()) bytes = fitted->save();
    require(fitted->save() == bytes, std::string(name) + " is the same on any number of threads");
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const support::made_rows made = rows_of(count);
  const mr::model::boosting_options boosting{.rounds = 10, .learning_rate = 0.3, .categories = {94}};
  check("boosted trees", made, 0.4, [&](const mr::model::executor_reference& on) {
    return mr::model::boosted_trees<>::fit(made.view(), made.targets, boosting, {}, {}, on);
  });
  const mr::model::forest_options forest{.trees = 4, .columns_of_node = 50, .categories = {94}};
  check("random forest", made, 0.5, [&](const mr::model::executor_reference& on) {
    return mr::model::random_forest::fit(made.view(), made.targets, forest, {}, on);
  });
  const auto refused = mr::model::isolation_forest::fit(made.view());
  require(!refused && std::string(refused.error().message()).find("column 93 is infinite") != std::string::npos,
          "isolation forest names the column that is infinite");
  return failures > 0 ? 1 : 0;
}
