#include <millrace/model/trees/isolation_forest.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/cluster_rows.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>
#include <support/isolation_reference.hpp>

#include <laws/aggregator.hpp>
#include <millrace/model/evaluation/measures.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace mr = millrace;
using mr::model::isolation_forest;
using mr::model::matrix_view;

namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

/// As unusual_rows in tests/oracle/isolation.py: the last 40 lie anywhere.
std::vector<float> unusual_rows(std::uint64_t seed, std::size_t columns) {
  auto made = support::cluster_rows(seed, 800, columns, 4, 0.08);
  support::word_source word{seed + 100};
  for (std::size_t i = 0; i < 40 * columns; ++i) made.push_back(static_cast<float>(3 * word() / 0x1p24 - 1));
  return made;
}

/// Reads the trees of a saved forest.
struct reader {
  const std::byte* at;
  template <class T>
  T next() {
    T value;
    std::memcpy(&value, at, sizeof value);
    at += sizeof value;
    return value;
  }
  /// The path of a row in the part of a tree that begins here.
  double path(std::span<const float> row, bool walked) {
    const auto kind = next<std::uint8_t>();
    if (kind == 0) return walked ? next<double>() : (next<double>(), 0.0);
    const auto column = next<std::uint32_t>();
    const auto threshold = next<float>();
    const bool right = std::isnan(row[column]) ? kind == 2 : row[column] > threshold;
    const double below = path(row, walked && !right);
    return below + path(row, walked && right);
  }
};

}  // namespace

TEST_CASE("isolation forest: mean paths are scikit-learn's, by the usual formula") {
  for (const reference::path& of : reference::paths)
    CHECK(mr::model::detail::average_path(of.rows) == Approx(of.mean).epsilon(1e-14));
}

TEST_CASE("isolation forest: scores and the area under the ROC curve agree with scikit-learn's") {
  for (const reference::isolation& of : reference::isolations) {
    const auto numbers = unusual_rows(of.seed, of.columns);
    const matrix_view rows(numbers, of.columns);
    std::vector<int> odd(840, 0);
    std::fill(odd.begin() + 800, odd.end(), 1);
    double auc = 0, usual = 0, unusual = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const auto fitted = isolation_forest::fit(rows, {.seed = seed});
      REQUIRE(fitted);
      std::vector<double> scores(840);
      fitted->predict(rows, scores);
      for (std::size_t i = 0; i < 840; ++i) (i < 800 ? usual : unusual) += scores[i];
      for (double& one : scores) one = -one;
      auc += *mr::model::roc_auc(odd, scores);
    }
    CHECK(auc / 20 == Approx(of.auc).margin(0.005));
    CHECK(usual / 20 / 800 == Approx(of.usual).margin(0.004));
    CHECK(unusual / 20 / 40 == Approx(of.unusual).margin(0.01));
  }
}

TEST_CASE("isolation forest: the probability of a split is uniform over the range and over the columns that vary") {
  // Trees of two rows: one split. Column 0 is constant, 1 and 2 vary: each is drawn half of the time, and a row between
  // the two goes left with the probability of its place.
  const std::vector<float> numbers{5, 0, 0, 5, 1, 10};
  const auto fitted = isolation_forest::fit(matrix_view(numbers, 3), {.trees = 20'000});
  REQUIRE(fitted);
  CHECK(fitted->subsample() == 2);
  const auto bytes = fitted->save();
  // Root and two leaves: kind (1), column (4), threshold (4), and twice kind (1) and path (8).
  const std::size_t head = 16 + 16 + 32;
  std::size_t second = 0;
  double sum = 0;
  for (std::size_t tree = 0; tree < 20'000; ++tree) {
    const std::byte* const at = bytes.data() + head + tree * 27;
    REQUIRE(at[0] != std::byte{0});
    const auto column = std::to_integer<unsigned>(at[1]);
    float threshold = 0;
    std::memcpy(&threshold, at + 5, 4);
    REQUIRE((column == 1 || column == 2));
    second += column == 2 ? 1U : 0U;
    sum += double{threshold} / (column == 2 ? 10 : 1);
    REQUIRE(threshold >= 0);
    REQUIRE(threshold < (column == 2 ? 10 : 1));
  }
  CHECK(std::fabs(static_cast<double>(second) - 10'000) < 4 * std::sqrt(5'000));
  CHECK(sum / 20'000 == Approx(0.5).margin(4 * std::sqrt(1.0 / 12 / 20'000)));
}

