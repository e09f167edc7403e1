// The tails of our distributions beside Boost.Math's, in one run: an independent implementation in the same language.
#include <millrace/stats.hpp>

#include <support/catch.hpp>

#include <boost/math/distributions/beta.hpp>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/gamma.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/poisson.hpp>
#include <boost/math/distributions/students_t.hpp>

#include <cmath>
#include <initializer_list>

namespace mr = millrace;
namespace bm = boost::math;

namespace {

/// Both tails within 1e-12 relative, where Boost's own is above 1e-290.
template <class Ours, class Theirs>
void agree(const Ours& ours, const Theirs& theirs, std::initializer_list<double> points) {
  for (const double x : points) {
    const double lower = bm::cdf(theirs, x);
    const double upper = bm::cdf(bm::complement(theirs, x));
    CAPTURE(x, lower, upper, ours.cdf(x), ours.sf(x));
    if (lower > 1e-290) CHECK(std::fabs(ours.cdf(x) - lower) <= 1e-12 * lower);
    if (upper > 1e-290) CHECK(std::fabs(ours.sf(x) - upper) <= 1e-12 * upper);
  }
}

}  // namespace

TEST_CASE("both tails of every distribution agree with Boost.Math's") {
  agree(mr::stats::normal{}, bm::normal(), {-36, -8, -1.5, -1e-3, 0, 0.7, 3, 12, 35});
  for (const double df : {0.1, 1.0, 4.5, 30.0, 1e5})
    agree(mr::stats::student_t{df}, bm::students_t(df), {-50, -3, -0.2, 0.5, 2, 9, 80});
  for (const double df : {0.1, 1.0, 7.0, 300.0})
    agree(mr::stats::chi_squared{df}, bm::chi_squared(df), {1e-6, 0.3, 2, 15, 200, 700});
  for (const double shape : {0.05, 1.0, 12.5, 2000.0})
    agree(mr::stats::gamma{shape, 1}, bm::gamma_distribution<>(shape), {1e-5, 0.4, 3, 20, 1900, 2200});
  for (const double a : {0.1, 1.0, 8.0, 500.0})
    for (const double b : {0.2, 3.0, 90.0})
      agree(mr::stats::beta{a, b}, bm::beta_distribution<>(a, b), {1e-8, 0.01, 0.2, 0.5, 0.85, 0.999});
  for (const double df1 : {1.0, 5.0, 60.0})
    for (const double df2 : {2.0, 17.0, 1000.0})
      agree(mr::stats::fisher_f{df1, df2}, bm::fisher_f(df1, df2), {1e-4, 0.3, 1, 2.5, 20});
  for (const double n : {5.0, 100.0, 20'000.0})
    for (const double p : {0.001, 0.3, 0.9})
      agree(mr::stats::binomial{n, p}, bm::binomial(n, p), {0, 1, std::floor(0.2 * n), std::floor(0.6 * n), n - 1});
  for (const double mean : {0.01, 3.0, 250.0, 1e5})
    agree(mr::stats::poisson{mean}, bm::poisson(mean), {0, 1, 5, 260, 99'000, 101'000});
}
