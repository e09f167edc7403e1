#include <millrace/feature/tables/dates.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace mf = millrace::feature;

namespace {

/// "2024-01-31 14:30", or "none".
std::string said(std::string_view text, mf::date_order order) {
  std::int64_t value = 0;
  return mf::read_time(text, order, value) ? mf::date_text(value) : "none";
}

std::int64_t nanoseconds(std::string_view text, mf::date_order order = mf::date_order::year_first) {
  std::int64_t value = -1;
  REQUIRE(mf::read_time(text, order, value));
  return value;
}

}  // namespace

TEST_CASE("dates need an order where three numbers have none") {
  using enum mf::date_order;
  CHECK(said("31/01/2024", day_first) == "2024-01-31");
  CHECK(said("01/31/2024", month_first) == "2024-01-31");
  CHECK(said("3.4.24", day_first) == "2024-04-03");
  CHECK(said("3.4.24", month_first) == "none");  // points stand behind a day alone
  CHECK(said("31/01/2024", month_first) == "none");
  CHECK(said("01/31/2024", day_first) == "none");
  for (const auto order : {iso, year_first, automatic}) CHECK(said("03/04/2024", order) == "none");
  for (const auto order : {iso, year_first, day_first, month_first, automatic}) {
    CHECK(said("2024-01-31", order) == "2024-01-31");
    CHECK(said("2024-01-31T14:30:00Z", order) == "2024-01-31 14:30");
  }
}

TEST_CASE("a year in front and a month's name need none") {
  for (const char* text : {"2024/1/31", "2024.01.31", "31 Jan 2024", "Jan 31, 2024", "31-JAN-24", "31 January 2024",
                           "january 31 2024", "Jan. 31, 2024"}) {
    CAPTURE(text);
    CHECK(said(text, mf::date_order::year_first) == "2024-01-31");
    CHECK(said(text, mf::date_order::iso) == "none");
  }
  CHECK(said("4-Jan-70", mf::date_order::day_first) == "1970-01-04");
  CHECK(said("4-Jan-68", mf::date_order::day_first) == "2068-01-04");
  for (const char* none :
       {"", "3-4", "12:30", "2024", "v1.2.3", "2024-02-30", "2024-13-01", "31 Janu 2024", "2024/01-31", "31 Jan 999",
        "1/2/2024x", "2024-1-1T", "12/2024", "Jan 2024", "1 2 2024", "1677/1/1"})
    CHECK(said(none, mf::date_order::day_first) == "none");
}

TEST_CASE("a time of the day may stand behind a date, in twelve hours or with a zone") {
  const std::int64_t hour = 3'600'000'000'000;
  CHECK(nanoseconds("1970/1/1 1:30 PM") == 13 * hour + hour / 2);
  CHECK(nanoseconds("1970/1/1 12:00 AM") == 0);
  CHECK(nanoseconds("1970/1/1 12:00pm") == 12 * hour);
  CHECK(nanoseconds("1970/1/1 7:05:06.25 am") == 7 * hour + 306'250'000'000);
  CHECK(nanoseconds("1970/1/1T00:00:00,1234567899") == 123'456'789);
  CHECK(nanoseconds("1970/1/1 1:00 UTC") == hour);
  CHECK(nanoseconds("1970/1/1 6:00+06:00") == 0);
  CHECK(nanoseconds("1970/1/1 6:00 -0530") == 11 * hour + hour / 2);
  CHECK(nanoseconds("1970/1/1 6:00+06") == 0);
  CHECK(nanoseconds("31/12/1969 23:59", mf::date_order::day_first) == -60'000'000'000);
  for (const char* none :
       {"1970/1/1 13:00 PM", "1970/1/1 0:30 am", "1970/1/1 24:00", "1970/1/1 1:60", "1970/1/1 1:00+15",
        "1970/1/1 1:00+06:7", "1970/1/1 1", "1970/1/1 1:00:61", "1970/1/1 1:00 o'clock"})
    CHECK(said(none, mf::date_order::year_first) == "none");
}

TEST_CASE("moments are told to the minute, before 1970 too") {
  CHECK(mf::date_text(0) == "1970-01-01");
  CHECK(mf::date_text(-60'000'000'000) == "1969-12-31 23:59");
  CHECK(mf::date_text(nanoseconds("1678-01-01")) == "1678-01-01");
  CHECK(mf::date_text(nanoseconds("2261-12-31 23:59:59.9")) == "2261-12-31 23:59");
}
