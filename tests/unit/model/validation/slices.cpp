#include <millrace/model/validation/slices.hpp>

#include <millrace/model/validation/splits.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

namespace mr = millrace;
namespace model = millrace::model;
using mr::errc;

TEST_CASE("slices have the measure of their rows, the fewest rows first, at a level that holds for all") {
  const std::vector<int> labels{0, 1, 1, 0, 1, 0, 1, 1, 0, 1};
  const std::vector<int> classes{0, 1, 0, 0, 1, 1, 1, 1, 0, 0};
  const std::vector<int> countries{7, 7, 7, 3, 3, 7, 7, 3, 5, 5};
  // [slices]
  const auto accuracy = [&](std::span<const std::size_t> rows, double confidence) {
    return mr::model::accuracy_interval(mr::model::gather(labels, rows), mr::model::gather(classes, rows), confidence);
  };
  const auto table = mr::model::measure_slices(countries, accuracy);
  if (!table) throw std::runtime_error(table.error().describe());
  const auto& rarest = table->slices.front();  // rarest.group, rarest.rows, rarest.measure->value and ->interval
  // [/slices]
  REQUIRE(table->slices.size() == 3);
  CHECK(rarest.group == 5);
  CHECK(rarest.rows == 2);
  CHECK(rarest.measure->value == 0.5);
  CHECK(table->slices[1].group == 3);
  CHECK(table->slices[2].rows == 5);
  CHECK(table->slices[2].measure->value == 0.6);
  CHECK(table->all.value == 0.7);
  CHECK(table->all.interval.level == 0.95);
  CHECK(table->level == Approx(1 - 0.05 / 3).epsilon(1e-14));
  const auto expected = mr::stats::wilson_interval({3, 5}, table->level);
  CHECK(table->slices[2].measure->interval.lower == expected->lower);
}

TEST_CASE("a slice that cannot be measured says why, and the others stand") {
  const std::vector<int> labels{0, 1, 1, 1, 0, 1};
  const std::vector<double> scores{0.1, 0.9, 0.8, 0.7, 0.3, 0.6};
  const std::vector<int> groups{0, 0, 1, 1, 0, 0};
  const auto auc = [&](std::span<const std::size_t> rows, double confidence) -> mr::result<model::measured> {
    auto found = model::roc_auc_interval(model::gather(labels, rows), model::gather(scores, rows), confidence);
    if (!found) return std::move(found).error();
    return model::measured{found->value, found->interval};
  };
  const auto table = model::measure_slices(groups, auc);
  REQUIRE(table);
  CHECK(table->slices[0].measure.error().code() == errc::invalid_data);
  CHECK(table->slices[1].measure->value == 1);
  const std::vector<int> same(6, 1);
  const auto whole = [&](std::span<const std::size_t>, double) -> mr::result<model::measured> {
    return mr::error(errc::invalid_data, "one class only");
  };
  CHECK_THAT(model::measure_slices(same, whole).error().describe(), ContainsSubstring("all rows: one class only"));
  CHECK(model::measure_slices({}, auc).error().code() == errc::invalid_argument);
  CHECK(model::measure_slices(groups, auc, 1.0).error().code() == errc::out_of_range);
}

TEST_CASE("slices by identifiers that are no int are refused, not put together") {
  const std::vector<std::int64_t> users = {1, 5'000'000'000, 6'000'000'000};
  const auto found = mr::model::measure_slices(users, [](std::span<const std::size_t> rows, double) {
    return mr::model::measured{static_cast<double>(rows.size()), {}};
  });
  REQUIRE_FALSE(found);
  CHECK_THAT(found.error().message(), ContainsSubstring("groups: the number of row 1"));
}

TEST_CASE("numbers go to the bucket whose edge they have reached, NaN to none") {
  const std::vector<double> edges{18, 65};
  const std::vector<double> ages{17.9, 18, 64, 65, 99, std::nan(""), -std::numeric_limits<double>::infinity()};
  CHECK(model::bucket_numbers(ages, edges) == std::vector<int>{0, 1, 1, 2, 2, -1, 0});
}

TEST_CASE("slices of rows with weights: the measure gathers them, and has intervals of the effective rows") {
  const std::vector<int> labels{0, 1, 1, 0, 1, 0};
  const std::vector<int> classes{0, 1, 0, 0, 0, 1};
  const std::vector<int> groups{7, 7, 7, 3, 3, 3};
  const std::vector<float> weights{2, 1, 3, 0, 0, 0};
  const auto accuracy = [&](std::span<const std::size_t> rows, double confidence) {
    return model::accuracy_interval(model::gather(labels, rows), model::gather(classes, rows), confidence,
                                    model::gather(weights, rows));
  };
  const auto table = model::measure_slices(groups, accuracy);
  REQUIRE(table);
  CHECK(table->slices[0].measure.error().code() == errc::invalid_data);  // no weight in it
  REQUIRE(table->slices[1].measure);
  CHECK(table->slices[1].measure->value == 0.5);
  const auto expected = mr::stats::wilson_interval(mr::stats::weighted_proportion(3, 6, 14), table->level);
  CHECK(table->slices[1].measure->interval.upper == expected->upper);
  CHECK(table->all.value == 0.5);
}
