#include <millrace/stats/sequential/confidence_sequence.hpp>

#include <support/catch.hpp>
#include <support/detect.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <support/saved_objects.hpp>

namespace mr = millrace;

// tests/oracle/sequential.py: mpmath 1.3.0 at 50 digits.
TEST_CASE("intervals of rates are those of high-precision arithmetic") {
  const auto a = mr::stats::beta_binomial_interval(5, 10, 0.95);
  CHECK(a->lower == Approx(0.11756292407956941).epsilon(1e-13));
  CHECK(a->upper == Approx(0.88243707592043059).epsilon(1e-13));
  const auto b = mr::stats::beta_binomial_interval(1000, 10'000, 0.95);
  CHECK(b->lower == Approx(0.088548802776917276).epsilon(1e-11));
  CHECK(b->upper == Approx(0.11228555525439835).epsilon(1e-11));
  const auto c = mr::stats::beta_binomial_interval(3, 1e6, 0.99);
  CHECK(c->lower == Approx(2.2114517759507269e-8).epsilon(1e-12));
  CHECK(c->upper == Approx(2.052085317215771e-5).epsilon(1e-12));
  const auto d = mr::stats::beta_binomial_interval(1e14, 1e15, 0.95);
  CHECK(d->lower == Approx(0.099999939268107218).epsilon(1e-15));
  CHECK(d->upper == Approx(0.10000006073191464).epsilon(1e-15));
}

TEST_CASE("the ends of a rate's interval are the roots of the mixture") {
  struct {
    double successes, n, level;
  } const cases[] = {{0, 1, 0.95},         {1, 1, 0.95},   {5, 10, 0.95},
                     {1000, 10'000, 0.95}, {3, 1e6, 0.99}, {999'999, 1e6, 0.999}};
  for (const auto& c : cases) {
    const auto found = mr::stats::beta_binomial_interval(c.successes, c.n, c.level);
    REQUIRE(found);
    const double f = c.n - c.successes;
    const auto mixture = [&](double p) {
      return std::lgamma(c.successes + 0.5) + std::lgamma(f + 0.5) - std::lgamma(c.n + 1) -
             std::log(3.14159265358979323846) - (c.successes > 0 ? c.successes * std::log(p) : 0) -
             (f > 0 ? f * std::log1p(-p) : 0);
    };
    if (c.successes > 0) CHECK(mixture(found->lower) == Approx(-std::log(1 - c.level)).epsilon(1e-7));
    if (f > 0) CHECK(mixture(found->upper) == Approx(-std::log(1 - c.level)).epsilon(1e-5));  // the ulp of a p near 1
    CHECK(found->contains(c.successes / c.n));
    CHECK(found->level == c.level);
  }
  CHECK(mr::stats::beta_binomial_interval(0, 5)->lower == 0);
  CHECK(mr::stats::beta_binomial_interval(5, 5)->upper == 1);
}

TEST_CASE("intervals cover the truth at all times of a stream at once, as often as they say") {
  const int streams = 1000;
  const double bound = 0.05 * streams + 3 * std::sqrt(streams * 0.05 * 0.95);
  for (const double p : {0.02, 0.5}) {
    support::coin_source coin(1, p);
    int missed = 0;
    int missed_bernstein = 0;
    for (int s = 0; s < streams; ++s) {
      double sum = 0;
      bool out = false;
      mr::stats::empirical_bernstein bernstein;
      for (int n = 1; n <= 600; ++n) {
        const double x = coin();
        sum += x;
        bernstein.update(x);
        if (!out) out = !mr::stats::beta_binomial_interval(sum, n)->contains(p);
      }
      missed += out;
      missed_bernstein += !bernstein.interval().contains(p);
    }
    CHECK(missed <= bound);
    CHECK(missed_bernstein <= bound);
  }
  support::normal_source normal(2);
  int missed = 0;
  for (int s = 0; s < streams; ++s) {
    double sum = 0;
    bool out = false;
    for (int n = 1; n <= 600 && !out; ++n) {
      sum += normal();
      out = !mr::stats::normal_mixture_interval(sum / n, n, 1, 0.95, 300)->contains(0);
    }
    missed += out;
  }
  CHECK(missed <= bound);
}

TEST_CASE("an interval is shortest, relative to a fixed one, where it was asked to be") {
  const auto ratio = [](double n) {
    return mr::stats::normal_mixture_interval(0, n, 1, 0.95, 1000)->width() * std::sqrt(n);
  };
  CHECK(ratio(1000) < ratio(300));
  CHECK(ratio(1000) < ratio(4000));
  const auto a = mr::stats::asymptotic_interval(2, 0.01, 1e4, 0.95, 5000);
  const auto b = mr::stats::normal_mixture_interval(2, 1e4, 1, 0.95, 5000);
  CHECK(a->upper == Approx(b->upper));
}

TEST_CASE("empirical Bernstein intervals are shorter where observations vary less") {
  mr::random_engine engine(3);
  mr::stats::empirical_bernstein calm, wild;
  for (int i = 0; i < 2000; ++i) {
    calm.update(0.5 + 0.02 * (engine.uniform() - 0.5));
    wild.update(engine.uniform() < 0.5 ? 0 : 1);
  }
  CHECK(calm.interval().width() < 0.2 * wild.interval().width());
  CHECK(calm.interval().contains(0.5));
  CHECK_FALSE(calm.update(1.5));
  CHECK_FALSE(calm.update(std::nan("")));
  CHECK(calm.count() == 2000);
}

TEST_CASE("nonsense is refused") {
  CHECK_FALSE(mr::stats::beta_binomial_interval(0, 0));
  CHECK_FALSE(mr::stats::beta_binomial_interval(2, 1));
  CHECK_FALSE(mr::stats::beta_binomial_interval(-1, 1));
  CHECK_FALSE(mr::stats::beta_binomial_interval(std::nan(""), 1));
  CHECK_FALSE(mr::stats::beta_binomial_interval(1, 2, 1));
  CHECK_FALSE(mr::stats::normal_mixture_interval(0, 0, 1));
  CHECK_FALSE(mr::stats::normal_mixture_interval(0, 1, 0));
  CHECK_FALSE(mr::stats::normal_mixture_interval(HUGE_VAL, 1, 1));
  CHECK_FALSE(mr::stats::asymptotic_interval(0, 1, 10, 0));
}

TEST_CASE("a saved confidence sequence goes on, the first release's bytes load, damaged ones are refused") {
  support::saves_and_loads(
      mr::stats::empirical_bernstein(0.9), "stats/empirical_bernstein.bin", 200,
      [](mr::stats::empirical_bernstein& s, double x) { s.update(x); },
      [](const mr::stats::empirical_bernstein& a, const mr::stats::empirical_bernstein& b, double off) {
        CHECK(a.count() == b.count());
        CHECK(a.interval().lower == Approx(b.interval().lower).epsilon(off));
        CHECK(a.interval().upper == Approx(b.interval().upper).epsilon(off));
        CHECK(a.interval().level == b.interval().level);
      });
}

TEST_CASE("a saved confidence sequence whose numbers contradict each other is refused") {
  mr::stats::empirical_bernstein seen;
  for (std::uint64_t i = 0; i < 100; ++i) seen.update(support::exact_stream(i));
  const auto bytes = seen.save();
  // The envelope's 16 and 19 for its name; then level, log, count, sum, squares, bets, weighted, cost, lower, upper.
  for (const std::size_t field : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U, 9U}) {
    for (const double wrong : {-1.0, std::nan(""), HUGE_VAL}) {
      auto bad = bytes;
      const auto bits = std::bit_cast<std::array<std::byte, 8>>(wrong);
      for (std::size_t b = 0; b < 8; ++b) bad[16 + 19 + 8 * field + b] = bits[b];
      support::reseal(bad);
      CAPTURE(field, wrong);
      CHECK_FALSE(mr::stats::empirical_bernstein::load(bad));
    }
  }
  auto bad = bytes;  // a weighted sum beyond the sum of weights
  const auto bits = std::bit_cast<std::array<std::byte, 8>>(1e9);
  for (std::size_t b = 0; b < 8; ++b) bad[16 + 19 + 8 * 6 + b] = bits[b];
  support::reseal(bad);
  CHECK_FALSE(mr::stats::empirical_bernstein::load(bad));
}

