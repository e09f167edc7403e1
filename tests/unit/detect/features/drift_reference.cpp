#include <millrace/detect/features/drift_reference.hpp>

#include <support/catch.hpp>
#include <support/detect.hpp>

#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/members/sketch_members.hpp>
#include <millrace/aggregate/members/sums.hpp>
#include <millrace/aggregate/sketches/kll.hpp>
#include <millrace/aggregate/sketches/req.hpp>

#include <laws/aggregator.hpp>
#include <laws/moving.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <array>
#include <cmath>
#include <vector>

namespace mr = millrace;

namespace {
std::vector<double> draw(std::uint64_t seed, int n, double mean = 0, double deviation = 1) {
  support::normal_source normal(seed);
  std::vector<double> made;
  for (int i = 0; i < n; ++i) made.push_back(mean + deviation * normal());
  return made;
}
}  // namespace

// By hand: the reference 1..8 in four bins of two; the window fills them 4, 2, 2, 0 of 8.
TEST_CASE("samples of floats are compared as they are") {
  const std::vector<float> before{1, 2, 3, 4.5F, 7, 9, 10};
  const std::vector<double> same(before.begin(), before.end());
  const auto reference = mr::detect::drift_reference::make(before);
  REQUIRE(reference);
  CHECK(reference->save() == mr::detect::drift_reference::make(same)->save());
  const auto found = reference->compare(std::vector<float>{5, 6, 7});
  REQUIRE(found);
  CHECK(found->wasserstein == reference->compare(std::vector<double>{5, 6, 7})->wasserstein);
}

TEST_CASE("values whose squares over- or underflow are compared as others are") {
  std::vector<double> before, after;
  for (int i = 0; i < 200; ++i) before.push_back(i - 100.5);
  for (int i = 0; i < 200; ++i) after.push_back(1.5 * (i - 90));
  const auto measured = [&](double size) {
    auto reference = before;
    auto window = after;
    for (double& x : reference) x *= size;
    for (double& x : window) x *= size;
    const auto made = mr::detect::drift_reference::make(reference);
    REQUIRE(made);
    const auto found = made->compare(window);
    REQUIRE(found);
    return *found;
  };
  const mr::detect::drift_measures usual = measured(1);
  for (const double size : {0x1p1000, 0x1p-1000}) {
    const mr::detect::drift_measures other = measured(size);
    CHECK(other.wasserstein / size == Approx(usual.wasserstein).epsilon(1e-12));
    CHECK(other.wasserstein_relative == Approx(usual.wasserstein_relative).epsilon(1e-12));
    CHECK(other.mmd == Approx(usual.mmd).epsilon(1e-12));
    CHECK(other.score == usual.score);
  }
  const auto wide = mr::detect::drift_reference::make(std::vector{-1e308, 1e308, 0., 5.});
  REQUIRE(wide);
  const auto found = wide->compare(std::vector{-1e308, 1e308, 1e308, 1e308});
  REQUIRE(found);
  CHECK(found->wasserstein == Approx(5e307));
  CHECK(std::isfinite(found->wasserstein_relative));
  CHECK(std::isfinite(found->mmd));
}

TEST_CASE("measures over bins are those of their formulas") {
  const auto reference = mr::detect::drift_reference::make(std::array{1., 2., 3., 4., 5., 6., 7., 8.}, 4);
  REQUIRE(reference);
  CHECK(std::vector<double>(reference->edges().begin(), reference->edges().end()) == std::vector<double>{2, 4, 6});
  const auto found = reference->compare(std::array{1., 1., 2., 2., 3., 3., 5., 6.});
  REQUIRE(found);
  const double empty = 0.5 / 8;
  CHECK(found->psi == Approx(0.25 * std::log(2.) + (empty - 0.25) * std::log(empty / 0.25)));
  CHECK(found->kl == Approx(0.5 * std::log(2.) + empty * std::log(empty / 0.25)));
  const double js = 0.5 * (0.5 * std::log2(0.5 / 0.375) + 0.25 * std::log2(0.25 / 0.375) + 0.25 * std::log2(2.));
  CHECK(found->jensen_shannon == Approx(js));
  // (4-2)^2/6 + 0 + 0 + (0-2)^2/2, three degrees of freedom.
  CHECK(found->chi_squared == Approx(4. / 6 + 2));
  CHECK(found->chi_squared_p == Approx(mr::stats::chi_squared{3}.sf(4. / 6 + 2)));
  CHECK(found->n == 8);
}

