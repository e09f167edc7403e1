#ifndef MILLRACE_TESTS_SUPPORT_BATCHES_HPP
#define MILLRACE_TESTS_SUPPORT_BATCHES_HPP

#include <support/catch.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/feature/batch/batch_plan.hpp>
#include <millrace/feature/batch/batch_summary.hpp>
#include <millrace/feature/tables/json_rows.hpp>
#include <millrace/feature/tables/table.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace support {

inline millrace::feature::table rows_of(std::string_view json) {
  auto made = millrace::feature::read_json_rows(std::string(json));
  if (!made) FAIL(made.error().describe());
  return *std::move(made);
}
inline millrace::feature::batch_summary summary_of(std::string_view plan) {
  auto read = millrace::feature::batch_plan_of(plan);
  if (!read) FAIL(read.error().describe());
  auto made = millrace::feature::batch_summary::make(*std::move(read));
  REQUIRE(made);
  return *std::move(made);
}

inline constexpr std::int64_t minute = 60'000'000'000;

/// Events at random: a time (some are missing), a service of three (some are missing), a user of many, a value of wide
/// range (some are NaN or infinite), a count.
inline millrace::feature::table random_events(std::uint64_t seed, std::size_t rows) {
  namespace mf = millrace::feature;
  millrace::random_engine random(seed);
  mf::column time{.name = "timestamp", .kind = mf::column_kind::time};
  mf::column service{.name = "service", .kind = mf::column_kind::category, .texts = {"eu", "us", "asia"}};
  mf::column user{.name = "user", .kind = mf::column_kind::category};
  mf::column value{.name = "value"}, count{.name = "count"};
  for (int i = 0; i < 500; ++i) user.texts.push_back("user " + std::to_string(i));
  for (std::size_t i = 0; i < rows; ++i) {
    const auto at = static_cast<std::int64_t>(random.below(300)) * minute / 2 - 30 * minute;
    time.times.push_back(random.uniform() < 0.02 ? mf::column::no_time : at);
    service.codes.push_back(random.uniform() < 0.05 ? mf::column::no_text
                                                    : static_cast<std::uint32_t>(random.below(3)));
    user.codes.push_back(static_cast<std::uint32_t>(random.below(500)));
    double x = 1000 * random.uniform() - 100;
    if (random.uniform() < 0.1) x *= 1e9;
    if (random.uniform() < 0.05) x = std::numeric_limits<double>::quiet_NaN();
    if (random.uniform() < 0.002) x = std::numeric_limits<double>::infinity();
    if (random.uniform() < 0.01) x = random.uniform() < 0.5 ? -0.0 : 0.0;
    value.numbers.push_back(x);
    count.numbers.push_back(static_cast<double>(random.below(7)));
  }
  mf::table made;
  for (mf::column* one : {&time, &service, &user, &value, &count}) REQUIRE(made.add(std::move(*one)));
  return made;
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_BATCHES_HPP