TEST_CASE("isolation forest: rows drawn for a tree are drawn without replacement, each as often as any other") {
  // Rows that are all different: with 8 of 8 rows, every tree separates all, and the leaves' paths sum up to that.
  const std::vector<float> numbers{0, 1, 2, 3, 4, 5, 6, 7};
  const auto fitted = isolation_forest::fit(matrix_view(numbers, 1), {.trees = 400, .subsample = 3});
  REQUIRE(fitted);
  CHECK(fitted->subsample() == 3);
  CHECK(fitted->trees() == 400);
  // In a tree of three different rows and depth 2 a path is 1 or 2; rows drawn twice would make it 0 + c(3) or 1 +
  // c(2).
  for (std::size_t i = 0; i < 8; ++i) {
    const double score = (*fitted)(matrix_view(numbers, 1).row(i));
    const double mean = -std::log2(-score) * mr::model::detail::average_path(3);
    CHECK(mean >= 1);
    CHECK(mean <= 2);
  }
}

TEST_CASE("isolation forest: which machine behaves unlike the others") {
  // [isolation_forest]
  // CPU load and requests a second of a day; one hour is busy without requests.
  std::vector<float> hours;
  for (int hour = 0; hour < 200; ++hour) {
    const float requests = static_cast<float>(100 + 10 * (hour % 17));
    hours.insert(hours.end(), {requests / 400 + static_cast<float>(hour % 5) / 100, requests});
  }
  hours.insert(hours.end(), {0.9F, 20.0F});
  const auto fitted = mr::model::isolation_forest::fit(mr::model::matrix_view(hours, 2), {.contamination = 0.01});
  if (!fitted) throw std::runtime_error(fitted.error().describe());
  const std::vector<float> odd{0.95F, 15.0F};
  const std::vector<float> usual{0.4F, 160.0F};
  const double score = (*fitted)(odd);                                       // the lower, the more unusual
  const bool found = fitted->is_outlier(odd) && !fitted->is_outlier(usual);  // by the share of outliers stated above
  // [/isolation_forest]
  CHECK(score < -0.6);
  CHECK(found);
}

TEST_CASE("isolation forest: a row has the same bits alone and in a batch, and none allocates") {
  for (const std::size_t columns : {1U, 3U, 30U, 400U, 700U}) {  // 700: too wide for tiles
    auto numbers = support::cluster_rows(columns, 203, columns, 3, 0.3);
    for (std::size_t i = 0; i < numbers.size(); i += 97) numbers[i] = missing;
    const matrix_view rows(numbers, columns);
    for (const std::size_t subsample : {2U, 5U, 16U, 203U}) {
      const auto fitted = isolation_forest::fit(rows, {.trees = 21, .subsample = subsample});
      REQUIRE(fitted);
      std::vector<double> batch(203);
      CHECK(support::allocations_of([&] { fitted->predict(rows, batch); }) == 0);
      for (std::size_t i = 0; i < 203; ++i) {
        double alone = 0;
        CHECK(support::allocations_of([&] { fitted->predict(rows.row(i), std::span(&alone, 1)); }) == 0);
        REQUIRE(alone == batch[i]);
        REQUIRE((*fitted)(rows.row(i)) == batch[i]);
        REQUIRE(alone >= -1);
        REQUIRE(alone < 0);
      }
      // A view of a part of the rows, and of rows that lie apart.
      std::vector<double> part(100);
      fitted->predict(matrix_view(numbers.data() + columns, 100, columns), part);
      CHECK(std::equal(part.begin(), part.end(), batch.begin() + 1));
      fitted->predict(matrix_view(numbers.data(), 100, columns, 2 * columns), part);
      for (std::size_t i = 0; i < 100; ++i) REQUIRE(part[i] == batch[2 * i]);
    }
  }
  STATIC_REQUIRE(noexcept(std::declval<const isolation_forest&>().predict(matrix_view(), std::span<double>())));
}

TEST_CASE("isolation forest: walks agree with a reading of the saved trees") {
  auto numbers = support::cluster_rows(9, 300, 4, 3, 0.4);
  for (std::size_t i = 0; i < 400; i += 7) numbers[i] = missing;
  const matrix_view rows(numbers, 4);
  const auto fitted = isolation_forest::fit(rows, {.trees = 11, .subsample = 64});
  REQUIRE(fitted);
  const auto bytes = fitted->save();
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    reader from{bytes.data() + 16 + 16 + 32};
    double sum = 0;
    for (int tree = 0; tree < 11; ++tree) sum += from.path(rows.row(i), true);
    REQUIRE((*fitted)(rows.row(i)) == Approx(-std::exp2(-sum / 11 / mr::model::detail::average_path(64))));
  }
}

