#include <millrace/detect/change/page_hinkley.hpp>

#include <support/catch.hpp>
#include <support/detect.hpp>

#include <cmath>

namespace mr = millrace;

TEST_CASE("Page-Hinkley keeps the run length it promises, whatever mean and deviation the stream has") {
  support::normal_source normal(21);
  // The standard deviation of a mean of 400 run lengths is 5 %: 0.2 is four of them.
  CHECK(support::mean_run_length(mr::detect::page_hinkley<mr::detect::arl<1'000>>(), normal, 400, 1000) ==
        Approx(1000).epsilon(0.2));
  const auto moved = [&] { return 1e6 + 0.01 * normal(); };
  CHECK(support::mean_run_length(mr::detect::page_hinkley<mr::detect::arl<1'000>>(), moved, 400, 1000) ==
        Approx(1000).epsilon(0.2));
  const mr::detect::page_hinkley<mr::detect::arl<300>> lower(0.25, mr::detect::side::lower);
  CHECK(support::mean_run_length(lower, normal, 600, 300) == Approx(300).epsilon(0.17));
}

TEST_CASE("the deviates of a normal stream are standard normal from the third observation on") {
  support::normal_source normal(22);
  // P(|Z| > 2) = 0.0455; 40,000 deviates have a binomial standard error of 0.00104.
  for (const int place : {6, 10, 40}) {
    int out = 0;
    for (int i = 0; i < 40'000; ++i) {
      mr::detect::detail::self_starting s;
      double z = 0;
      for (int k = 0; k < place; ++k) z = s.next(5 + 3 * normal());
      out += z > 2 || z < -2;
    }
    CHECK(out / 40'000. == Approx(0.0455).margin(0.0045));
  }
}

TEST_CASE("both ways of computing a deviate meet") {
  for (const double f : {5., 50., 1e6}) {
    const double t = 0.1 * std::sqrt(f);
    CHECK(mr::detect::detail::normal_from_student(t * 0.9999999, f) ==
          Approx(mr::detect::detail::normal_from_student(t * 1.0000001, f)).epsilon(1e-6));
    CHECK(mr::detect::detail::normal_from_student(-t, f) == -mr::detect::detail::normal_from_student(t, f));
  }
}

TEST_CASE("a rise and a fall are found, and afterwards the new level is the normal one") {
  support::normal_source normal(23);
  mr::detect::page_hinkley<> d;
  for (int i = 0; i < 500; ++i) REQUIRE(d.update(10 + normal()) != mr::detect::signal::drift);
  CHECK(d.mean() == Approx(10).margin(0.3));
  int taken = 0;
  while (d.update(12 + normal()) != mr::detect::signal::drift) ++taken;
  CHECK(taken < 20);
  CHECK(d.count() == 0);
  for (int i = 0; i < 500; ++i) REQUIRE(d.update(12 + normal()) != mr::detect::signal::drift);
  taken = 0;
  while (d.update(9 + normal()) != mr::detect::signal::drift) ++taken;
  CHECK(taken < 20);
}