TEST_CASE("confidence sequences of means are right for any deviation, or the whole line, or refused") {
  const auto unit = mr::stats::normal_mixture_interval(0, 100, 1);
  REQUIRE(unit);
  for (const double deviation : {1e-300, 1e-170, 1e-3, 1e160, 1e200, 1e300}) {
    CAPTURE(deviation);
    const auto scaled = mr::stats::normal_mixture_interval(0, 100, deviation);
    REQUIRE(scaled);
    CHECK(scaled->upper / deviation == Approx(unit->upper).epsilon(1e-14));
    const auto of_error = mr::stats::asymptotic_interval(0, deviation, 100);
    REQUIRE(of_error);
    CHECK(of_error->upper / deviation == Approx(10 * unit->upper).epsilon(1e-14));
    CHECK(of_error->lower == -of_error->upper);
  }
  CHECK(mr::stats::normal_mixture_interval(0, 1, 1.7e308)->lower == -HUGE_VAL);
  CHECK(mr::stats::normal_mixture_interval(0, 1, 1.7e308)->upper == HUGE_VAL);
  CHECK(mr::stats::normal_mixture_interval(0, 1e-300, 1, 0.95, 1e300)->upper == HUGE_VAL);
  for (const double level : {5e-324, 1e-300, 1e-20, 1e-12}) {
    CAPTURE(level);
    // mixture_reach at alpha near 1, with the spread u = 2 l of shortest_spread there: v (1 + 1/u) (u + l) = 3/2 v.
    CHECK(mr::stats::normal_mixture_interval(0, 100, 1, level, 100)->upper ==
          Approx(std::sqrt(1.5 / 100)).epsilon(1e-4));
  }
  CHECK_FALSE(mr::stats::normal_mixture_interval(0, HUGE_VAL, 1));
  CHECK_FALSE(mr::stats::normal_mixture_interval(0, 100, 1, 0.95, HUGE_VAL));
  CHECK_FALSE(mr::stats::asymptotic_interval(0, 1, HUGE_VAL));
  CHECK_FALSE(mr::stats::asymptotic_interval(0, HUGE_VAL, 100));
  CHECK_FALSE(mr::stats::asymptotic_interval(0, 0, 100));
}
