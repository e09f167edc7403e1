#ifndef MILLRACE_TESTS_LAWS_PREDICTOR_HPP
#define MILLRACE_TESTS_LAWS_PREDICTOR_HPP

// The laws of model/predictor.hpp as tests, for every model.

#include <millrace/model/predictor.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <thread>
#include <vector>

namespace laws {

namespace mm = millrace::model;

/// The bits of numbers, so that NaN is the same as NaN, and 0 is not -0.
inline std::vector<std::uint64_t> bits_of(std::span<const double> numbers) {
  std::vector<std::uint64_t> made;
  for (const double x : numbers) made.push_back(std::bit_cast<std::uint64_t>(x));
  return made;
}

/// Every row asked alone.
template <mm::predictor Model>
std::vector<double> predicted_alone(const Model& model, const mm::matrix_view& rows) {
  std::vector<double> out(rows.rows() * model.outputs());
  for (std::size_t i = 0; i < rows.rows(); ++i)
    model.predict(rows.row(i), std::span(out).subspan(i * model.outputs(), model.outputs()));
  return out;
}

/// In batches of `size`, each between rows that are of no concern: the stride is larger than the columns. Nothing
/// behind the outputs is written, and nothing is taken from the heap.
template <mm::predictor Model>
std::vector<double> predicted_in_batches(const Model& model, const mm::matrix_view& rows, std::size_t size) {
  const std::size_t columns = rows.columns();
  const std::size_t outputs = model.outputs();
  std::vector<float> wide(rows.rows() * (columns + 3), -77.0F);
  for (std::size_t i = 0; i < rows.rows(); ++i)
    for (std::size_t j = 0; j < columns; ++j) wide[i * (columns + 3) + j] = rows(i, j);
  std::vector<double> out(rows.rows() * outputs + 1, 0.125);
  const auto taken = support::allocations_of([&] {
    for (std::size_t at = 0; at < rows.rows(); at += size) {
      const std::size_t count = size < rows.rows() - at ? size : rows.rows() - at;
      model.predict(mm::matrix_view(wide.data() + at * (columns + 3), count, columns, columns + 3),
                    std::span(out).subspan(at * outputs, count * outputs));
    }
  });
  if (support::counts_allocations) CHECK(taken == 0);
  CHECK(out.back() == 0.125);
  out.pop_back();
  return out;
}

/// The same bits alone, in batches of any size, with a stride, from several threads, and after save and load, scores
/// too; whether features are numbers, missing, infinite or huge.
template <mm::predictor Model>
void predicts(const Model& model, const mm::matrix_view& given) {
  REQUIRE(model.inputs() == given.columns());
  REQUIRE(model.outputs() >= 1);
  std::vector<float> numbers;
  for (std::size_t i = 0; i < given.rows(); ++i)
    for (std::size_t j = 0; j < given.columns(); ++j) numbers.push_back(given(i, j));
  constexpr float infinity = std::numeric_limits<float>::infinity();
  constexpr float huge = (std::numeric_limits<float>::max)();
  std::size_t at = 0;
  for (const float odd : {std::numeric_limits<float>::quiet_NaN(), infinity, -infinity, huge, -huge, 0.0F, -0.0F})
    for (std::size_t j = 0; j < given.columns(); ++j)  // each column's turn, in copies of rows that were given
      for (std::size_t k = 0; k < given.columns(); ++k, ++at)
        numbers.push_back(k == j ? odd : numbers[at % (given.rows() * given.columns())]);
  const mm::matrix_view rows(numbers, given.columns());

  const auto alone = predicted_alone(model, rows);
  const auto expected = bits_of(alone);
  for (const std::size_t size : {rows.rows(), std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{33}})
    CHECK(bits_of(predicted_in_batches(model, rows, size)) == expected);
  if constexpr (requires { model(rows.row(0)); })
    if (model.outputs() == 1)
      for (std::size_t i = 0; i < rows.rows(); ++i)
        CHECK(std::bit_cast<std::uint64_t>(model(rows.row(i))) == expected[i]);
  {
    std::vector<double> found[2];
    std::thread other([&] { found[0] = predicted_alone(model, rows); });
    found[1] = predicted_alone(model, rows);
    other.join();
    for (const auto& one : found) CHECK(bits_of(one) == expected);
  }
  if constexpr (requires(std::span<double> out) { model.score(rows, out); }) {
    std::vector<double> together(expected.size()), one_by_one(expected.size());
    model.score(rows, std::span(together));
    for (std::size_t i = 0; i < rows.rows(); ++i)
      model.score(rows.row(i), std::span(one_by_one).subspan(i * model.outputs(), model.outputs()));
    CHECK(bits_of(together) == bits_of(one_by_one));
  }
  if constexpr (mm::saved_as_bytes<Model>) {
    const auto bytes = model.save();
    const auto back = Model::load(bytes);
    REQUIRE(back);
    CHECK(back->save() == bytes);
    CHECK(bits_of(predicted_alone(*back, rows)) == expected);
  }
}

/// Fitting again gives the same model.
template <mm::trainer Model>
void fits_the_same_again(const mm::matrix_view& rows, std::span<const float> targets,
                         const typename Model::options_type& with = {}) {
  const std::vector<float> ones(targets.size(), 1.0F);
  const auto first = Model::fit(rows, targets, with, ones);
  const auto second = Model::fit(rows, targets, with, ones);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(bits_of(predicted_alone(*first, rows)) == bits_of(predicted_alone(*second, rows)));
  if constexpr (mm::saved_as_bytes<Model>) CHECK(first->save() == second->save());
}

/// The outputs of both models are the same up to `within`.
template <mm::predictor First, mm::predictor Second>
void agree(const First& first, const mm::matrix_view& rows, const Second& second, const mm::matrix_view& others,
           double within) {
  const auto a = predicted_alone(first, rows);
  const auto b = predicted_alone(second, others);
  REQUIRE(a.size() == b.size());
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::fmax(most, std::abs(a[i] - b[i]));
  CHECK(most <= within);
}

/// A row of weight n is n rows, and one of weight 0 is none, for models that draw no rows at random.
template <mm::trainer Model>
void weighs_as_repeated(const mm::matrix_view& rows, std::span<const float> targets,
                        const typename Model::options_type& with = {}, double within = 1e-12) {
  std::vector<float> weights, repeated, repeated_targets;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    const std::size_t times = i * 7 % 4;
    weights.push_back(static_cast<float>(times));
    for (std::size_t k = 0; k < times; ++k) {
      repeated.insert(repeated.end(), rows.row(i).begin(), rows.row(i).end());
      repeated_targets.push_back(targets[i]);
    }
  }
  const mm::matrix_view all(repeated, rows.columns());
  const auto weighed = Model::fit(rows, targets, with, weights);
  const auto whole = Model::fit(all, repeated_targets, with);
  REQUIRE(weighed);
  REQUIRE(whole);
  agree(*weighed, all, *whole, all, within);
}

/// Columns in the reverse order have the same importance, and give the same predictions.
template <mm::trainer Model>
void turns_with_its_columns(const mm::matrix_view& rows, std::span<const float> targets,
                            const typename Model::options_type& with = {}, double within = 1e-12) {
  std::vector<float> turned;
  for (std::size_t i = 0; i < rows.rows(); ++i) turned.insert(turned.end(), rows.row(i).rbegin(), rows.row(i).rend());
  const mm::matrix_view others(turned, rows.columns());
  const auto first = Model::fit(rows, targets, with);
  const auto second = Model::fit(others, targets, with);
  REQUIRE(first);
  REQUIRE(second);
  agree(*first, rows, *second, others, within);
  if constexpr (mm::weighs_columns<Model>) {
    auto importance = second->importance();
    for (std::size_t j = 0; j < importance.size(); ++j)
      CHECK(first->importance()[j] == Approx(importance[importance.size() - 1 - j]).margin(1e-12));
  }
}

}  // namespace laws

#endif  // MILLRACE_TESTS_LAWS_PREDICTOR_HPP
