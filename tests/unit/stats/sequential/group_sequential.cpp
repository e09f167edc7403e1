#include <millrace/stats/sequential/group_sequential.hpp>

#include <support/catch.hpp>
#include <support/detect.hpp>

#include <cmath>
#include <cstddef>
#include <laws/moving.hpp>
#include <span>
#include <support/saved_objects.hpp>
#include <vector>

namespace mr = millrace;

namespace {
std::vector<double> limits(mr::stats::spending how, double alpha, bool two_sided,
                           const std::vector<double>& information, double rho = 2) {
  auto test = mr::stats::group_sequential::make(how, alpha, two_sided, rho).value();
  std::vector<double> found;
  for (const double t : information) found.push_back(test.look(t, 0)->limit);
  return found;
}
}  // namespace

// Lan-DeMets limits for five equal looks, two-sided 0.05, as tabled with the program of Reboussin, DeMets, Kim, Lan,
// Controlled Clinical Trials 21, 2000, and in the documentation of R's ldbounds: four decimals.
TEST_CASE("limits are those of the published tables") {
  const std::vector<double> fifths{0.2, 0.4, 0.6, 0.8, 1};
  const std::vector<double> obrien_fleming{4.8769, 3.3569, 2.6803, 2.2898, 2.0310};
  const std::vector<double> pocock{2.4380, 2.4268, 2.4101, 2.3966, 2.3859};
  const auto a = limits(mr::stats::spending::obrien_fleming, 0.05, true, fifths);
  const auto b = limits(mr::stats::spending::pocock, 0.05, true, fifths);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(a[i] == Approx(obrien_fleming[i]).margin(0.00015));
    CHECK(b[i] == Approx(pocock[i]).margin(0.00015));
  }
}

// tests/oracle/sequential.py: SciPy 1.17.1's multivariate normal integral.
TEST_CASE("two and three looks spend what they should by the multivariate normal distribution") {
  const auto matches = [](mr::stats::spending how, const std::vector<double>& shares,
                          const std::vector<double>& wanted) {
    const auto found = limits(how, 0.05, true, shares);
    for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(found[i] == Approx(wanted[i]).margin(4e-6));
  };
  matches(mr::stats::spending::pocock, {0.5, 1}, {2.156999, 2.200977});
  matches(mr::stats::spending::pocock, {0.2, 0.7, 1}, {2.437977, 2.201906, 2.295597});
  matches(mr::stats::spending::obrien_fleming, {0.5, 1}, {2.962588, 1.968596});
  matches(mr::stats::spending::obrien_fleming, {0.2, 0.7, 1}, {4.876885, 2.438005, 1.999931});
}

// tests/oracle/sequential.py: Gauss-Legendre integration with 400 nodes a look, which agrees with SciPy 1.17.1's
// multivariate normal integral as far as that goes (2e-5).
TEST_CASE("the power family spends alpha t^rho") {
  const auto matches = [](double rho, double alpha, const std::vector<double>& shares,
                          const std::vector<double>& wanted) {
    const auto found = limits(mr::stats::spending::power, alpha, true, shares, rho);
    for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(found[i] == Approx(wanted[i]).margin(1e-8));
  };
  matches(1, 0.05, {0.2, 0.7, 1}, {2.575829304, 2.208630051, 2.201186111});
  matches(2, 0.05, {0.2, 0.7, 1}, {3.090232306, 2.272096667, 2.065250929});
  matches(3, 0.05, {0.2, 0.7, 1}, {3.540083799, 2.389225431, 2.012921443});
  matches(2, 0.01, {0.2, 0.4, 0.6, 0.8, 1}, {3.540083799, 3.217874867, 3.021428206, 2.868535265, 2.740064431});
  CHECK(mr::stats::alpha_spent(mr::stats::spending::power, 0.05, 0.5) == 0.0125);
  CHECK(mr::stats::alpha_spent(mr::stats::spending::power, 0.05, 0.5, 3) == 0.00625);
  CHECK(to_string(mr::stats::spending::power) == "power");

  // A two-sided test of Spotify's is two one-sided ones, whose first limit is a normal quantile. Its own test of 0.0033
  // spent over 190 looks, the first at 0.0016169976338740648 of the information, has 5.75400023
  // (tests/frequentist/test_bounds.py).
  const auto first = limits(mr::stats::spending::power, 0.003333333 / 2, false, {0.0016169976338740648});
  CHECK(first[0] == Approx(5.75400023).margin(1e-6));

  for (const double rho : {0., 0.05, 21., -1., std::nan("")})
    CHECK_FALSE(mr::stats::group_sequential::make(mr::stats::spending::power, 0.05, true, rho));
  auto saved = mr::stats::group_sequential::make(mr::stats::spending::power, 0.05, true, 3).value();
  REQUIRE(saved.look(0.2, 1));
  auto loaded = mr::stats::group_sequential::load(saved.save());
  REQUIRE(loaded);
  CHECK(loaded->rho() == 3);
  CHECK(loaded->save() == saved.save());
  CHECK(loaded->look(0.7, 1)->limit == saved.look(0.7, 1)->limit);
}

TEST_CASE("one look at the end is the fixed test") {
  CHECK(limits(mr::stats::spending::obrien_fleming, 0.05, true, {1})[0] == Approx(1.959963984540054));
  CHECK(limits(mr::stats::spending::pocock, 0.025, false, {1})[0] == Approx(1.959963984540054));
}

