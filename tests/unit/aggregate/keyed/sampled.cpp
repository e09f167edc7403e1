#include <millrace/aggregate/keyed/sampled.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/extremes.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/members/sums.hpp>
#include <millrace/aggregate/sketches/kll.hpp>

#include <laws/aggregator.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <cmath>
#include <span>
#include <vector>

namespace mr = millrace;

namespace {

using statistics = mr::aggregate<mr::count, mr::mean, mr::variance>;

std::vector<double> stream(std::size_t size, std::uint64_t seed) {
  mr::random_engine random(seed);
  std::vector<double> made(size);
  for (double& x : made) x = 10 + random.normal();
  return made;
}

}  // namespace

TEST_CASE("one of each stretch is taken, and weighs as much as all") {
  mr::sampled<mr::aggregate<mr::count, mr::sum, mr::first>> s(10, 1);
  for (int i = 0; i < 1000; ++i) s.update(static_cast<double>(i / 10));
  CHECK(s.seen() == 1000);
  CHECK(s.aggregate().get<mr::count>() == 100);
  CHECK(s.aggregate().get<mr::sum>() == 10 * 4950.0);  // every stretch has one value, ten times
  CHECK(s.aggregate().get<mr::first>() == 0);
}

TEST_CASE("a span does what its items do one by one, to the bit") {
  const auto x = stream(10'000, 2);
  for (const std::uint64_t every : {1U, 2U, 7U, 64U, 3000U}) {
    mr::sampled<statistics> singles(every, 3), spans(every, 3);
    for (const double v : x) singles.update(v);
    mr::random_engine random(4);
    for (std::span<const double> left(x); !left.empty();) {
      const std::size_t now = 1 + random.below(random.below(2) != 0 ? 5 : left.size());
      spans.update(left.first(std::min(now, left.size())));
      left = left.subspan(std::min(now, left.size()));
    }
    CHECK(singles.save() == spans.save());
    CHECK(singles.aggregate().items() >= 10'000 / every);
  }
}

TEST_CASE("means and quantiles are without bias") {
  double error = 0;
  double rank = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto x = stream(5000, 100 + seed);
    double mean = 0;
    for (const double v : x) mean += v / 5000;
    mr::sampled<statistics> s(16, seed);
    s.update(std::span<const double>(x));
    error += s.aggregate().get<mr::mean>() - mean;
    mr::sampled<mr::kll<200>> q(16, seed);
    q.update(std::span<const double>(x));
    CHECK(q.aggregate().count() == Approx(5000).margin(16));
    rank += q.aggregate().rank(10) - 0.5;
  }
  // 312 of 5000: a standard error of 0.055 for one mean, 0.0078 for fifty; 0.028 and 0.004 for a rank.
  CHECK(std::fabs(error / 50) < 0.03);
  CHECK(std::fabs(rank / 50) < 0.016);
}

TEST_CASE("sampled aggregates merge, save and load") {
  const auto x = stream(1000, 5);
  mr::sampled<statistics> a(8, 6), b(8, 7), c(9, 8);
  a.update(std::span<const double>(x).first(500));
  b.update(std::span<const double>(x).subspan(500));
  REQUIRE(a.merge(b).has_value());
  CHECK(a.seen() == 1000);
  CHECK(a.aggregate().get<mr::mean>() == Approx(10).margin(0.5));
  CHECK_FALSE(a.merge(c).has_value());
  const auto same = [](const auto& p, const auto& q) { CHECK(p.save() == q.save()); };
  laws::save_and_load(a, same);
  laws::save_and_go_on(a, std::span<const double>(x), same);
  const auto use = [](mr::sampled<statistics>& s) {
    s.update(1.0);
    s.update(std::span<const double>(std::vector<double>(40, 2.0)));
    auto other = s;
    (void)other.merge(s);
    CHECK(mr::sampled<statistics>::load(other.save()).has_value());
  };
  laws::hostile_bytes(a, use);
  laws::hostile_payload(a, support::reseal, use, 9, 2000);
}

TEST_CASE("a saved sampled aggregate whose generator is all zeros is refused") {
  mr::sampled<mr::aggregate<mr::count>> s(3, 6);
  std::vector<std::byte> bytes = s.save();
  const std::size_t payload = 16 + std::string_view("sampled").size();
  for (std::size_t i = 0; i < 32; ++i) bytes[payload + 32 + i] = std::byte{0};
  support::reseal(bytes);
  const auto loaded = mr::sampled<mr::aggregate<mr::count>>::load(bytes);
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code() == mr::errc::corrupt);
}

TEST_CASE("sampled aggregates keep their saved form: golden bytes give the same answers and the same bytes") {
  mr::sampled<statistics> s(8, 6);
  const auto stream = support::golden_stream();
  for (std::size_t i = 0; i < 100; ++i) s.update(stream[i]);
  auto back = support::from_golden("aggregate/sampled.bin", s);
  CHECK(back.seen() == 100);
  CHECK(back.aggregate().get<mr::mean>() == s.aggregate().get<mr::mean>());
  for (std::size_t i = 100; i < 200; ++i) {
    s.update(stream[i]);
    back.update(stream[i]);
  }
  CHECK(back.save() == s.save());
}
