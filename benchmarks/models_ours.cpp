// One model of ours on a table from stdin, for benchmarks/models_peers.py, which compares it with other libraries.
//
//     bench_models_ours k_means ROWS COLUMNS CLUSTERS RESTARTS SEED        prints the inertia
//     bench_models_ours mini_batch ROWS COLUMNS CLUSTERS PASSES SEED       prints the inertia of its centres
//     bench_models_ours platt ROWS 2 FITTED 0 0                            prints the log loss of the rows not fitted
//     bench_models_ours isotonic ROWS 2 FITTED 0 0                         on: columns are a score and its label
//     bench_models_ours isolation ROWS COLUMNS TREES SUBSAMPLE SEED        writes the rows' scores, float64, behind a
//     line
//     bench_models_ours network ROWS COLUMNS EPOCHS CLASSES SEED           prints the mean loss of the training rows;
//     the last column is the target: a class, or a number if CLASSES is 0
//
// stdin: rows x columns numbers, float32, one row after the other. After the result it prints the milliseconds of the
// processor that fitting took.

#include <millrace/model/calibration/isotonic.hpp>
#include <millrace/model/calibration/platt.hpp>
#include <millrace/model/cluster.hpp>
#include <millrace/model/evaluation/measures.hpp>
#include <millrace/model/network.hpp>
#include <millrace/model/trees/isolation_forest.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

namespace mr = millrace;

namespace {

double processor_milliseconds() { return 1e3 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

std::size_t number(const char* text) { return static_cast<std::size_t>(std::strtoull(text, nullptr, 10)); }

template <class Model>
double inertia_of(const Model& model, const mr::model::matrix_view& rows) {
  std::vector<double> distances(model.clusters());
  double sum = 0;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    model.distances(rows.row(i), distances);
    const double least = distances[model.nearest(rows.row(i))];
    sum += least * least;
  }
  return sum;
}

template <class T>
int report(const T& fitted, double value, double milliseconds) {
  if (!fitted) {
    std::fprintf(stderr, "%s\n", fitted.error().describe().c_str());
    return 1;
  }
  std::printf("%.17g %.3f\n", value, milliseconds);
  return 0;
}

/// The mean loss of the rows that a network was fitted to, and the time that this took.
template <class Loss>
int network(const mr::model::matrix_view& table, std::size_t epochs, std::size_t seed, const Loss& loss) {
  const mr::model::matrix_view rows(table.data(), table.rows(), table.columns() - 1, table.stride());
  std::vector<float> targets(rows.rows());
  for (std::size_t i = 0; i < targets.size(); ++i) targets[i] = table(i, rows.columns());
  const double before = processor_milliseconds();
  const auto fitted =
      mr::model::mlp<Loss>::fit(rows, targets, {.epochs = epochs, .batch = 200, .seed = seed}, {}, loss);
  const double after = processor_milliseconds();
  double sum = 0;
  std::vector<double> scores(loss.outputs());
  for (std::size_t i = 0; fitted && i < targets.size(); ++i) {
    fitted->score(rows.row(i), scores);
    sum += loss.loss(targets[i], scores);
  }
  return report(fitted, sum / static_cast<double>(targets.size()), after - before);
}

/// Fits a calibration on the first rows, and prints the log loss of the others.
template <class Calibration>
int calibrate(const mr::model::matrix_view& table, std::size_t fitted_on) {
  std::vector<double> scores, rest;
  std::vector<float> labels;
  std::vector<int> classes;
  for (std::size_t i = 0; i < fitted_on; ++i) {
    scores.push_back(static_cast<double>(table(i, 0)));
    labels.push_back(table(i, 1));
  }
  const double before = processor_milliseconds();
  const auto fitted = Calibration::fit(scores, labels);
  const double after = processor_milliseconds();
  for (std::size_t i = fitted_on; i < table.rows(); ++i) {
    rest.push_back(fitted ? (*fitted)(static_cast<double>(table(i, 0))) : 0);
    classes.push_back(table(i, 1) == 1 ? 1 : 0);
  }
  return report(fitted, mr::model::log_loss(classes, rest).value_or(0), after - before);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) return 2;
  const std::string what = argv[1];
  const std::size_t rows = number(argv[2]);
  const std::size_t columns = number(argv[3]);
  std::vector<float> numbers(rows * columns);
  if (std::fread(numbers.data(), sizeof(float), numbers.size(), stdin) != numbers.size()) return 2;
  const mr::model::matrix_view table(numbers, columns);
  const double before = processor_milliseconds();
  if (what == "k_means") {
    const auto fitted = mr::model::k_means::fit(
        table, {.clusters = number(argv[4]), .restarts = number(argv[5]), .seed = number(argv[6])});
    const double after = processor_milliseconds();
    return report(fitted, fitted ? fitted->inertia() : 0, after - before);
  }
  if (what == "mini_batch") {
    const auto fitted = mr::model::mini_batch_k_means::fit(
        table, {.clusters = number(argv[4]), .passes = number(argv[5]), .seed = number(argv[6])});
    const double after = processor_milliseconds();
    return report(fitted, fitted ? inertia_of(*fitted, table) : 0, after - before);
  }
  if (what == "network" && columns > 1) {
    const std::size_t classes = number(argv[5]);
    if (classes == 0) return network(table, number(argv[4]), number(argv[6]), mr::model::squared_loss{});
    if (classes == 2) return network(table, number(argv[4]), number(argv[6]), mr::model::logistic_loss{});
    return network(table, number(argv[4]), number(argv[6]), mr::model::softmax_loss{classes});
  }
  if (what == "platt" && columns == 2) return calibrate<mr::model::platt>(table, number(argv[4]));
  if (what == "isotonic" && columns == 2) return calibrate<mr::model::isotonic>(table, number(argv[4]));
  if (what == "isolation") {
    const auto fitted = mr::model::isolation_forest::fit(
        table, {.trees = number(argv[4]), .subsample = number(argv[5]), .seed = number(argv[6])});
    const double after = processor_milliseconds();
    std::vector<double> scores(rows);
    if (fitted) fitted->predict(table, scores);
    const double scored = processor_milliseconds();
    const int failed = report(fitted, 1e6 * (scored - after) / static_cast<double>(rows), after - before);
    std::fwrite(scores.data(), sizeof(double), scores.size(), stdout);
    return failed;
  }
  return 2;
}
