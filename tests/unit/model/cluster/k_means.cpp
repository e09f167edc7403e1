#include <millrace/model/cluster/k_means.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/cluster_reference.hpp>
#include <support/cluster_rows.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <laws/aggregator.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <set>
#include <stdexcept>
#include <vector>

namespace mr = millrace;
using mr::model::k_means;
using mr::model::matrix_view;

namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

double squared_distance(const k_means& model, std::span<const float> row, std::size_t cluster) {
  double sum = 0;
  for (std::size_t c = 0; c < row.size(); ++c) sum += std::pow(double{row[c]} - model.centre(cluster, c), 2);
  return sum;
}

/// The lowest inertia of all ways to part rows into clusters.
double lowest_inertia(const matrix_view& rows, std::size_t clusters) {
  double lowest = std::numeric_limits<double>::infinity();
  std::vector<std::size_t> label(rows.rows(), 0);
  for (;;) {
    double inertia = 0;
    for (std::size_t k = 0; k < clusters; ++k)
      for (std::size_t c = 0; c < rows.columns(); ++c) {
        double sum = 0, squares = 0, count = 0;
        for (std::size_t i = 0; i < rows.rows(); ++i)
          if (label[i] == k) {
            sum += double{rows(i, c)};
            squares += double{rows(i, c)} * double{rows(i, c)};
            ++count;
          }
        if (count > 0) inertia += squares - sum * sum / count;
      }
    lowest = std::min(lowest, inertia);
    std::size_t at = 0;
    while (at < label.size() && ++label[at] == clusters) label[at++] = 0;
    if (at == label.size()) return lowest;
  }
}

/// Lloyd's iterations in double precision, without bounds.
std::vector<double> plain_lloyd(const mr::model::detail::row_blocks& blocks, std::vector<double> centres) {
  const std::size_t columns = blocks.columns();
  const std::size_t clusters = centres.size() / columns;
  std::vector<std::size_t> labels(blocks.rows(), clusters);
  for (bool changed = true; changed;) {
    changed = false;
    std::vector<double> sums(centres.size()), counts(clusters);
    for (std::size_t i = 0; i < blocks.rows(); ++i) {
      std::size_t best = 0;
      double least = std::numeric_limits<double>::infinity();
      for (std::size_t k = 0; k < clusters; ++k) {
        double squared = 0;
        for (std::size_t c = 0; c < columns; ++c)
          squared += std::pow(double{blocks.at(i, c)} - centres[k * columns + c], 2);
        if (squared < least) {
          least = squared;
          best = k;
        }
      }
      changed = changed || labels[i] != best;
      labels[i] = best;
      ++counts[best];
      for (std::size_t c = 0; c < columns; ++c) sums[best * columns + c] += double{blocks.at(i, c)};
    }
    for (std::size_t j = 0; j < centres.size(); ++j) centres[j] = sums[j] / counts[j / columns];
  }
  return centres;
}

}  // namespace

TEST_CASE("k-means: the inertia is not above scikit-learn's, in the mean and in the worst of 20 seeds") {
  for (const reference::clustering& of : reference::clusterings) {
    const auto numbers = support::cluster_rows(of.seed, of.rows, of.columns, of.groups, of.spread);
    const matrix_view rows(numbers, of.columns);
    double sum = 0, highest = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const auto fitted = k_means::fit(rows, {.clusters = of.groups, .restarts = 1, .seed = seed});
      REQUIRE(fitted);
      sum += fitted->inertia();
      highest = std::max(highest, fitted->inertia());
    }
    CHECK(sum / 20 <= of.mean * 1.005);
    CHECK(highest <= of.highest * 1.01);
    const auto best = k_means::fit(rows, {.clusters = of.groups, .restarts = 20});
    REQUIRE(best);
    CHECK(best->inertia() <= of.lowest * 1.005);
  }
}

