// Trees of ours on a table from stdin, for benchmarks/tree_quality.py, which compares them with other libraries.
//
//     bench_tree_quality boosted ROWS COLUMNS ASKED THREADS SEED ROUNDS LEAVES DEPTH RATE [CATEGORY ...]
//     bench_tree_quality forest ROWS COLUMNS ASKED THREADS SEED TREES DEPTH CLASSES [CATEGORY ...]
//     bench_tree_quality isolation ROWS COLUMNS ASKED THREADS SEED TREES SUBSAMPLE
//
// stdin: ROWS x COLUMNS numbers, float32, one row after the other; ROWS targets; ASKED x COLUMNS numbers. CATEGORY: a
// column of categories. It writes the milliseconds that fitting took, by the wall and of the processor, in a line, and
// behind that the outputs for the rows asked about, float64.
#include <millrace/model/parallel.hpp>
#include <millrace/model/trees.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

namespace mr = millrace;

namespace {

double number(const char* text) { return std::strtod(text, nullptr); }
std::size_t whole(const char* text) { return static_cast<std::size_t>(std::strtoull(text, nullptr, 10)); }

std::vector<float> numbers_from_stdin(std::size_t count) {
  std::vector<float> numbers(count);
  if (std::fread(numbers.data(), sizeof(float), count, stdin) != count) std::exit(2);
  return numbers;
}

/// Fits, and writes what the fitted model says of the rows asked about.
template <class Fit>
int report(const mr::model::matrix_view& asked, Fit&& fit) {
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t before = std::clock();
  const auto fitted = fit();
  const double processor = 1e3 * static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  const std::chrono::duration<double, std::milli> wall = std::chrono::steady_clock::now() - start;
  if (!fitted) {
    std::fprintf(stderr, "%s\n", fitted.error().describe().c_str());
    return 1;
  }
  std::vector<double> out(asked.rows() * fitted->outputs());
  fitted->predict(asked, out);
  std::printf("%.3f %.3f\n", wall.count(), processor);
  std::fwrite(out.data(), sizeof(double), out.size(), stdout);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 9) return 2;
  const std::string what = argv[1];
  const std::size_t rows = whole(argv[2]);
  const std::size_t columns = whole(argv[3]);
  const std::size_t asked = whole(argv[4]);
  mr::model::threads on(whole(argv[5]));
  const std::size_t seed = whole(argv[6]);
  const std::vector<float> table = numbers_from_stdin(rows * columns);
  const std::vector<float> targets = numbers_from_stdin(rows);
  const std::vector<float> others = numbers_from_stdin(asked * columns);
  const mr::model::matrix_view training(table, columns);
  const mr::model::matrix_view fresh(others, columns);
  std::vector<std::size_t> categories;
  if (what == "boosted" && argc >= 11) {
    for (int i = 11; i < argc; ++i) categories.push_back(whole(argv[i]));
    const mr::model::boosting_options with{.rounds = whole(argv[7]),
                                           .leaves = whole(argv[8]),
                                           .depth = static_cast<unsigned>(whole(argv[9])),
                                           .learning_rate = number(argv[10]),
                                           .categories = categories,
                                           .seed = seed};
    return report(fresh, [&] { return mr::model::boosted_trees<>::fit(training, targets, with, {}, {}, on); });
  }
  if (what == "forest" && argc >= 10) {
    for (int i = 10; i < argc; ++i) categories.push_back(whole(argv[i]));
    const mr::model::forest_options with{.trees = whole(argv[7]),
                                         .depth = static_cast<unsigned>(whole(argv[8])),
                                         .classes = whole(argv[9]),
                                         .categories = categories,
                                         .seed = seed};
    return report(fresh, [&] { return mr::model::random_forest::fit(training, targets, with, {}, on); });
  }
  if (what == "isolation")
    return report(fresh, [&] {
      return mr::model::isolation_forest::fit(training,
                                              {.trees = whole(argv[7]), .subsample = whole(argv[8]), .seed = seed}, on);
    });
  return 2;
}
