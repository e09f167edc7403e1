#include <millrace/stats/sequential/e_process.hpp>

#include <support/catch.hpp>

#include <millrace/core/seed.hpp>

#include <array>
#include <cmath>
#include <support/saved_objects.hpp>
#include <type_traits>

namespace mr = millrace;

TEST_CASE("an e-process is the product of its factors, and its p-value the highest it ever had") {
  STATIC_REQUIRE(std::is_trivially_copyable_v<mr::stats::e_process>);
  mr::stats::e_process e;
  CHECK(e.value() == 1);
  CHECK(e.p() == 1);
  e.update(10);
  e.update(0.5);
  CHECK(e.value() == Approx(5));
  CHECK(e.p() == Approx(0.1));
  CHECK(e.rejects(0.1000001));
  CHECK_FALSE(e.rejects(0.05));
  e.update(0);
  CHECK(e.value() == 0);
  CHECK(e.p() == Approx(0.1));
  CHECK(e.count() == 3);
}

TEST_CASE("merging goes on with the other stream") {
  mr::stats::e_process a, b, both;
  for (const double f : {2., 3.}) a.update(f), both.update(f);
  for (const double f : {4., 0.1}) b.update(f), both.update(f);
  a.merge(b);
  CHECK(a.value() == Approx(both.value()));
  CHECK(a.p() == Approx(both.p()));
  CHECK(a.count() == 4);
}

TEST_CASE("what is no e-value makes the process void") {
  for (const double bad : {-1., std::nan("")}) {
    mr::stats::e_process e;
    e.update(100);
    e.update(bad);
    CHECK(std::isnan(e.value()));
    CHECK(std::isnan(e.p()));
    CHECK_FALSE(e.rejects(0.5));
  }
}

TEST_CASE("e-values from p-values have a mean of one, and back again a p-value is no smaller") {
  mr::random_engine engine(1);
  double sum = 0;
  for (int i = 0; i < 1'000'000; ++i) sum += mr::stats::e_from_p(engine.uniform() + 0x1p-54, 0.75);
  CHECK(sum / 1e6 == Approx(1).margin(0.01));
  for (const double p : {1e-300, 1e-5, 0.05, 0.5, 1.}) CHECK(mr::stats::p_from_e(mr::stats::e_from_p(p)) >= p);
  CHECK(mr::stats::p_from_e(0.2) == 1);
  CHECK(std::isnan(mr::stats::p_from_e(-1)));
  CHECK(mr::stats::average_e(std::array{1., 3.}) == 2);
  CHECK(std::isnan(mr::stats::average_e({})));
}

TEST_CASE("a fair bet that may be stopped at any time exceeds 1/alpha with probability alpha at most") {
  mr::random_engine engine(2);
  int rejected = 0;
  for (int i = 0; i < 4000; ++i) {
    mr::stats::e_process e;
    for (int t = 0; t < 500 && !e.rejects(0.05); ++t) e.update(engine.uniform() < 0.5 ? 1.3 : 0.7);
    rejected += e.rejects(0.05);
  }
  CHECK(rejected <= 4000 * 0.05 + 3 * std::sqrt(4000 * 0.05 * 0.95));
  CHECK(rejected > 80);
}

TEST_CASE("a saved e-process goes on, the first release's bytes load, damaged ones are refused") {
  support::saves_and_loads(
      mr::stats::e_process(), "stats/e_process.bin", 50, [](mr::stats::e_process& e, double x) { e.update(0.55 + x); },
      [](const mr::stats::e_process& a, const mr::stats::e_process& b, double off) {
        CHECK(a.count() == b.count());
        CHECK(a.log_value() == Approx(b.log_value()).epsilon(off));
        CHECK(a.p() == Approx(b.p()).epsilon(off));
      });
  mr::stats::e_process lost;
  lost.update(0);
  CHECK(mr::stats::e_process::load(lost.save())->value() == 0);
  lost.update(-1);  // void
  CHECK(std::isnan(mr::stats::e_process::load(lost.save())->value()));
}