TEST_CASE("k-means: of a few rows, the best of all partitions is found") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto numbers = support::cluster_rows(seed, 9, 2, 2, 0.4);
    const matrix_view rows(numbers, 2);
    const auto fitted = k_means::fit(rows, {.clusters = 3, .restarts = 20, .tolerance = 0});
    REQUIRE(fitted);
    CHECK(fitted->inertia() == Approx(lowest_inertia(rows, 3)).epsilon(1e-6));
  }
}

TEST_CASE("k-means: without tolerance, centres are the means of their rows, and rows are nearest to their centre") {
  for (const std::size_t columns : {1U, 3U, 10U, 40U}) {  // 40 x 12 numbers are many enough for bounds
    const auto numbers = support::cluster_rows(7 + columns, 1003, columns, 12, 0.3);
    const matrix_view rows(numbers, columns);
    const auto fitted = k_means::fit(rows, {.clusters = 12, .restarts = 2, .tolerance = 0});
    REQUIRE(fitted);
    std::vector<std::uint32_t> labels(rows.rows());
    fitted->nearest(rows, labels);
    std::vector<double> sums(12 * columns), counts(12);
    double inertia = 0;
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      const double own = squared_distance(*fitted, rows.row(i), labels[i]);
      inertia += own;
      ++counts[labels[i]];
      for (std::size_t c = 0; c < columns; ++c) sums[labels[i] * columns + c] += double{rows(i, c)};
      for (std::size_t k = 0; k < 12; ++k) REQUIRE(squared_distance(*fitted, rows.row(i), k) >= own * (1 - 1e-12));
    }
    CHECK(fitted->inertia() == Approx(inertia).epsilon(1e-12));
    for (std::size_t k = 0; k < 12; ++k)
      for (std::size_t c = 0; c < columns; ++c)
        CHECK(fitted->centre(k, c) == Approx(sums[k * columns + c] / counts[k]).margin(1e-6));
  }
}

TEST_CASE("k-means: Hamerly's bounds change no label") {
  // From the same start as plain iterations in double precision. The centres have 300 numbers: enough for bounds.
  std::size_t longest = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const auto numbers = support::cluster_rows(seed, 1000, 30, 10, 0.3 * static_cast<double>(seed));
    mr::model::detail::row_blocks blocks(matrix_view(numbers, 30), {});
    mr::random_engine random(seed);
    const auto start = mr::model::detail::seeding(blocks, random).run(10);
    mr::model::detail::lloyd bounded(blocks, start, false);
    longest = std::max(longest, bounded.run(300, 0));
    const auto centres = plain_lloyd(blocks, start);
    for (std::size_t j = 0; j < centres.size(); ++j) REQUIRE(bounded.centres()[j] == Approx(centres[j]).margin(1e-9));
  }
  CHECK(longest > 10);
}

TEST_CASE("k-means: every instruction set finds the same bits") {
  namespace d = mr::model::detail;
  const auto numbers = support::cluster_rows(11, 160, 7, 4, 0.7);
  const d::row_blocks blocks(matrix_view(numbers, 7), {});
  const auto centres = support::cluster_rows(12, 8, 7, 8, 0);
  const std::vector<double> exact(centres.begin(), centres.end());
  const d::centre_table table(exact, 7);
  std::array<d::block_nearest, 10> plain{}, other{};
  std::array<float, 10 * 64> apart{}, also{};
  std::array<double, 8> narrow{}, wide{};
  d::nearest_baseline(blocks.block(0), 10, 7, centres.data(), 2, plain.data());
  d::distances_baseline<4>(blocks.block(0), 10, 7, centres.data(), apart.data());
  const auto compare = [&](auto nearest, auto distances, auto eight) {
    nearest(blocks.block(0), 10, 7, centres.data(), 2, other.data());
    distances(blocks.block(0), 10, 7, centres.data(), also.data());
    CHECK(std::memcmp(plain.data(), other.data(), sizeof plain) == 0);
    CHECK(apart == also);
    for (std::size_t i = 0; i < 20; ++i) {
      d::eight_distances_baseline(numbers.data() + 7 * i, 7, exact.data(), narrow.data());
      eight(numbers.data() + 7 * i, 7, exact.data(), wide.data());
      CHECK(narrow == wide);
    }
  };
  if (mr::detail::cpu_has_avx2()) compare(d::nearest_avx2, d::distances_avx2<4>, d::eight_distances_avx2);
  if (mr::detail::cpu_has_avx512()) compare(d::nearest_avx512, d::distances_avx512<4>, d::eight_distances_avx512);
}

