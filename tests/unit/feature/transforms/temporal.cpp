#include <millrace/feature/transforms/temporal.hpp>

#include <support/catch.hpp>
#include <support/features.hpp>

#include <chrono>
#include <cmath>
#include <limits>
#include <optional>

namespace mf = millrace::feature;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using support::alone;
using support::row_of;

TEST_CASE("parts of a moment are those of the standard library's calendar, in years of all centuries") {
  using event = support::one<sys_seconds>;
  const auto set = alone<sys_seconds>(mf::temporal<"at", mf::hour, mf::weekday, mf::day, mf::month>(&event::x));
  for (int year = -401; year < 3000; year += 7)
    for (unsigned month = 1; month <= 12; ++month)
      for (const unsigned day : {1U, 28U}) {
        const sys_days date = std::chrono::year(year) / static_cast<int>(month) / static_cast<int>(day);
        const unsigned hour = (static_cast<unsigned>(year + 500) + month) % 24;
        const auto row = row_of(set, {sys_seconds(date) + std::chrono::hours(hour) + std::chrono::minutes(59)});
        const unsigned weekday = std::chrono::weekday(date).iso_encoding() - 1;
        if (row != std::vector<float>{static_cast<float>(hour), static_cast<float>(weekday), static_cast<float>(day),
                                      static_cast<float>(month)})
          FAIL("year " << year << ", month " << month);
      }
  CHECK(set.names() == std::vector<std::string>{"at.hour", "at.weekday", "at.day", "at.month"});
}

TEST_CASE("moments of any unit, at the ends of what it counts, are rounded down to their second") {
  using nanoseconds = std::chrono::sys_time<std::chrono::nanoseconds>;
  using event = support::one<nanoseconds>;
  const auto set = alone<nanoseconds>(mf::temporal<"at", mf::hour>(&event::x));
  CHECK(row_of(set, {nanoseconds(std::chrono::nanoseconds(-1))})[0] == 23);
  CHECK(row_of(set, {nanoseconds(std::chrono::nanoseconds(0))})[0] == 0);
  using seconds_event = support::one<sys_seconds>;
  const auto far = alone<sys_seconds>(mf::temporal<"at", mf::hour>(&seconds_event::x));
  CHECK(row_of(far, {sys_seconds::max()})[0] == 15);  // 2^63 - 1 s after 1970
  CHECK(row_of(far, {sys_seconds::min()})[0] == 8);
}

TEST_CASE("moments as fractions may be missing, infinite or out of any calendar") {
  using moment = std::chrono::sys_time<std::chrono::duration<double>>;
  using event = support::one<moment>;
  const auto set = alone<moment>(
      mf::temporal<"at", mf::hour>(&event::x, mf::missing(mf::flag), mf::not_finite(mf::flag), mf::outside(mf::flag)));
  const auto at = [](double seconds) { return moment(std::chrono::duration<double>(seconds)); };
  CHECK(row_of(set, {at(3599.9)}) == std::vector<float>{0, 0, 0, 0});
  CHECK(row_of(set, {at(-0.1)}) == std::vector<float>{23, 0, 0, 0});
  CHECK(support::same_rows(row_of(set, {at(support::no_number)}), std::vector<float>{NAN, 1, 0, 0}));
  CHECK(support::same_rows(row_of(set, {at(support::infinity)}), std::vector<float>{NAN, 0, 1, 0}));
  CHECK(support::same_rows(row_of(set, {at(1e300)}), std::vector<float>{NAN, 0, 0, 1}));
  using maybe = support::one<std::optional<sys_seconds>>;
  const auto optional = alone<std::optional<sys_seconds>>(mf::temporal<"at", mf::hour, mf::cyclic<mf::day>>(&maybe::x));
  CHECK(support::same_rows(row_of(optional, {}), std::vector<float>{NAN, NAN, NAN}));
}

TEST_CASE("cyclic parts are a point on a circle, the first of each at its top") {
  using event = support::one<sys_seconds>;
  const auto set = alone<sys_seconds>(
      mf::temporal<"at", mf::cyclic<mf::hour>, mf::cyclic<mf::month>, mf::cyclic<mf::weekday>>(&event::x));
  CHECK(set.names() == std::vector<std::string>{"at.hour.sin", "at.hour.cos", "at.month.sin", "at.month.cos",
                                                "at.weekday.sin", "at.weekday.cos"});
  const sys_days monday = std::chrono::year(2024) / 1 / 1;
  CHECK(row_of(set, {sys_seconds(monday)}) == std::vector<float>{0, 1, 0, 1, 0, 1});
  const auto row = row_of(set, {sys_seconds(monday) + std::chrono::hours(23)});
  CHECK(row[0] == Approx(-std::sin(3.14159265358979 / 12)));
  CHECK(row[1] == Approx(std::cos(3.14159265358979 / 12)));
}
