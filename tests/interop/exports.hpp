#ifndef MILLRACE_TESTS_INTEROP_EXPORTS_HPP
#define MILLRACE_TESTS_INTEROP_EXPORTS_HPP

#include <millrace/core/seed.hpp>
#include <millrace/model/formats/graph.hpp>
#include <millrace/model/formats/onnx.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/to_graph/graph_builder.hpp>
#include <millrace/model/trees/tree_ensemble.hpp>
#include <millrace/tensor/dtype.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

// Writes models of ours as ONNX files that hold the rows that they are asked, as constants `given NAME`, and what the
// model itself says of them, as constants `expected NAME`: exports.py asks another engine.
namespace exports {

namespace mr = millrace;
namespace mm = millrace::model;

inline constexpr std::size_t asked_rows = 10'000;
inline constexpr float none = std::numeric_limits<float>::quiet_NaN();
inline constexpr float infinity = std::numeric_limits<float>::infinity();

template <class From, class To>
std::vector<std::byte> bytes_as(std::span<const From> numbers) {
  std::vector<To> made(numbers.begin(), numbers.end());
  std::vector<std::byte> bytes(made.size() * sizeof(To));
  if (!bytes.empty()) std::memcpy(bytes.data(), made.data(), bytes.size());
  return bytes;
}
inline mm::graph_tensor tensor_of(std::span<const double> numbers, std::size_t width, mr::tensor::dtype type) {
  mm::graph_tensor made;
  made.dtype = type;
  made.shape = {static_cast<std::int64_t>(numbers.size() / width), static_cast<std::int64_t>(width)};
  made.bytes = type == mr::tensor::dtype::f32 ? bytes_as<double, float>(numbers) : bytes_as<double, double>(numbers);
  return made;
}
inline mm::graph_tensor tensor_of(const mm::matrix_view& rows) {
  mm::graph_tensor made;
  made.shape = {static_cast<std::int64_t>(rows.rows()), static_cast<std::int64_t>(rows.columns())};
  made.bytes = bytes_as<float, float>({rows.data(), rows.rows() * rows.columns()});
  return made;
}

/// Rows of numbers in [-1, 1) with some zeros of both signs, and, where they may be, some missing and infinite ones.
inline std::vector<float> any_rows(std::size_t columns, std::uint64_t seed, bool missing, bool infinite) {
  mr::random_engine random(seed);
  std::vector<float> made(asked_rows * columns);
  for (float& x : made) {
    x = static_cast<float>(2 * random.uniform() - 1);
    const std::uint64_t kind = random.below(100);
    if (kind < 2) x = kind == 0 ? 0.0F : -0.0F;
    if (missing && kind >= 2 && kind < 6) x = none;
    if (infinite && (kind == 6 || kind == 7)) x = kind == 6 ? infinity : -infinity;
  }
  return made;
}
/// Puts thresholds of trees, and the floats beside them, into rows. In the columns named they are categories, some of
/// them unknown, negative or no whole numbers.
inline void ask_thresholds(std::vector<float>& rows, std::size_t columns, const mm::tree_ensemble& trees,
                           const std::vector<std::size_t>& categories, std::uint64_t seed) {
  mr::random_engine random(seed);
  std::vector<std::vector<float>> of_column(columns);
  for (std::uint32_t i = 0; i < trees.nodes().size(); ++i)
    if (!trees.is_leaf(i)) of_column[trees.nodes()[i].column].push_back(trees.nodes()[i].threshold);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::vector<float>& known = of_column[i % columns];
    if (known.empty() || std::isnan(rows[i]) || random.below(2) == 0) continue;
    const float x = known[random.below(known.size())];
    const std::uint64_t side = random.below(3);
    rows[i] = side == 0 ? x : std::nextafter(x, side == 1 ? infinity : -infinity);
  }
  for (const std::size_t column : categories)
    for (std::size_t i = column; i < rows.size(); i += columns) {
      constexpr float odd[] = {-1, -0.5F, 2.5F, 99, 1e6F, none, infinity, -0.0F};
      const std::uint64_t kind = random.below(80);
      rows[i] = kind < 8 ? odd[kind] : static_cast<float>(random.below(12));
    }
}

/// Writes files of numbers in doubles and in floats, and counts what fails.
class writer {
 public:
  explicit writer(std::string folder) : folder_(std::move(folder)) {}

  int failed() const noexcept { return failed_; }

  template <class Model, class Predict>
  void write(const std::string& name, const Model& model, const std::vector<float>& rows, Predict predict) {
    const mm::matrix_view table(rows, model.inputs());
    std::vector<double> expected(table.rows() * model.outputs());
    predict(table, std::span<double>(expected));
    for (const auto element : {mr::tensor::dtype::f64, mr::tensor::dtype::f32}) {
      auto made = mm::to_graph(model, {.element = element, .name = name});
      if (!made) return fail(name, made.error().describe());
      made->add_constant("given rows", tensor_of(table));
      made->add_constant("expected outputs", tensor_of(expected, model.outputs(), element));
      save(name, *made, element);
    }
  }
  template <class Model>
  void write(const std::string& name, const Model& model, const std::vector<float>& rows) {
    write(name, model, rows, [&](const mm::matrix_view& table, std::span<double> out) { model.predict(table, out); });
  }
  void save(const std::string& name, const mm::graph& made, mr::tensor::dtype element) {
    auto bytes = mm::write_onnx(made);
    if (!bytes) return fail(name, bytes.error().describe());
    const std::string path = folder_ + "/" + name + (element == mr::tensor::dtype::f64 ? ".f64.onnx" : ".f32.onnx");
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes->data()), static_cast<std::streamsize>(bytes->size()));
  }
  void fail(const std::string& name, const std::string& why) {
    std::printf("%s: %s\n", name.c_str(), why.c_str());
    ++failed_;
  }

 private:
  std::string folder_;
  int failed_ = 0;
};

/// The value of a result, or the end of the program.
template <class T>
T taken(mr::result<T>&& from) {
  if (from) return *std::move(from);
  std::fprintf(stderr, "%s\n", from.error().describe().c_str());
  std::exit(1);
}

void write_sums(writer& to);       // in exports_sums.cpp: models of products of matrices
void write_trees(writer& to);      // in exports_trees.cpp
void write_networks(writer& to);   // in exports_networks.cpp, which has combinations, too
void write_pipelines(writer& to);  // in exports_pipelines.cpp

}  // namespace exports

#endif  // MILLRACE_TESTS_INTEROP_EXPORTS_HPP