TEST_CASE("k-means: the same seed gives the same bytes; a row alone and in a batch the same bits; none allocates") {
  const auto numbers = support::cluster_rows(3, 500, 6, 5, 0.3);
  const matrix_view rows(numbers, 6);
  const auto fitted = k_means::fit(rows, {.clusters = 11, .seed = 4});
  REQUIRE(fitted);
  CHECK(k_means::fit(rows, {.clusters = 11, .seed = 4})->save() == fitted->save());
  CHECK(k_means::fit(rows, {.clusters = 11, .seed = 5})->save() != fitted->save());
  for (const std::size_t count : {2U, 3U, 7U}) {
    mr::model::threads some(count);
    CHECK(k_means::fit(rows, {.clusters = 11, .seed = 4}, {}, some)->save() == fitted->save());
  }
  CHECK(fitted->inputs() == 6);
  CHECK(fitted->outputs() == 1);
  CHECK(fitted->clusters() == 11);
  CHECK(fitted->iterations() >= 1);
  std::vector<double> batch(500), apart(11);
  std::vector<std::uint32_t> labels(500);
  CHECK(support::allocations_of([&] {
          fitted->predict(rows, batch);
          fitted->nearest(rows, labels);
          fitted->distances(rows.row(0), apart);
        }) == 0);
  for (std::size_t i = 0; i < 500; ++i) {
    double alone = -1;
    fitted->predict(rows.row(i), std::span(&alone, 1));
    REQUIRE(alone == batch[i]);
    REQUIRE((*fitted)(rows.row(i)) == batch[i]);
    REQUIRE(labels[i] == batch[i]);
    fitted->distances(rows.row(i), apart);
    for (std::size_t k = 0; k < 11; ++k) REQUIRE(apart[k] >= apart[labels[i]]);
  }
  STATIC_REQUIRE(noexcept(fitted->predict(rows, batch)));
}

TEST_CASE("k-means: groups of machines by their load") {
  // [k_means]
  // Machines by CPU load and memory use; columns of one unit need no scaling.
  const std::vector<float> machines{.1F, .2F, .15F, .1F, .9F, .8F, .85F, .9F, .1F, .9F, .2F, .95F};
  const auto fitted = mr::model::k_means::fit(mr::model::matrix_view(machines, 2), {.clusters = 3});
  if (!fitted) throw std::runtime_error(fitted.error().describe());  // names the row and column at fault
  const std::vector<float> machine{.12F, .85F};
  const std::uint32_t group = fitted->nearest(machine);
  const double memory = fitted->centre(group, 1);  // 0.925: what its group uses
  std::vector<double> distances(fitted->clusters());
  fitted->distances(machine, distances);
  // [/k_means]
  CHECK(memory == Approx(0.925));
  CHECK(distances[group] < 0.1);
}

TEST_CASE("k-means: a row of weight n is n rows, one of weight 0 is none") {
  const auto numbers = support::cluster_rows(21, 60, 3, 3, 0.2);
  std::vector<float> weights, repeated;
  for (std::size_t i = 0; i < 60; ++i) {
    weights.push_back(static_cast<float>(i % 4));
    for (std::size_t n = 0; n < i % 4; ++n)
      repeated.insert(repeated.end(), numbers.begin() + long(3 * i), numbers.begin() + long(3 * i + 3));
  }
  const k_means one = *k_means::fit(matrix_view(numbers, 3), {.clusters = 3, .restarts = 20, .tolerance = 0}, weights);
  const k_means other = *k_means::fit(matrix_view(repeated, 3), {.clusters = 3, .restarts = 20, .tolerance = 0});
  CHECK(one.inertia() == Approx(other.inertia()));
  // A heavy weight that leaves a cluster takes nothing of the light ones along.
  std::vector<float> lopsided(60, 1e-20F);
  lopsided[7] = 1e20F;
  const auto fitted = k_means::fit(matrix_view(numbers, 3), {.clusters = 4, .restarts = 3, .tolerance = 0}, lopsided);
  REQUIRE(fitted);
  CHECK(squared_distance(*fitted, matrix_view(numbers, 3).row(7), fitted->nearest(matrix_view(numbers, 3).row(7))) <
        1e-12);
}

