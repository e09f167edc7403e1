#include <millrace/feature/series/parts.hpp>

#include <millrace/aggregate/members/extremes.hpp>
#include <millrace/aggregate/members/sums.hpp>
#include <millrace/feature/series/history.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace mf = millrace::feature;
namespace mr = millrace;

namespace {
struct reading {
  int sensor = 0;
  double value = 0;
  mr::time_point at;
};
}  // namespace

TEST_CASE("parts describe what they keep, so that saved bytes of others are not taken for theirs") {
  std::string text;
  decltype(mf::window<"a", mr::sum, mr::seconds(60)>(&reading::value))::describe(text);
  CHECK(text == "a: window(sum, 60000000000ns, 0ns, 0ns)");
  text.clear();
  decltype(mf::rolling<"b", mr::max, 5>(&reading::value))::describe(text);
  CHECK(text == "b: rolling(max, 5)");
  text.clear();
  decltype(mf::difference<"c", 7>(&reading::value))::describe(text);
  CHECK(text == "c: difference(7)");
  text.clear();
  decltype(mf::elapsed<"d">())::describe(text);
  CHECK(text == "d: elapsed");
}

TEST_CASE("rolling extremes over the last events, by an integer key and a time of the library's own") {
  auto of = mf::make_history<reading>(&reading::sensor, &reading::at, mf::rolling<"low", mr::min, 2>(&reading::value),
                                      mf::rolling<"high", mr::max, 2>(&reading::value));
  std::vector<float> row(2);
  const double values[] = {3, 1, 4, 1, 5};
  const float low[] = {0, 3, 1, 1, 1};
  const float high[] = {0, 3, 3, 4, 4};
  for (int i = 0; i < 5; ++i) {
    of({7, values[i], mr::time_point(i)}, row);
    if (i == 0) {
      CHECK(std::isnan(row[0]));
    } else {
      CHECK(row[0] == low[i]);
      CHECK(row[1] == high[i]);
    }
  }
}

TEST_CASE("the time since the last event is exact to the nanosecond, today and between the ends of time") {
  auto of = mf::make_history<reading>(&reading::sensor, &reading::at, mf::elapsed<"since">());
  std::vector<float> row(1);
  of({1, 0, mr::time_point(1'700'000'000'000'000'000)}, row);
  of({1, 0, mr::time_point(1'700'000'000'000'000'003)}, row);
  CHECK(row[0] == Approx(3e-9F));
  of({1, 0, mr::time_point(1'700'000'000'000'000'103)}, row);
  CHECK(row[0] == Approx(1e-7F));
  of({2, 0, mr::time_point((std::numeric_limits<std::int64_t>::min)())}, row);
  of({2, 0, mr::time_point((std::numeric_limits<std::int64_t>::max)())}, row);
  CHECK(row[0] == Approx(18446744073.7F));
}

TEST_CASE("where no key is idle, new ones beyond the most do not look at all others") {
  auto of = mf::make_history<reading>(&reading::sensor, &reading::at, mf::elapsed<"since">());
  of.keep(50'000, mr::seconds(100));
  std::vector<float> row(1);
  for (int i = 0; i < 150'000; ++i) of({i, 0, mr::time_point(i)}, row);  // minutes, if each did
  CHECK(of.keys() == 50'000);
  CHECK(of.overflow() == 100'000);
  // The first 20,001 keys are idle at last, and make room together.
  of({-1, 0, mr::time_point(100'000'020'001)}, row);
  CHECK(of.keys() == 30'000);
  // A new key may have happened before all others, and is then the first to go.
  for (int i = 0; i < 20'000; ++i) of({1'000'000 + i, 0, mr::time_point(5)}, row);
  CHECK(of.keys() == 50'000);
  of({-2, 0, mr::time_point(100'000'020'002)}, row);
  CHECK(of.keys() == 30'000);
}
