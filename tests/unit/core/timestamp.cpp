#include <millrace/core/timestamp.hpp>

#include <support/catch.hpp>

#include <ctime>

namespace mr = millrace;

TEST_CASE("a moment is written as ISO 8601, UTC, to the microsecond") {
  CHECK(mr::to_iso8601(0) == "1970-01-01T00:00:00.000000Z");
  // date -u -d 2000-02-29T23:59:59 +%s (GNU coreutils 9.1)
  CHECK(mr::to_iso8601(951868799'123456789) == "2000-02-29T23:59:59.123456Z");
  CHECK(mr::to_iso8601(4107542400'000000000) == "2100-03-01T00:00:00.000000Z");
}

TEST_CASE("every day from 1970 to 2200 agrees with the C library") {
  for (std::time_t day = 0; day < 230 * 366; ++day) {
    const std::time_t at = day * 86'400 + 45'296;  // 12:34:56
    std::tm expected{};
    ::gmtime_r(&at, &expected);
    const mr::calendar_time got = mr::to_calendar(static_cast<std::uint64_t>(at) * 1'000'000'000U);
    const bool same = got.year == expected.tm_year + 1900 && static_cast<int>(got.month) == expected.tm_mon + 1 &&
                      static_cast<int>(got.day) == expected.tm_mday && static_cast<int>(got.hour) == expected.tm_hour &&
                      static_cast<int>(got.minute) == expected.tm_min &&
                      static_cast<int>(got.second) == expected.tm_sec;
    if (!same) FAIL("day " << day);
  }
}