TEST_CASE("k-means: a cluster that loses its rows starts again from the farthest row") {
  // Two groups of rows far apart, and three centres of which one is nearest to nothing.
  const std::vector<float> numbers{0, 1, 2, 100, 101, 110};
  const mr::model::detail::row_blocks blocks(matrix_view(numbers, 1), {});
  const double shift = -blocks.original(0, 0);
  mr::model::detail::lloyd iterations(blocks, {1 + shift, 101 + shift, -5000}, false);
  iterations.run(20, 0);
  std::set<double> found;
  for (const double x : iterations.centres()) found.insert(std::round(10 * (x - shift)));
  CHECK(found == std::set<double>{10, 1005, 1100});
}

TEST_CASE("k-means: fewer distinct rows than clusters leave copies, to which no row is nearest") {
  std::vector<float> numbers;
  for (int i = 0; i < 100; ++i)
    numbers.insert(numbers.end(), {static_cast<float>(i % 5), static_cast<float>(-(i % 5))});
  const matrix_view rows(numbers, 2);
  CHECK(k_means::fit(rows, {.clusters = 5})->inertia() == 0);
  const auto fitted = k_means::fit(rows, {.clusters = 8});
  REQUIRE(fitted);
  CHECK(fitted->inertia() == 0);
  std::set<std::uint32_t> used;
  for (std::size_t i = 0; i < rows.rows(); ++i) used.insert(fitted->nearest(rows.row(i)));
  CHECK(used.size() == 5);
}

TEST_CASE("k-means: one row, constant columns, numbers huge, tiny and far from 0") {
  const std::vector<float> row{1, 2, 3};
  const auto one = k_means::fit(matrix_view(row, 3), {.clusters = 1});
  REQUIRE(one);
  CHECK(one->centre(0, 1) == 2);
  CHECK(one->inertia() == 0);
  const auto unit = support::cluster_rows(31, 200, 2, 4, 0.02);
  for (const double scale : {3e38, 1e-42, 1e-10}) {
    std::vector<float> scaled;
    for (const float x : unit) scaled.push_back(static_cast<float>(std::fmod(double{x}, 1) * scale));
    const auto fitted = k_means::fit(matrix_view(scaled, 2), {.clusters = 4, .restarts = 5});
    REQUIRE(fitted);
    CHECK(std::isfinite(fitted->inertia()));
    if (scale < 1) CHECK(fitted->inertia() < 200 * 0.01 * scale * scale);
  }
  std::vector<float> shifted;
  for (const float x : unit) shifted.insert(shifted.end(), {x + 1e5F, 7});
  const auto fitted = k_means::fit(matrix_view(shifted, 2), {.clusters = 4, .restarts = 5});
  REQUIRE(fitted);
  CHECK(fitted->centre(2, 1) == 7);
  CHECK(fitted->inertia() < 400 * 0.01);
}

TEST_CASE("k-means: a row asked about may lack features and may be infinite") {
  const std::vector<float> numbers{0, 0, 10, 1, 0, 100, 10, 101};
  const auto fitted = k_means::fit(matrix_view(numbers, 2), {.clusters = 4});
  REQUIRE(fitted);
  const std::uint32_t high = fitted->nearest(std::array{9.0F, missing});
  CHECK(fitted->centre(high, 0) == 10);
  CHECK(fitted->nearest(std::array{missing, missing}) == 0);
  CHECK(fitted->nearest(std::array{infinity, 0.0F}) == 0);
  double apart[4];
  fitted->distances(std::array{missing, 50.0F}, apart);
  for (std::size_t k = 0; k < 4; ++k) CHECK(apart[k] == std::fabs(50 - fitted->centre(k, 1)));
}

