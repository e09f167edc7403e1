#include <millrace/feature/series/history.hpp>

#include <millrace/aggregate.hpp>

#include <support/catch.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace mf = millrace::feature;
namespace mr = millrace;
using namespace std::chrono_literals;

namespace {

struct swipe {
  std::string card;
  double amount = 0;
  std::optional<std::chrono::sys_seconds> at;
};
swipe made(const char* card, double amount, long long at) {
  return {card, amount, std::chrono::sys_seconds(std::chrono::seconds(at))};
}
auto recent() {
  return mf::make_history<swipe>(&swipe::card, &swipe::at, mf::window<"spent", mr::sum, 60s>(&swipe::amount),
                                 mf::window<"count", mr::count, 60s, mr::duration{}, 30s>(&swipe::amount),
                                 mf::window<"median", mr::median, 60s, 10s>(&swipe::amount),
                                 mf::rolling<"mean_3", mr::mean, 3>(&swipe::amount), mf::lag<"before">(&swipe::amount),
                                 mf::lag<"two_before", 2>(&swipe::amount), mf::difference<"change">(&swipe::amount),
                                 mf::elapsed<"since">());
}
std::vector<float> next(auto& of, const swipe& one) {
  std::vector<float> row(8, -99);
  of(one, row);
  return row;
}
std::vector<swipe> random_swipes(std::size_t count, bool in_order) {
  std::mt19937_64 draw(7);
  std::vector<swipe> all;
  long long now = 1'000'000;
  for (std::size_t i = 0; i < count; ++i) {
    now += static_cast<long long>(draw() % 12);
    const long long back = in_order ? 0 : static_cast<long long>(draw() % 4 == 0 ? draw() % 40 : 0);
    all.push_back(made(draw() % 3 == 0   ? "A"
                       : draw() % 2 == 0 ? "B"
                                         : "C",
                       draw() % 9 == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(draw() % 100),
                       now - back));
  }
  return all;
}
bool same(std::span<const float> a, std::span<const float> b) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!(a[i] == b[i] || (a[i] != a[i] && b[i] != b[i]))) return false;
  return a.size() == b.size();
}

}  // namespace

TEST_CASE("an event's history is that of its key before it, never itself") {
  auto of = recent();
  auto row = next(of, made("A", 5, 100));
  CHECK(row[0] == 0);
  CHECK(row[1] == 0);
  for (const std::size_t i : {2U, 3U, 4U, 5U, 6U, 7U}) CHECK(std::isnan(row[i]));
  (void)next(of, made("B", 1000, 110));
  row = next(of, made("A", 7, 120));
  CHECK(row[0] == 5);
  CHECK(row[1] == 1);
  CHECK(row[3] == 5);
  CHECK(row[4] == 5);
  CHECK(std::isnan(row[5]));
  CHECK(row[6] == 2);
  CHECK(row[7] == 20);
  row = next(of, made("A", 1, 161));  // 100 is 61 seconds ago
  CHECK(row[0] == 7);
  CHECK(row[5] == 5);
  CHECK(row[3] == 6);
  CHECK(of.keys() == 2);
}

TEST_CASE("windows, lags and rolling means agree with the events counted one by one") {
  const auto events = random_swipes(600, true);
  auto of = recent();
  std::vector<float> rows(events.size() * of.width);
  REQUIRE(of.replay(events, rows));
  for (std::size_t i = 0; i < events.size(); ++i) {
    double sum = 0;
    double count = 0;
    std::vector<double> before;
    for (std::size_t j = 0; j < i; ++j) {
      if (events[j].card != events[i].card) continue;
      before.push_back(events[j].amount);
      if (*events[j].at > *events[i].at - 60s && !std::isnan(events[j].amount)) sum += events[j].amount, ++count;
    }
    const float* const row = &rows[i * 8];
    CHECK(row[0] == Approx(sum));
    CHECK(row[1] == Approx(count));
    const auto back = [&](std::size_t n) {
      return before.size() >= n ? before[before.size() - n] : std::numeric_limits<double>::quiet_NaN();
    };
    CHECK((row[4] == back(1) || (std::isnan(row[4]) && std::isnan(back(1)))));
    CHECK((row[5] == back(2) || (std::isnan(row[5]) && std::isnan(back(2)))));
    const double change = events[i].amount - back(1);
    CHECK((row[6] == change || (std::isnan(row[6]) && std::isnan(change))));
    std::vector<double> present;
    for (std::size_t k = before.size(); k-- > 0 && present.size() < 3;)
      if (!std::isnan(before[k])) present.push_back(before[k]);
    double mean = 0;
    for (const double x : present) mean += x / static_cast<double>(present.size());
    if (!present.empty()) CHECK(row[3] == Approx(mean));
  }
}

