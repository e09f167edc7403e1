#ifndef MILLRACE_TESTS_SUPPORT_FITTED_MODELS_HPP
#define MILLRACE_TESTS_SUPPORT_FITTED_MODELS_HPP

#include <millrace/core/error.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/model/matrix_view.hpp>

#include <laws/aggregator.hpp>
#include <laws/predictor.hpp>
#include <support/catch.hpp>
#include <support/envelope.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace support {

/// Each number is near the expected one: by `tolerance` of the largest absolute value expected, or absolutely below 1.
inline void check_close(std::span<const double> found, const std::vector<double>& expected, double tolerance) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    INFO("number " << i << ": " << found[i] << ", expected " << expected[i]);
    CHECK(std::abs(found[i] - expected[i]) <= tolerance * std::fmax(1, std::abs(expected[i])));
  }
}

/// Rows of exact arithmetic: eighths from -8 to 8.
inline std::vector<float> exact_rows(std::size_t rows, std::size_t columns, std::uint64_t seed = 3) {
  millrace::random_engine random(seed);
  std::vector<float> made(rows * columns);
  for (float& x : made) x = static_cast<float>(static_cast<int>(random.below(129)) - 64) / 8;
  return made;
}

/// The laws of models; and a row with NaN has NaN in every output.
template <class Model>
void predicts_one_by_one(const Model& model, const millrace::model::matrix_view& rows) {
  laws::predicts(model, rows);
  std::vector<double> alone(model.outputs());
  for (std::size_t j = 0; j < rows.columns(); ++j) {
    std::vector<float> missing(rows.row(0).begin(), rows.row(0).end());
    missing[j] = std::numeric_limits<float>::quiet_NaN();
    model.predict(std::span<const float>(missing), std::span(alone));
    for (const double x : alone) CHECK(std::isnan(x));
  }
}

/// A row of too few columns has NaN for every output, and outputs without room are left out.
template <class Model>
void predicts_short_rows(const Model& model, const millrace::model::matrix_view& rows) {
  const std::size_t outputs = model.outputs();
  const auto short_row = rows.row(0).first(rows.columns() - 1);
  std::vector<double> out(outputs);
  model.predict(short_row, std::span(out));
  for (const double x : out) CHECK(std::isnan(x));
  if constexpr (requires { model(short_row); })
    if (outputs == 1) CHECK(std::isnan(model(short_row)));
  std::vector<double> room(outputs * 3 + 1, -7.0);
  model.predict(rows, std::span(room).first(outputs * 2));
  CHECK(room[outputs * 2] == -7);
  model.predict(rows.row(1), std::span(out));
  for (std::size_t k = 0; k < outputs; ++k) CHECK(room[outputs + k] == out[k]);
  model.predict(rows.row(0), std::span(room).first(outputs + 1));
  model.predict(rows.row(0), std::span<double>());
  for (std::size_t k = 0; k < outputs; ++k) CHECK(room[outputs + k] == out[k]);
  if constexpr (requires { model.contributions(short_row, std::span(out)); }) {
    std::vector<double> parts(model.inputs() * outputs + 1, -7.0);
    model.contributions(rows.row(0), std::span(parts));
    CHECK(parts[0] == -7);
    model.contributions(short_row, std::span(parts).first(parts.size() - 1));
    CHECK(std::isnan(parts[0]));
    CHECK(parts.back() == -7);
  }
}

/// load(save(m)) saves to the same bytes and predicts the same; damaged bytes are an error or a model that works.
template <class Model>
void saves_and_loads_model(const Model& model, std::span<const float> row) {
  const auto bytes = model.save();
  auto back = Model::load(bytes);
  REQUIRE(back);
  CHECK(back->save() == bytes);
  std::vector<double> before(model.outputs());
  std::vector<double> after(model.outputs());
  model.predict(row, std::span(before));
  back->predict(row, std::span(after));
  CHECK(before == after);
  const auto use = [](const Model& found) {
    const std::vector<float> zeros(found.inputs());
    std::vector<double> out(found.outputs());
    found.predict(std::span<const float>(zeros), std::span(out));
    CHECK(Model::load(found.save()));
  };
  laws::hostile_payload(model, reseal, use, 17, 2000);
  laws::hostile_bytes(model, use);
  auto other = bytes;
  other[17] ^= std::byte{1};  // the type's name
  reseal(other);
  CHECK(Model::load(other).error().code() == millrace::errc::type_mismatch);
}

/// Features that are not finite, and no rows or columns, are refused by a message that names them. `fit` takes rows.
template <class Fit>
void refuses_bad_rows(Fit&& fit, std::vector<float> numbers, std::size_t columns) {
  using millrace::model::matrix_view;
  const std::size_t rows = numbers.size() / columns;
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    auto changed = numbers;
    changed[(rows - 1) * columns + 1] = bad;
    const auto found = fit(matrix_view(changed, columns));
    REQUIRE_FALSE(found);
    CHECK(found.error().code() == millrace::errc::not_finite);
    CHECK_THAT(found.error().message(), ContainsSubstring("row " + std::to_string(rows - 1) + ", column 1"));
  }
  CHECK(fit(matrix_view(numbers.data(), 0, columns)).error().code() == millrace::errc::invalid_argument);
  CHECK(fit(matrix_view(numbers.data(), rows, 0, columns)).error().code() == millrace::errc::shape_mismatch);
}

/// Weights and targets that are none, too few or not finite. `fit` takes targets and weights for `rows` rows.
template <class Fit>
void refuses_bad_targets(Fit&& fit, const std::vector<float>& targets) {
  using millrace::errc;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  auto changed = targets;
  changed[2] = nan;
  CHECK(fit(changed, {}).error().code() == errc::not_finite);
  CHECK_THAT(fit(changed, {}).error().message(), ContainsSubstring("row 2"));
  changed = targets;
  changed.pop_back();
  CHECK(fit(changed, {}).error().code() == errc::shape_mismatch);
  std::vector<float> weights(targets.size(), 1.0F);
  CHECK(fit(targets, weights));
  weights[1] = -1;
  CHECK(fit(targets, weights).error().code() == errc::out_of_range);
  CHECK_THAT(fit(targets, weights).error().message(), ContainsSubstring("row 1"));
  weights[1] = nan;
  CHECK(fit(targets, weights).error().code() == errc::not_finite);
  weights.assign(targets.size(), 0.0F);
  CHECK(fit(targets, weights).error().code() == errc::invalid_data);
  weights.pop_back();
  CHECK(fit(targets, weights).error().code() == errc::shape_mismatch);
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_FITTED_MODELS_HPP
