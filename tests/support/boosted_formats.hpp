#ifndef MILLRACE_TESTS_SUPPORT_BOOSTED_FORMATS_HPP
#define MILLRACE_TESTS_SUPPORT_BOOSTED_FORMATS_HPP

#include <millrace/core/result.hpp>
#include <millrace/model/formats/boosted_model.hpp>

#include <support/catch.hpp>
#include <support/golden.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <millrace/model/matrix_view.hpp>
#include <string>
#include <vector>

namespace support {

/// A golden model's text.
inline std::string golden_text(const std::string& file) {
  const std::vector<std::byte> bytes = golden(file);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
/// The text with its first `from` replaced.
inline std::string changed(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != text.npos);
  return text.replace(at, from.size(), to);
}
/// Why a model was refused, which it must have been.
inline std::string refusal_of(const millrace::result<millrace::model::boosted_model>& read) {
  REQUIRE_FALSE(read);
  return read.error().describe();
}

/// Rows, and what a library says of them: written by tests/oracle/boosted_formats.py.
struct asked_rows {
  std::uint32_t rows = 0, columns = 0, outputs = 0, trees = 0;
  std::vector<float> numbers;
  std::vector<double> expected;
  std::vector<std::uint8_t> leaves;

  explicit asked_rows(const std::string& name) {
    const std::vector<std::byte> bytes = golden("formats/" + name + ".rows");
    const std::byte* at = bytes.data();
    const auto take = [&](void* to, std::size_t size) {
      REQUIRE(static_cast<std::size_t>(bytes.data() + bytes.size() - at) >= size);
      if (size > 0) std::memcpy(to, at, size);
      at += size;
    };
    for (std::uint32_t* one : {&rows, &columns, &outputs, &trees}) take(one, 4);
    numbers.resize(std::size_t{rows} * columns);
    expected.resize(std::size_t{rows} * outputs);
    leaves.resize(std::size_t{rows} * trees);
    take(numbers.data(), 4 * numbers.size());
    take(expected.data(), 8 * expected.size());
    take(leaves.data(), leaves.size());
  }
  millrace::model::matrix_view view() const { return {numbers, columns}; }
};

/// Each row falls into the leaf, in each tree, that the library finds for it, and has its outputs. `tree_at(i)`: which
/// of the model's trees is the library's number i.
template <class TreeAt>
void agrees(const millrace::model::boosted_model& model, const asked_rows& asked, const TreeAt& tree_at,
            double tolerance = 1e-6) {
  REQUIRE(model.inputs() == asked.columns);
  REQUIRE(model.outputs() == asked.outputs);
  std::vector<double> out(asked.expected.size());
  model.predict(asked.view(), out);
  for (std::size_t i = 0; i < out.size(); ++i) {
    INFO("row " << i / asked.outputs);
    const double expected = asked.expected[i];
    if (std::abs(expected) < INFINITY)
      CHECK(std::abs(out[i] - expected) <= tolerance * std::abs(expected) + 1e-8);
    else
      CHECK((out[i] == expected || (std::isnan(out[i]) && std::isnan(expected))));
  }
  for (std::size_t tree = 0; tree < asked.trees; ++tree) {
    std::map<std::uint32_t, unsigned> theirs;
    std::map<unsigned, std::uint32_t> ours;
    for (std::size_t i = 0; i < asked.rows; ++i) {
      INFO("row " << i << ", tree " << tree);
      const std::uint32_t leaf = model.trees().leaf(tree_at(tree), asked.view().row(i).data());
      const unsigned number = asked.leaves[i * asked.trees + tree];
      CHECK(theirs.try_emplace(leaf, number).first->second == number);
      CHECK(ours.try_emplace(number, leaf).first->second == leaf);
    }
  }
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_BOOSTED_FORMATS_HPP