TEST_CASE("isolation forest: missing features at fit and when asked") {
  // A column that only few rows have: having it is unusual.
  std::vector<float> numbers;
  for (int i = 0; i < 256; ++i) numbers.insert(numbers.end(), {static_cast<float>(i % 16), i < 3 ? 1.0F : missing});
  const matrix_view rows(numbers, 2);
  const auto fitted = isolation_forest::fit(rows);
  REQUIRE(fitted);
  double rare = 0, usual = 0;
  for (std::size_t i = 0; i < 3; ++i) rare += (*fitted)(rows.row(i)) / 3;
  for (std::size_t i = 100; i < 164; ++i) usual += (*fitted)(rows.row(i)) / 64;
  CHECK(rare < usual - 0.1);
  // A column that is missing throughout parts nothing, but may be there later.
  for (std::size_t i = 1; i < numbers.size(); i += 2) numbers[i] = missing;
  const auto other = isolation_forest::fit(rows);
  REQUIRE(other);
  CHECK((*other)(std::vector<float>{3, 7}) == (*other)(std::vector<float>{3, missing}));
  // Where none was missing at fit, a missing one goes with most rows.
  const auto third = isolation_forest::fit(matrix_view(std::vector<float>{0, 1, 2, 3, 4, 5, 6, 1000}, 1));
  REQUIRE(third);
  CHECK((*third)(std::vector<float>{missing}) > (*third)(std::vector<float>{1000}));
}

TEST_CASE("isolation forest: one row, equal rows, infinities and huge numbers when asked") {
  const std::vector<float> same{1, 2, 1, 2, 1, 2};
  const auto one = isolation_forest::fit(matrix_view(same.data(), 1, 2));
  REQUIRE(one);
  CHECK((*one)(std::vector<float>{1, 2}) == -0.5);
  CHECK((*one)(std::vector<float>{9, missing}) == -0.5);
  const auto equal = isolation_forest::fit(matrix_view(same, 2), {.contamination = 0.5});
  REQUIRE(equal);
  CHECK((*equal)(std::vector<float>{1, 2}) == Approx(-0.5));
  CHECK_FALSE(isolation_forest::fit(matrix_view(same, 2))->is_outlier(std::vector<float>{1, 2}));
  CHECK_FALSE(equal->is_outlier(std::vector<float>{1, 2}));
  const std::vector<float> huge{-3e38F, 3e38F, 0, 1e-45F, 1e-38F};
  const auto wide = isolation_forest::fit(matrix_view(huge, 1));
  REQUIRE(wide);
  for (const float x : {-infinity, infinity, 3.4e38F, -0.0F}) {
    const double score = (*wide)(std::vector<float>{x});
    CHECK(score >= -1);
    CHECK(score < 0);
  }
  CHECK((*wide)(std::vector<float>{infinity}) == (*wide)(std::vector<float>{3.2e38F}));
}

TEST_CASE("isolation forest: the threshold is the quantile of the training scores that contamination states") {
  const auto numbers = unusual_rows(4, 3);
  const matrix_view rows(numbers, 3);
  CHECK(isolation_forest::fit(rows)->threshold() == -0.5);
  for (const double share : {0.01, 0.1, 0.33, 0.5}) {
    const auto fitted = isolation_forest::fit(rows, {.contamination = share});
    REQUIRE(fitted);
    std::size_t odd = 0;
    for (std::size_t i = 0; i < rows.rows(); ++i) odd += fitted->is_outlier(rows.row(i)) ? 1U : 0U;
    CHECK(static_cast<double>(odd) == Approx(share * 840).margin(1.01));
  }
}

TEST_CASE("isolation forest: refusals name the option, the row or the column") {
  std::vector<float> numbers{1, 2, 3, 4, 5, 6};
  const matrix_view rows(numbers, 2);
  using mr::errc;
  const auto refused = [&](const mr::model::isolation_forest_options& with, errc code, const char* text,
                           const matrix_view& table) {
    const auto fitted = isolation_forest::fit(table, with);
    REQUIRE_FALSE(fitted);
    CHECK(fitted.error().code() == code);
    CHECK(fitted.error().message().find(text) != std::string::npos);
  };
  refused({.trees = 0}, errc::invalid_argument, "option trees", rows);
  refused({.trees = ~std::size_t{0}}, errc::invalid_argument, "option trees", rows);
  refused({.subsample = 0}, errc::invalid_argument, "option subsample", rows);
  refused({.trees = 2'000'000, .subsample = 1024}, errc::invalid_argument, "option trees", rows);
  CHECK(isolation_forest::fit(rows, {.subsample = ~std::size_t{0}})->subsample() == 3);
  refused({.contamination = -0.1}, errc::invalid_argument, "option contamination", rows);
  refused({.contamination = 0.6}, errc::invalid_argument, "option contamination", rows);
  refused({.contamination = std::nan("")}, errc::invalid_argument, "option contamination", rows);
  refused({}, errc::invalid_argument, "no rows", matrix_view(numbers.data(), 0, 2));
  refused({}, errc::shape_mismatch, "no columns", matrix_view(numbers.data(), 3, 0));
  numbers[3] = infinity;
  refused({}, errc::not_finite, "row 1, column 1 is infinite", rows);
}

