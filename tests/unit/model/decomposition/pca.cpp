#include <millrace/model/decomposition/pca.hpp>

#include <support/catch.hpp>
#include <support/fitted_models.hpp>
#include <support/golden.hpp>
#include <support/linear_reference.hpp>

#include <cmath>
#include <limits>
#include <vector>

namespace mr = millrace;
using mr::model::matrix_view;
using mr::model::pca;

namespace {

double product(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

TEST_CASE("principal components are scikit-learn's") {
  const matrix_view rows(linear_reference::rows, 5);
  const auto fitted = pca::fit(rows);
  REQUIRE(fitted);
  REQUIRE(fitted->outputs() == 5);
  for (std::size_t k = 0; k < 5; ++k) {
    for (std::size_t j = 0; j < 5; ++j)
      CHECK(fitted->component(k)[j] == Approx(linear_reference::pca_components[5 * k + j]).epsilon(0).margin(1e-10));
    CHECK(fitted->explained_share(k) == Approx(linear_reference::pca_shares[k]).epsilon(1e-10).margin(1e-12));
  }
  support::check_close(fitted->explained_variance(), linear_reference::pca_variances, 1e-10);
  std::vector<double> out(rows.rows() * 5);
  fitted->transform(rows, std::span(out));
  support::check_close(out, linear_reference::pca_rows, 1e-10);
  const auto whitened = pca::fit(rows, {.components = 3, .whiten = true});
  REQUIRE(whitened);
  std::vector<double> three(rows.rows() * 3);
  whitened->transform(rows, std::span(three));
  support::check_close(three, linear_reference::pca_whitened, 1e-10);
}

TEST_CASE("components are at right angles, and all together give the row back") {
  const auto numbers = support::exact_rows(200, 40);
  const matrix_view rows(numbers, 40);
  for (const bool whiten : {false, true}) {
    const auto fitted = pca::fit(rows, {.whiten = whiten});
    REQUIRE(fitted);
    for (std::size_t a = 0; a < 40; ++a)
      for (std::size_t b = 0; b <= a; ++b)
        REQUIRE(product(fitted->component(a), fitted->component(b)) == Approx(a == b ? 1 : 0).margin(1e-12));
    std::vector<double> out(40);
    std::vector<double> back(40);
    fitted->transform(rows.row(7), out);
    fitted->inverse_transform(out, back);
    for (std::size_t j = 0; j < 40; ++j) CHECK(back[j] == Approx(static_cast<double>(rows(7, j))).margin(1e-10));
    double share = 0;
    for (std::size_t k = 0; k < 40; ++k) share += fitted->explained_share(k);
    CHECK(share == Approx(1));
    for (std::size_t k = 1; k < 40; ++k) CHECK(fitted->explained_variance()[k - 1] >= fitted->explained_variance()[k]);
    // A component's variance is that of the rows' numbers.
    double square = 0;
    for (std::size_t i = 0; i < 200; ++i) {
      fitted->transform(rows.row(i), out);
      square += out[3] * out[3];
    }
    CHECK(square / 199 == Approx(whiten ? 1 : fitted->explained_variance()[3]));
  }
}

TEST_CASE("rows on a line, constant columns, and fewer rows than columns") {
  const std::vector<float> line{1, 2, 9, 2, 4, 9, 3, 6, 9, 4, 8, 9};
  const auto fitted = pca::fit(matrix_view(line, 3), {.whiten = true});
  REQUIRE(fitted);
  CHECK(fitted->component(0)[0] == Approx(1 / std::sqrt(5.0)));
  CHECK(fitted->component(0)[2] == Approx(0).margin(1e-15));
  CHECK(fitted->explained_share(0) == Approx(1));
  CHECK(fitted->explained_variance()[1] == 0);
  std::vector<double> out(3);
  fitted->transform(std::vector<float>{1, 2, 9}, std::span(out));
  CHECK(out[1] == 0);
  CHECK(out[2] == 0);
  const auto few = pca::fit(matrix_view(line.data(), 2, 3));
  REQUIRE(few);
  CHECK(few->outputs() == 2);
  const auto flat = pca::fit(matrix_view(std::vector<float>(6, 0.1F), 2));
  REQUIRE(flat);
  CHECK(flat->explained_variance()[0] == 0);
  CHECK(flat->explained_share(0) == 0);
  CHECK(product(flat->component(0), flat->component(0)) == 1);
}

TEST_CASE("the largest coefficient of a component is positive, of equal ones the first") {
  const std::vector<float> opposite{-1, 1, 1, -1, 3, -3, 2, -2};
  const auto fitted = pca::fit(matrix_view(opposite, 2));
  REQUIRE(fitted);
  CHECK(fitted->component(0)[0] == Approx(std::sqrt(0.5)));
  CHECK(fitted->component(0)[1] == Approx(-std::sqrt(0.5)));
}

TEST_CASE("numbers of a row are the same alone and in a batch, take no memory, and are NaN with NaN") {
  const auto numbers = support::exact_rows(30, 7);
  const matrix_view rows(numbers, 7);
  const auto fitted = pca::fit(rows, {.components = 4});
  REQUIRE(fitted);
  std::vector<double> all(30 * 4);
  std::vector<double> one(4);
  const auto taken = support::allocations_of([&] {
    fitted->transform(rows, std::span(all));
    fitted->transform(rows.row(0), one);
  });
  if (support::counts_allocations) CHECK(taken == 0);
  for (std::size_t i = 0; i < 30; ++i) {
    fitted->transform(rows.row(i), one);
    for (std::size_t k = 0; k < 4; ++k) CHECK(one[k] == all[4 * i + k]);
  }
  fitted->transform(std::vector<float>{1, 2, std::nanf(""), 4, 5, 6, 7}, std::span(one));
  for (const double x : one) CHECK(std::isnan(x));
}

TEST_CASE("the scale of rows does not matter, huge or tiny") {
  for (const int power : {118, -120}) {
    auto scaled = linear_reference::scaled;
    for (float& x : scaled) x = std::ldexp(x, power);
    const auto plain = pca::fit(matrix_view(linear_reference::scaled, 5));
    const auto found = pca::fit(matrix_view(scaled, 5));
    REQUIRE(found);
    for (std::size_t k = 0; k < 5; ++k) {
      CHECK(std::ldexp(found->explained_variance()[k], -2 * power) == Approx(plain->explained_variance()[k]));
      for (std::size_t j = 0; j < 5; ++j) CHECK(found->component(k)[j] == Approx(plain->component(k)[j]).margin(1e-12));
    }
  }
}

TEST_CASE("principal components save and load") {
  const auto numbers = support::exact_rows(30, 4);
  for (const bool whiten : {false, true}) {
    const auto fitted = pca::fit(matrix_view(numbers, 4), {.components = 2, .whiten = whiten});
    REQUIRE(fitted);
    const auto bytes = fitted->save();
    const auto back = pca::load(bytes);
    REQUIRE(back);
    CHECK(back->save() == bytes);
    CHECK(back->whitens() == whiten);
    std::vector<double> before(2);
    std::vector<double> after(2);
    fitted->transform(std::span(numbers).first(4), before);
    back->transform(std::span(numbers).first(4), after);
    CHECK(before == after);
    const auto use = [](const pca& found) {
      std::vector<double> row(found.inputs());
      std::vector<double> out(found.outputs());
      found.transform(std::vector<float>(found.inputs(), 1.0F), std::span(out));
      found.inverse_transform(out, row);
      CHECK(pca::load(found.save()));
    };
    laws::hostile_payload(*fitted, support::reseal, use, 17, 2000);
    laws::hostile_bytes(*fitted, use);
  }
}

TEST_CASE("principal components load the bytes of the first release") {
  const std::vector<float> numbers{0, 0, 2, 0, 0, 1, 2, 1};
  auto fitted = pca::fit(matrix_view(numbers, 2), {.components = 1});
  REQUIRE(fitted);
  const auto old = support::from_golden("model/pca.bin", *fitted);
  double out = 0;
  old.transform(std::vector<float>{5, 7}, std::span(&out, 1));
  CHECK(out == 4);
}

TEST_CASE("principal components refuse what is no training data") {
  const auto numbers = support::exact_rows(6, 3);
  support::refuses_bad_rows([](const matrix_view& rows) { return pca::fit(rows); }, numbers, 3);
  CHECK(pca::fit(matrix_view(numbers, 3), {.components = 4}).error().code() == mr::errc::invalid_argument);
  CHECK(pca::fit(matrix_view(numbers.data(), 2, 3), {.components = 3}).error().code() == mr::errc::invalid_argument);
  CHECK(pca::fit(matrix_view(numbers.data(), 1, 3)).error().code() == mr::errc::invalid_data);
}

TEST_CASE("principal components of rows with weights: the variances are NumPy's") {
  const matrix_view rows(linear_reference::rows, 5);
  std::vector<float> weights;
  for (std::size_t i = 0; i < rows.rows(); ++i) weights.push_back(1 + static_cast<float>(i % 4) / 2);
  const auto fitted = pca::fit(rows, {}, weights);
  REQUIRE(fitted);
  support::check_close(fitted->explained_variance(), linear_reference::pca_weighted_variances, 1e-10);
}

TEST_CASE("a row of weight n is n rows for principal components, one of weight 0 is none, and equal weights are none") {
  const auto numbers = support::exact_rows(60, 4);
  std::vector<float> weights, repeated;
  for (std::size_t i = 0; i < 60; ++i) {
    weights.push_back(static_cast<float>(i % 4));
    for (std::size_t k = 0; k < i % 4; ++k) repeated.insert(repeated.end(), &numbers[4 * i], &numbers[4 * i] + 4);
  }
  const auto fitted = pca::fit(matrix_view(numbers, 4), {}, weights);
  const auto wanted = pca::fit(matrix_view(repeated, 4));
  REQUIRE(fitted);
  REQUIRE(wanted);
  const auto copied = [](std::span<const double> of) { return std::vector<double>(of.begin(), of.end()); };
  support::check_close(fitted->means(), copied(wanted->means()), 1e-12);
  for (std::size_t k = 0; k < 4; ++k) {
    support::check_close(fitted->component(k), copied(wanted->component(k)), 1e-10);
    CHECK(fitted->explained_share(k) == Approx(wanted->explained_share(k)).epsilon(1e-10));
    // Rows that differ in weight say less: the variance of fewer rows.
    CHECK(fitted->explained_variance()[k] > wanted->explained_variance()[k]);
  }
  const auto none = pca::fit(matrix_view(numbers, 4), {.components = 2});
  CHECK(pca::fit(matrix_view(numbers, 4), {.components = 2}, std::vector<float>(60, 4.0F))->save() == none->save());
}

TEST_CASE("principal components refuse wrong weights") {
  const auto numbers = support::exact_rows(3, 2);
  const matrix_view rows(numbers, 2);
  CHECK(pca::fit(rows, {}, std::vector<float>{1, 1}).error().code() == mr::errc::shape_mismatch);
  CHECK(pca::fit(rows, {}, std::vector<float>{1, -1, 1}).error().code() == mr::errc::out_of_range);
  CHECK(pca::fit(rows, {}, std::vector<float>{0, 0, 0}).error().code() == mr::errc::invalid_data);
  CHECK(pca::fit(rows, {}, std::vector<float>{0, 3, 0}).error().code() == mr::errc::invalid_data);
}