TEST_CASE("a true null hypothesis is rejected with probability alpha, however many the looks") {
  support::normal_source normal(1);
  for (const mr::stats::spending how : {mr::stats::spending::obrien_fleming, mr::stats::spending::pocock}) {
    std::vector<double> information;
    for (int i = 1; i <= 30; ++i) information.push_back(i / 30.);
    const auto limit = limits(how, 0.05, true, information);
    int rejected = 0;
    for (int e = 0; e < 20'000; ++e) {
      double sum = 0;
      for (std::size_t i = 0; i < 30; ++i) {
        sum += normal();
        if (std::fabs(sum) / std::sqrt(static_cast<double>(i + 1)) >= limit[i]) {
          ++rejected;
          break;
        }
      }
    }
    CHECK(rejected / 20'000. == Approx(0.05).margin(3 * std::sqrt(0.05 * 0.95 / 20'000)));
  }
}

TEST_CASE("saved between two looks, a test goes on with the same limits to the bit") {
  auto whole = mr::stats::group_sequential::make(mr::stats::spending::obrien_fleming).value();
  auto part = mr::stats::group_sequential::make(mr::stats::spending::obrien_fleming).value();
  for (const double t : {0.1, 0.35, 0.5, 0.8, 1.}) {
    auto again = mr::stats::group_sequential::load(part.save());
    REQUIRE(again);
    part = *again;
    const auto a = whole.look(t, 1.2);
    const auto b = part.look(t, 1.2);
    REQUIRE(a);
    REQUIRE(b);
    CHECK(a->limit == b->limit);
    CHECK(a->spent == b->spent);
  }
  CHECK(whole.save() == part.save());
  CHECK(whole.looks().back().spent == Approx(0.05));
}

TEST_CASE("looks that do not increase, NaN, and looks after a rejection are refused") {
  auto test = mr::stats::group_sequential::make(mr::stats::spending::pocock).value();
  CHECK_FALSE(test.look(0, 1));
  CHECK_FALSE(test.look(std::nan(""), 1));
  CHECK_FALSE(test.look(1.1, 1));
  CHECK_FALSE(test.look(0.5, std::nan("")));
  CHECK(test.looks().empty());
  REQUIRE(test.look(0.5, 1));
  CHECK_FALSE(test.look(0.5, 1));
  CHECK_FALSE(test.look(0.4, 1));
  const auto out = test.look(0.7, -3);
  REQUIRE(out);
  CHECK(out->rejects);
  CHECK(test.rejected());
  CHECK_FALSE(test.look(0.8, 1));
  CHECK_FALSE(mr::stats::group_sequential::make(mr::stats::spending::pocock, 0));
  CHECK_FALSE(mr::stats::group_sequential::make(mr::stats::spending::pocock, std::nan("")));
}

TEST_CASE("damaged bytes are refused") {
  auto test = mr::stats::group_sequential::make(mr::stats::spending::pocock).value();
  REQUIRE(test.look(0.3, 0.5));
  REQUIRE(test.look(0.6, 0.5));
  const auto bytes = test.save();
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(mr::stats::group_sequential::load(std::span(bytes).first(size)));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto bad = bytes;
    bad[i] ^= std::byte{4};
    CHECK_FALSE(mr::stats::group_sequential::load(bad));
  }
}

TEST_CASE("the first release's bytes of a group sequential test load and mean what they meant") {
  const auto bytes = support::golden("stats/group_sequential.bin");
  auto old = mr::stats::group_sequential::load(bytes);
  REQUIRE(old);
  CHECK(old->save() == bytes);
  CHECK(old->how() == mr::stats::spending::obrien_fleming);
  CHECK(old->alpha() == 0.025);
  CHECK_FALSE(old->two_sided());
  REQUIRE(old->looks().size() == 2);
  CHECK(old->looks()[1].information == 0.5);
  CHECK(old->looks()[1].z == 1.25);
  auto fresh = mr::stats::group_sequential::make(mr::stats::spending::obrien_fleming, 0.025, false).value();
  REQUIRE((fresh.look(0.25, 0.5) && fresh.look(0.5, 1.25)));
  CHECK(old->look(1, 1)->limit == Approx(fresh.look(1, 1)->limit).epsilon(1e-12));
  const auto use = [](mr::stats::group_sequential& found) {
    (void)found.look(1, 0);
    (void)found.save();
  };
  laws::hostile_payload(fresh, support::reseal, use, 3, 500);
}

TEST_CASE("a group sequential test that was moved from is as freshly made, and moving one to itself changes nothing") {
  const auto after = [](int looks) {
    auto made = *mr::stats::group_sequential::make(mr::stats::spending::power, 0.1, true, 3);
    for (int i = 1; i <= looks; ++i) REQUIRE(made.look(0.2 * i, 1.1));
    return made;
  };
  // The next limit tells whether what is behind the looks came along.
  const auto state = [](mr::stats::group_sequential test) {
    const auto bytes = test.save();
    return std::pair(bytes, test.look(1, 1.1)->limit);
  };
  laws::moving_from(after(2), after(3), state,
                    [&](const mr::stats::group_sequential& left) { CHECK(state(left) == state(after(0))); });
}