TEST_CASE("k-means: refusals name the option, the row or the column") {
  std::vector<float> numbers{1, 2, 3, 4, 5, 6};
  const matrix_view rows(numbers, 2);
  using mr::errc;
  const auto refused = [&](const mr::model::k_means_options& with, errc code, const char* text,
                           std::vector<float> weights = {}, matrix_view table = {}) {
    const auto fitted = k_means::fit(table.data() != nullptr ? table : rows, with, weights);
    REQUIRE_FALSE(fitted);
    CHECK(fitted.error().code() == code);
    CHECK(fitted.error().message().find(text) != std::string::npos);
  };
  refused({.clusters = 0}, errc::invalid_argument, "option clusters must be");
  refused({.clusters = 4}, errc::invalid_argument, "4 clusters of 3 rows");
  refused({.clusters = 3}, errc::invalid_argument, "3 clusters of 2 rows", {1, 0, 1});
  refused({.clusters = 1, .restarts = 0}, errc::invalid_argument, "restarts");
  refused({.clusters = 1, .iterations = 0}, errc::invalid_argument, "iterations");
  refused({.clusters = 1, .tolerance = -1}, errc::invalid_argument, "tolerance");
  refused({.clusters = 1, .tolerance = std::nan("")}, errc::invalid_argument, "tolerance");
  refused({.clusters = 1}, errc::shape_mismatch, "there are 2 weights for 3 rows", {1, 1});
  refused({.clusters = 1}, errc::out_of_range, "the weight of row 1 is negative", {1, -1, 1});
  refused({.clusters = 1}, errc::not_finite, "the weight of row 2 is NaN", {1, 1, missing});
  refused({.clusters = 1}, errc::not_finite, "the weight of row 0 is infinite", {infinity, 1, 1});
  refused({.clusters = 1}, errc::invalid_data, "every weight is 0", {0, 0, 0});
  refused({}, errc::invalid_argument, "there are no rows", {}, matrix_view(numbers.data(), 0, 2));
  refused({}, errc::invalid_argument, "the rows have no columns", {}, matrix_view(numbers, 0));
  refused({}, errc::shape_mismatch, "no columns", {}, matrix_view(numbers.data(), 3, 0));
  numbers[3] = missing;
  refused({.clusters = 1}, errc::not_finite, "row 1, column 1 is NaN");
  numbers[3] = -infinity;
  refused({.clusters = 1}, errc::not_finite, "row 1, column 1 is infinite");
  // Rows with a gap between them: what stands in the gap does not matter.
  const std::vector<float> wide{1, missing, 2, missing, 3, missing};
  CHECK(k_means::fit(matrix_view(wide.data(), 3, 1, 2), {.clusters = 3})->inertia() == 0);
}

TEST_CASE("k-means: saved and loaded, the bytes of the first release, and hostile bytes") {
  const auto numbers = support::cluster_rows(41, 80, 2, 3, 0.1);
  const auto fitted = k_means::fit(matrix_view(numbers, 2), {.clusters = 3});
  REQUIRE(fitted);
  const k_means old = support::from_golden("model/k_means.bin", *fitted);
  CHECK(old.inertia() == fitted->inertia());
  for (std::size_t i = 0; i < 80; ++i)
    CHECK(old.nearest(matrix_view(numbers, 2).row(i)) == fitted->nearest(matrix_view(numbers, 2).row(i)));
  const auto use = [](const k_means& loaded) {
    std::vector<float> row(loaded.inputs(), 1);
    CHECK(loaded.nearest(row) < loaded.clusters());
    CHECK(k_means::load(loaded.save()).has_value());
  };
  laws::hostile_bytes(*fitted, use);
  laws::hostile_payload(*fitted, support::reseal, use, 5, 3000);
  auto bytes = fitted->save();
  const double endless = std::numeric_limits<double>::infinity();
  std::memcpy(bytes.data() + bytes.size() - 12, &endless, 8);  // the last coordinate
  support::reseal(bytes);
  CHECK(k_means::load(bytes).error().code() == mr::errc::corrupt);
}