TEST_CASE("to replay the order of arrival gives the bits that the events had when they came, late ones too") {
  const auto events = random_swipes(500, false);
  auto served = recent();
  std::vector<std::vector<float>> came;
  for (std::size_t i = 0; i < events.size(); ++i) {
    came.push_back(next(served, events[i]));
    if (i == 211) {  // the service stops, and goes on with what it saved
      auto back = recent().load(served.save());
      REQUIRE(back);
      CHECK(back->save() == served.save());
      served = std::move(*back);
    }
  }
  CHECK(served.late() > 10);
  auto trained = recent();
  std::vector<float> rows(events.size() * trained.width);
  REQUIRE(trained.replay(events, rows));
  for (std::size_t i = 0; i < events.size(); ++i) CHECK(same(came[i], std::span(rows).subspan(i * 8, 8)));
  CHECK(trained.save() == served.save());
}

TEST_CASE("a late event has no features, and only windows of enough lateness remember it") {
  auto of = recent();
  (void)next(of, made("A", 5, 100));
  for (const float x : next(of, made("A", 7, 90))) CHECK(std::isnan(x));
  CHECK(of.late() == 1);
  const auto row = next(of, made("A", 1, 101));
  CHECK(row[0] == 5);
  CHECK(row[1] == 2);
  CHECK(row[4] == 5);
  (void)next(of, made("A", 1, 60));
  CHECK(next(of, made("A", 1, 101))[1] == 3);
}

TEST_CASE("an event is asked about without being remembered, as often as one likes") {
  auto of = recent();
  (void)next(of, made("A", 5, 100));
  const auto before = of.save();
  std::vector<float> first(8);
  std::vector<float> second(8);
  of.read(made("A", 9, 100), first);
  of.read(made("A", 9, 100), second);
  CHECK(same(first, second));
  CHECK(of.save() == before);
  of.read(made("Z", 9, 100), first);
  CHECK(of.keys() == 1);
  of.remember(made("A", 9, 100));  // two branches of a program read it, one remembers it: it counts once
  CHECK(next(of, made("A", 1, 101))[1] == 2);
}

TEST_CASE("an event without key or time is not remembered and has no features") {
  auto of = recent();
  for (const float x : next(of, made("", 5, 100))) CHECK(std::isnan(x));
  for (const float x : next(of, {"A", 5, {}})) CHECK(std::isnan(x));
  CHECK(of.unknown() == 2);
  CHECK(of.keys() == 0);
}

TEST_CASE("keys are bounded: idle ones make room, and without any a new one is not remembered") {
  auto of = recent();
  of.keep(2, 100s);
  (void)next(of, made("A", 1, 0));
  (void)next(of, made("B", 2, 90));
  CHECK(next(of, made("C", 3, 95))[1] == 0);
  CHECK(of.overflow() == 1);
  (void)next(of, made("C", 3, 150));  // A is 150 seconds old
  CHECK(of.keys() == 2);
  CHECK(next(of, made("C", 3, 151))[1] == 1);
  CHECK(next(of, made("B", 3, 151))[4] == 2);
}

TEST_CASE("a history of other parts, and damaged bytes, are refused") {
  const auto other = mf::make_history<swipe>(&swipe::card, &swipe::at, mf::lag<"before", 2>(&swipe::amount));
  const auto one = mf::make_history<swipe>(&swipe::card, &swipe::at, mf::lag<"before", 1>(&swipe::amount));
  CHECK(other.load(one.save()).error().describe() ==
        "a saved history holds [before: lag(1)], expected [before: lag(2)]");
  auto of = recent();
  for (const auto& event : random_swipes(20, true)) (void)next(of, event);
  const auto bytes = of.save();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto hurt = bytes;
    hurt[i] ^= static_cast<std::byte>(1U << (i % 8));
    CHECK_FALSE(recent().load(hurt));
    support::reseal(hurt);
    auto loaded = recent().load(hurt);
    if (loaded && i + 4 < bytes.size()) {
      CHECK(loaded->save() == hurt);
      (void)next(*loaded, made("A", 1, 2'000'000));
    }
  }
  std::vector<float> few(3);
  CHECK(of.replay(random_swipes(2, true), few).error().code() == mr::errc::shape_mismatch);
  CHECK(recent().names()[3] == "mean_3");
}

TEST_CASE("histories of the first release load and go on") {
  auto of = recent();
  for (const auto& event : random_swipes(60, true)) (void)next(of, event);
  const auto bytes = support::golden("feature/history.bin");
  CHECK(of.save() == bytes);
  auto old = recent().load(bytes);
  REQUIRE(old);
  const auto later = made("A", 3, 2'000'000);
  CHECK(same(next(*old, later), next(of, later)));
}
