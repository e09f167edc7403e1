#ifndef MILLRACE_TESTS_SUPPORT_GRAPH_CASE_HPP
#define MILLRACE_TESTS_SUPPORT_GRAPH_CASE_HPP

#include <millrace/model/formats/graph.hpp>
#include <millrace/tensor/dtype.hpp>

#include <support/graph_engine.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// Graphs that hold what they are given, as constants called `given NAME`, and what comes out, as `expected NAME`, as
// tests/oracle/onnx_operators.py and tests/interop/onnx_cases.py write them.
namespace support {

namespace mr = millrace;

inline const mr::model::graph_tensor* constant_of(const mr::model::graph& made, const std::string& name) {
  for (const auto& value : made.values)
    if (value.name == name && value.constant) return &made.constants[*value.constant];
  return nullptr;
}

template <class Use>
bool with_numbers(mr::tensor::dtype type, const Use& use) {
  return mr::infer::detail::with_type<float, double, std::int64_t, std::int32_t, std::int16_t, std::int8_t,
                                      std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t, bool,
                                      mr::tensor::float16, mr::tensor::bfloat16>(type, use);
}

/// A number that is compared and written: one of 16 bits as a float, a character or truth as a whole number.
template <class T>
auto plain(T x) {
  if constexpr (mr::infer::detail::is_half<T>)
    return static_cast<float>(x);
  else
    return +x;
}

inline std::string give(mr::infer::graph_run& run, std::size_t input, const mr::model::graph_tensor& tensor) {
  if (tensor.kind == mr::model::graph_kind::texts) {
    const auto to = run.input<std::string_view>(input);
    std::copy_n(tensor.texts.begin(), std::min(to.size(), tensor.texts.size()), to.begin());
    return {};
  }
  const bool known = with_numbers(tensor.dtype, [&]<class T>(T) {
    const auto to = run.input<T>(input);
    if (!to.empty()) std::memcpy(static_cast<void*>(to.data()), tensor.bytes.data(), tensor.bytes.size());
  });
  return known ? std::string() : "cannot give an input of type " + std::string(to_string(tensor.dtype));
}

/// Equal, or near: within one part in 50,000, or 2e-6; `slack` times as far.
template <class T>
bool alike(T a, T b, int slack = 1) {
  if (a == b || (a != a && b != b)) return true;
  if constexpr (std::is_floating_point_v<T>)
    return std::fabs(a - b) <= static_cast<T>(slack) * (T(2e-6) + T(2e-5) * std::fabs(b));
  return false;
}

/// What is wrong with an output; empty: nothing.
inline std::string difference(const mr::infer::graph_run& run, std::size_t output,
                              const mr::model::graph_tensor& wanted, int slack = 1) {
  const auto shape = run.output_shape(output);
  if (!std::ranges::equal(shape, wanted.shape)) return "is of another shape";
  if (wanted.kind == mr::model::graph_kind::texts)
    return std::ranges::equal(run.output<std::string_view>(output), wanted.texts) ? "" : "is another text";
  if (run.output_type(output) != wanted.dtype) return "is of another type";
  std::ostringstream problem;
  const bool known = with_numbers(wanted.dtype, [&]<class T>(T) {
    const auto found = run.output<T>(output);
    for (std::size_t i = 0; i < found.size() && problem.view().empty(); ++i) {
      T expected;
      std::memcpy(&expected, wanted.bytes.data() + i * sizeof(T), sizeof(T));
      if (!alike(plain(found[i]), plain(expected), slack))
        problem << "element " << i << " is " << plain(found[i]) << ", expected " << plain(expected);
    }
  });
  return known ? problem.str() : "is of a type that is not compared";
}

/// Runs a graph twice on what it is given, and returns what is wrong with its outputs; empty: nothing. Metadata `slack`
/// of a graph says how many times as far off it may be as others.
inline std::string problem_of(mr::model::graph made) {
  const mr::model::graph all = made;
  const auto engine = mr::infer::graph_engine::make(std::move(made));
  if (!engine) return engine.error().describe();
  int slack = 1;
  for (const auto& [key, value] : all.metadata)
    if (key == "slack") slack = std::stoi(value);
  std::vector<const mr::model::graph_tensor*> given;
  std::vector<std::vector<std::int64_t>> shapes;
  for (std::size_t i = 0; i < engine->inputs(); ++i) {
    given.push_back(constant_of(all, "given " + engine->input(i).name));
    if (given.back() == nullptr) return "nothing is given for " + engine->input(i).name;
    shapes.push_back(given.back()->shape);
  }
  auto run = engine->prepare(shapes);
  if (!run) return run.error().describe();
  for (int again = 0; again < 2; ++again) {
    for (std::size_t i = 0; i < given.size(); ++i)
      if (std::string wrong = give(*run, i, *given[i]); !wrong.empty()) return wrong;
    run->run();
    for (std::size_t i = 0; i < all.outputs.size(); ++i) {
      const std::string& name = all.values[all.outputs[i]].name;
      const auto* const wanted = constant_of(all, "expected " + name);
      if (wanted == nullptr) return "nothing is expected of " + name;
      if (const std::string wrong = difference(*run, i, *wanted, slack); !wrong.empty())
        return "output " + name + ' ' + wrong;
    }
  }
  return {};
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_GRAPH_CASE_HPP