// SciPy 1.17.1: ks_2samp([1,2,3,4,5,6,7,8],[1,1,2,2,3,3,5,6]).statistic = 0.375; wasserstein_distance = 1.625.
TEST_CASE("measures over the whole distribution are SciPy's") {
  const auto reference = mr::detect::drift_reference::make(std::array{1., 2., 3., 4., 5., 6., 7., 8.});
  const auto found = reference->compare(std::array{1., 1., 2., 2., 3., 3., 5., 6.});
  CHECK(found->ks == Approx(0.375));
  CHECK(found->wasserstein == Approx(1.625));
  CHECK(found->wasserstein_relative == Approx(1.625 / std::sqrt(5.25)));
}

TEST_CASE("the same distribution has small measures and uniform p-values, a shifted one is found by all") {
  const auto reference = mr::detect::drift_reference::make(draw(1, 5000));
  int ks = 0, chi = 0;
  for (std::uint64_t s = 0; s < 400; ++s) {
    const auto found = reference->compare(draw(100 + s, 500));
    ks += found->ks_p <= 0.1;
    chi += found->chi_squared_p <= 0.1;
  }
  // 400 at 0.1: 40 with a standard error of 6; the reference is shared, so a little more.
  CHECK(ks < 70);
  CHECK(ks > 15);
  CHECK(chi < 70);
  CHECK(chi > 15);
  const auto shifted = reference->compare(draw(2, 500, 1));
  const auto same = reference->compare(draw(3, 500));
  CHECK(shifted->psi > 0.25);
  CHECK(same->psi < 0.1);
  CHECK(shifted->ks_p < 1e-20);
  CHECK(shifted->chi_squared_p < 1e-20);
  CHECK(shifted->wasserstein == Approx(1).margin(0.15));
  CHECK(shifted->mmd > 20 * same->mmd);
  CHECK(shifted->score > 0.3);
  CHECK(same->score < 0.08);
  CHECK(reference->compare(draw(4, 500, 0, 2))->ks_p < 1e-6);
}

TEST_CASE("psi stays finite on windows that leave bins empty, and every measure within its range") {
  const auto reference = mr::detect::drift_reference::make(draw(5, 1000));
  const auto far = reference->compare(draw(6, 100, 1e6));
  CHECK(std::isfinite(far->psi));
  CHECK(std::isfinite(far->kl));
  CHECK(far->jensen_shannon > 0.7);  // the last bin has a tenth of the reference
  CHECK(far->ks == 1);
  CHECK(far->score <= 1);
  CHECK(far->mmd < 2.01);
}