TEST_CASE(
    "isolation forest: the same seed gives the same bytes on any number of threads; saved, loaded, golden and hostile "
    "bytes") {
  const auto numbers = unusual_rows(5, 2);
  const matrix_view rows(numbers, 2);
  const auto fitted = isolation_forest::fit(rows, {.trees = 5, .subsample = 24, .contamination = 0.05});
  REQUIRE(fitted);
  CHECK(isolation_forest::fit(rows, {.trees = 5, .subsample = 24, .contamination = 0.05})->save() == fitted->save());
  for (const std::size_t count : {2U, 3U, 8U})
    CHECK(isolation_forest::fit(rows, {.trees = 5, .subsample = 24, .contamination = 0.05}, mr::model::threads(count))
              ->save() == fitted->save());
  CHECK(isolation_forest::fit(rows, {.trees = 5, .subsample = 24, .contamination = 0.05, .seed = 2})->save() !=
        fitted->save());
  const isolation_forest old = support::from_golden("model/isolation_forest.bin", *fitted);
  CHECK(old.threshold() == fitted->threshold());
  CHECK(old.inputs() == 2);
  CHECK(old.outputs() == 1);
  for (std::size_t i = 0; i < rows.rows(); ++i) REQUIRE(old(rows.row(i)) == (*fitted)(rows.row(i)));
  CHECK(old(std::vector<float>{missing, 0}) == (*fitted)(std::vector<float>{missing, 0}));
  const auto use = [](const isolation_forest& loaded) {
    std::vector<float> row(std::min<std::size_t>(loaded.inputs(), 1U << 20), 1);
    if (row.size() == loaded.inputs()) {
      const double score = loaded(row);
      CHECK(score >= -1);
      CHECK(score < 0);
    }
    CHECK(isolation_forest::load(loaded.save()).has_value());
  };
  const auto few = isolation_forest::fit(rows, {.trees = 2, .subsample = 4});
  laws::hostile_bytes(*few, use);
  laws::hostile_payload(*few, support::reseal, use, 5, 2000);
}

TEST_CASE("isolation forest: rows of fewer columns are NaN, one by one and together") {
  std::vector<float> numbers(200 * 4);
  mr::random_engine random(79);
  for (float& x : numbers) x = static_cast<float>(random.normal());
  const auto fitted = mr::model::isolation_forest::fit(mr::model::matrix_view(numbers, 4)).value();
  const mr::model::matrix_view narrow(numbers.data(), 40, 3, 4);
  std::vector<double> out(40);
  fitted.predict(narrow, out);
  for (const double x : out) CHECK(std::isnan(x));
  CHECK(std::isnan(fitted(narrow.row(0))));
  CHECK_FALSE(fitted.is_outlier(narrow.row(0)));
  std::vector<double> few(20);
  fitted.predict(mr::model::matrix_view(numbers, 4), few);
  for (std::size_t i = 0; i < 20; ++i) CHECK(few[i] == fitted(std::span(numbers).subspan(4 * i, 4)));
}

TEST_CASE("isolation forest: every CPU's kernel gives the bits of rows alone, for trees of any depth") {
  namespace d = mr::model::detail;
  mr::random_engine random(80);
  for (const unsigned depth : {1U, 4U, 5U, 9U}) {
    d::isolation_trees trees(11, depth);
    for (std::size_t tree = 0; tree < 11; ++tree)
      for (unsigned level = 0; level <= depth; ++level)
        for (std::size_t place = std::size_t{1} << level; place < std::size_t{2} << level; ++place)
          if (level == depth)
            trees.set_path(tree, place, level, random.uniform() * depth);
          else if (random.below(6) != 0)  // else it parts nothing
            trees.set_split(tree, place, random.below(7), static_cast<float>(random.below(5)), random.below(2) == 1);
    for (const std::size_t count : {0U, 15U, 16U, 31U, 47U, 300U}) {
      std::vector<float> numbers(count * 7);
      for (float& x : numbers) x = random.below(60) == 0 ? std::nanf("") : static_cast<float>(random.below(7)) - 1;
      const mr::model::matrix_view rows(numbers.data(), count, 7);
      for (const std::size_t bytes : {16U, 32U, 64U}) {
        if ((bytes == 32 && !mr::detail::cpu_has_avx2()) || (bytes == 64 && !mr::detail::cpu_has_avx512())) continue;
        std::vector<double> sums(count + 1, -1);
        CHECK(support::allocations_of([&] { trees.sums(rows, sums.data(), d::isolation_trees::kernel_of(bytes)); }) ==
              0);
        for (std::size_t i = 0; i < count; ++i) REQUIRE(sums[i] == trees.sum(rows.row(i).data(), 7));
        CHECK(sums[count] == -1);
      }
    }
  }
}