TEST_CASE("sketches are compared as samples are, up to their rank error") {
  const auto before = draw(7, 20'000);
  const auto now = draw(8, 20'000, 0.3);
  mr::kll<200> a(1), b(2);
  for (const double x : before) a.update(x);
  for (const double x : now) b.update(x);
  auto wa = mr::detect::value_window::make(a);
  auto wb = mr::detect::value_window::make(b);
  REQUIRE(wa);
  REQUIRE(wb);
  CHECK(wb->count() == 20'000);
  const auto sketched = *mr::detect::drift_reference::make(std::move(*wa))->compare(*wb);
  const auto exact = *mr::detect::drift_reference::make(before)->compare(now);
  CHECK(sketched.ks == Approx(exact.ks).margin(0.03));
  CHECK(sketched.wasserstein == Approx(exact.wasserstein).margin(0.04));
  CHECK(sketched.psi == Approx(exact.psi).margin(0.04));
  CHECK(sketched.score == Approx(exact.score).margin(0.03));
}

TEST_CASE("constant references have a defined answer") {
  const auto reference = mr::detect::drift_reference::make(std::vector<double>(100, 5.0));
  REQUIRE(reference);
  const auto same = reference->compare(std::vector<double>(50, 5.0));
  CHECK(same->ks == 0);
  CHECK(same->ks_p == Approx(1));
  CHECK(same->score == 0);
  CHECK(same->wasserstein_relative == 0);
  const auto above = reference->compare(std::vector<double>(50, 6.0));
  CHECK(above->ks == 1);
  CHECK(above->jensen_shannon == 1);
  CHECK(reference->compare(std::vector<double>(50, 4.0))->ks_p < 1e-10);
}

TEST_CASE("nonsense is refused and named") {
  CHECK_FALSE(mr::detect::drift_reference::make(std::vector<double>()));
  const auto bad = mr::detect::drift_reference::make(std::array{1., std::nan("")});
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message().find("value 1") != std::string::npos);
  CHECK_FALSE(mr::detect::drift_reference::make(std::array{1., 2.}, 1));
  CHECK_FALSE(mr::detect::value_window::make(std::array{1., 2.}, std::array<std::uint64_t, 1>{1}));
  CHECK_FALSE(mr::detect::value_window::make(std::array{2., 1.}, std::array<std::uint64_t, 2>{1, 2}));
  CHECK_FALSE(mr::detect::value_window::make(std::array{1., 2.}, std::array<std::uint64_t, 2>{2, 2}));
}

namespace {

void same_measures(const mr::detect::drift_measures& a, const mr::detect::drift_measures& b, double off = 0) {
  CHECK(a.n == b.n);
  for (const auto measure :
       {&mr::detect::drift_measures::psi, &mr::detect::drift_measures::kl, &mr::detect::drift_measures::jensen_shannon,
        &mr::detect::drift_measures::chi_squared, &mr::detect::drift_measures::chi_squared_p,
        &mr::detect::drift_measures::ks, &mr::detect::drift_measures::ks_p, &mr::detect::drift_measures::wasserstein,
        &mr::detect::drift_measures::wasserstein_relative, &mr::detect::drift_measures::mmd,
        &mr::detect::drift_measures::score})
    CHECK(a.*measure == Approx(b.*measure).epsilon(off).margin(off));
}

/// Exact arithmetic, with ties.
std::vector<double> eighths(int n, int step) {
  std::vector<double> made;
  for (int i = 0; i < n; ++i) made.push_back(static_cast<double>(i * step % 101) / 8);
  return made;
}

/// As many as a kll<200> keeps only in part.
mr::detect::drift_reference sketched_reference() {
  mr::kll<200> sketch(1);
  for (int i = 0; i < 3000; ++i) sketch.update(static_cast<double>(i * 7919 % 2003) / 8);
  return *mr::detect::drift_reference::make(sketch, 7, 3);
}

}  // namespace

TEST_CASE("a reference is made of a sketch, or of an aggregate that keeps quantiles, and compared with either") {
  const auto before = draw(9, 5000);
  const auto now = draw(10, 3000, 0.2);
  mr::kll<200> kll(1), kll_now(2);
  mr::req<50> req(1);
  mr::aggregate<mr::count, mr::mean, mr::quantiles<mr::kll<200>>> kept, kept_now;
  for (const double x : before) kll.update(x), req.update(x), kept.update(x);
  for (const double x : now) kll_now.update(x), kept_now.update(x);

  const auto by_window = mr::detect::drift_reference::make(mr::detect::value_window::make(kll).value());
  const auto of_sketch = mr::detect::drift_reference::make(kll);
  const auto of_req = mr::detect::drift_reference::make(req);
  const auto of_aggregate = mr::detect::drift_reference::make(kept);
  REQUIRE(of_sketch);
  REQUIRE(of_req);
  REQUIRE(of_aggregate);
  const auto window = mr::detect::value_window::make(kll_now);
  const auto expected = by_window->compare(*window);
  REQUIRE(expected);
  same_measures(*of_sketch->compare(kll_now), *expected);
  same_measures(*of_sketch->compare(*window), *expected);
  const auto exact = mr::detect::drift_reference::make(before)->compare(now);
  for (const auto& reference : {*of_sketch, *of_req, *of_aggregate}) {
    CHECK(reference.compare(kept_now)->ks == Approx(exact->ks).margin(0.03));
    CHECK(reference.compare(now)->ks == Approx(exact->ks).margin(0.02));
  }
  CHECK_FALSE(mr::detect::drift_reference::make(mr::kll<200>(1)));
  CHECK_FALSE(of_sketch->compare(mr::kll<200>(1)));
  CHECK_FALSE(mr::detect::drift_reference::make(kll, 1));
}

TEST_CASE("a saved reference compares as before, of a sample and of a sketch") {
  const auto now = eighths(80, 13);
  for (const auto& reference : {*mr::detect::drift_reference::make(eighths(300, 7), 12, 5), sketched_reference(),
                                *mr::detect::drift_reference::make(std::vector<double>(9, 2.0))}) {
    const auto bytes = reference.save();
    const auto loaded = mr::detect::drift_reference::load(bytes);
    REQUIRE(loaded);
    CHECK(loaded->save() == bytes);
    same_measures(*loaded->compare(now), *reference.compare(now));
  }
}

TEST_CASE("references saved by the first release load, and mean what they meant") {
  const auto now = eighths(80, 13);
  const auto sample = support::from_golden("detect/drift_reference_sample.bin",
                                           *mr::detect::drift_reference::make(eighths(60, 7), 12, 5));
  // The figures that the release had.
  CHECK(sample.compare(now)->psi == Approx(0.016599240678001309));
  CHECK(sample.compare(now)->mmd == Approx(0.00015651727178995849));
  const auto sketch = support::from_golden("detect/drift_reference_sketch.bin", sketched_reference());
  CHECK(sketch.window().count() == 3000);
  CHECK(sketch.window().size() < 1000);
  CHECK(sketch.compare(now)->psi == Approx(4.2072918982406895));
}

TEST_CASE("damaged bytes of a reference are an error, and resealed ones too, or a reference that compares") {
  const auto now = eighths(20, 13);
  const auto use = [&](const mr::detect::drift_reference& found) {
    const auto compared = found.compare(now);
    REQUIRE(compared);
    CHECK(compared->ks >= 0);
    CHECK(compared->ks <= 1);
    CHECK(mr::detect::drift_reference::load(found.save())->save() == found.save());
  };
  mr::kll<8> small(1);
  for (int i = 0; i < 100; ++i) small.update(i % 31);
  for (const auto& reference :
       {*mr::detect::drift_reference::make(eighths(20, 7)), *mr::detect::drift_reference::make(small)}) {
    laws::hostile_bytes(reference, use);
    laws::hostile_payload(reference, support::reseal, use, 19, 3000);
  }
  // More values than bytes: refused before anything is allocated for them.
  auto many = mr::detect::drift_reference::make(eighths(20, 7))->save();
  const std::size_t count = 16 + std::string("drift_reference").size() + 4 + 8;
  for (std::size_t i = 0; i < 6; ++i) many[count + i] = std::byte{0xff};
  support::reseal(many);
  CHECK(mr::detect::drift_reference::load(many).error().code() == mr::errc::corrupt);
  CHECK(mr::detect::drift_reference::load(small.save()).error().message().find("drift_reference") != std::string::npos);
}

TEST_CASE("windows and references are assigned to after a move, and moving one to itself changes nothing") {
  using mr::detect::drift_reference;
  using mr::detect::value_window;
  const auto values = [](const value_window& window) {
    std::vector<double> all;
    for (std::size_t i = 0; i < window.size(); ++i) {
      all.push_back(window.value(i));
      all.push_back(window.up_to(i));
    }
    return all;
  };
  laws::moving_from(*value_window::make(eighths(60, 7)), *value_window::make(eighths(80, 13)), values,
                    [](const value_window& left) { CHECK(left.size() == 0); });
  laws::moving_from(
      *drift_reference::make(eighths(60, 7), 12, 5), sketched_reference(),
      [](const drift_reference& reference) { return reference.save(); }, [](const drift_reference&) {});
  auto reference = *drift_reference::make(eighths(60, 7), 12, 5);
  const auto now = eighths(80, 13);
  const auto before = reference.compare(now);
  auto& self = reference;
  reference = std::move(self);
  same_measures(*reference.compare(now), *before);
}
