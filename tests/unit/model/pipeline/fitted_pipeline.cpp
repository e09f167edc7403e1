#include <millrace/model/pipeline/fitted_pipeline.hpp>

#include <millrace/model/calibration/platt.hpp>
#include <millrace/model/linear.hpp>
#include <millrace/model/pipeline.hpp>
#include <millrace/model/trees.hpp>

#include <laws/predictor.hpp>
#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/payments.hpp>

#include <atomic>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <type_traits>
#include <vector>

namespace mf = millrace::feature;
namespace mm = millrace::model;
using support::payment;

namespace {

const auto trees = mm::trained_by<mm::boosted_trees<>>({.rounds = 15, .leaves = 7});

/// Events of which some are in trouble: no amount, an unknown country, no age.
std::vector<payment> troubled(std::size_t count) {
  auto made = support::make_payments(count, 9);
  for (std::size_t i = 0; i < count; ++i) {
    if (i % 7 == 3) made[i].amount = std::nan("");
    if (i % 5 == 1) made[i].country = "BR";
    if (i % 11 == 2) made[i].amount = 1e300;
  }
  return made;
}

/// Every event alone, in batches of several sizes, and by the loaded pipeline: the same bits, nothing from the heap.
template <class Recipe>
void answers_the_same(const Recipe& recipe, const typename Recipe::pipeline_type& fitted,
                      const std::vector<payment>& events) {
  const std::size_t each = fitted.outputs();
  const auto alone = [&](const auto& asked) {
    std::vector<double> out(events.size() * each);
    const auto taken = support::allocations_of([&] {
      for (std::size_t i = 0; i < events.size(); ++i) (void)asked(events[i], std::span(out).subspan(i * each, each));
    });
    if (support::counts_allocations) CHECK(taken == 0);
    return laws::bits_of(out);
  };
  const auto expected = alone(fitted);
  for (const std::size_t size : {std::size_t{1}, std::size_t{3}, std::size_t{64}, std::size_t{65}, events.size()}) {
    std::vector<double> out(events.size() * each);
    for (std::size_t at = 0; at < events.size(); at += size) {
      const std::size_t count = size < events.size() - at ? size : events.size() - at;
      (void)fitted(std::span(events).subspan(at, count), std::span(out).subspan(at * each, count * each));
    }
    CHECK(laws::bits_of(out) == expected);
  }
  const auto loaded = recipe.load(fitted.save());
  REQUIRE(loaded);
  CHECK(alone(*loaded) == expected);
  CHECK(loaded->save() == fitted.save());
  CHECK(loaded->trained_on() == fitted.trained_on());
}

}  // namespace

TEST_CASE("a pipeline answers an event by the same bits alone, in any batch and when loaded") {
  const auto past = support::make_payments(300);
  const auto events = troubled(150);
  const auto check = [&](const auto& recipe, const auto& targets) {
    const auto fitted = recipe.fit(past, targets);
    REQUIRE(fitted);
    answers_the_same(recipe, *fitted, events);
  };
  check(mm::pipeline_of(support::payment_features(), trees), &payment::is_fraud);
  check(mm::pipeline_of(support::lenient_features(), trees), &payment::is_fraud);
  check(mm::pipeline_of(support::payment_features(), trees, mm::calibrated_by<mm::platt>()), &payment::is_fraud);
  check(mm::pipeline_of(support::payment_features(), mm::trained_by<mm::logistic_regression>({.l2 = 1})),
        [](const payment& of) { return of.age.value_or(50) < 30 ? 2
                                       : of.is_fraud            ? 1
                                                                : 0; });
}

TEST_CASE("a pipeline answers what its features and its model do") {
  const auto past = support::make_payments(300);
  const auto fitted = mm::pipeline_of(support::payment_features(), trees).fit(past, &payment::is_fraud);
  REQUIRE(fitted);
  CHECK(fitted->outputs() == 1);
  CHECK(fitted->trained_on() == 300);
  for (std::size_t i = 0; i < 20; ++i) {
    float row[decltype(support::payment_features())::width];
    REQUIRE_FALSE(fitted->features()(past[i], row));
    CHECK((*fitted)(past[i]).value == fitted->model()(row));
  }
  static_assert(noexcept((*fitted)(past[0])));
}

TEST_CASE("a pipeline whose features refuse nothing answers a number") {
  const auto past = support::make_payments(300);
  const auto fitted = mm::pipeline_of(support::lenient_features(), trees).fit(past, &payment::is_fraud);
  REQUIRE(fitted);
  static_assert(std::is_same_v<decltype((*fitted)(past[0])), double>);
  const double one = (*fitted)({500, "FR", 20});  // braces make an event
  CHECK((one > 0 && one < 1));
}

TEST_CASE("an event that a rule refuses has no number, and fails alone") {
  const auto past = support::make_payments(300);
  const auto fitted =
      mm::pipeline_of(support::payment_features(), trees, mm::calibrated_by<mm::platt>()).fit(past, &payment::is_fraud);
  REQUIRE(fitted);
  const auto refused = (*fitted)({std::nan(""), "DE", 30});
  CHECK_FALSE(refused);
  CHECK(refused.refused.column == "amount");
  CHECK(refused.refused.why == mf::trouble::missing);
  CHECK(std::isnan(refused.value));
  CHECK(refused.value_or(0.5) == 0.5);
  CHECK((*fitted)({50, "DE", 30}).value_or(7) < 1);

  const auto events = troubled(150);
  std::vector<double> out(events.size(), -1.0);
  const auto done = (*fitted)(events, out);
  REQUIRE_FALSE(done);
  CHECK(done.error().code() == millrace::errc::invalid_data);
  CHECK(done.error().message() ==
        "pipeline: event 3, feature \"amount\": the value is missing; events refused: 19 of 150");
  for (std::size_t i = 0; i < events.size(); ++i) CHECK(std::isnan(out[i]) == (i % 7 == 3 && i % 11 != 2));
}

TEST_CASE("a batch of the wrong size is refused, and nothing is written") {
  const auto past = support::make_payments(300);
  const auto fitted = mm::pipeline_of(support::payment_features(), trees).fit(past, &payment::is_fraud);
  REQUIRE(fitted);
  std::vector<double> out(299, -1.0);
  CHECK((*fitted)(past, out).error().code() == millrace::errc::shape_mismatch);
  CHECK((*fitted)(past, out).error().message() ==
        "pipeline: the outputs are 300 numbers, 1 for each of 300 events; there is room for 299");
  CHECK(out[0] == -1);
  CHECK((*fitted)(std::span<const payment>(), std::span<double>()));
}

TEST_CASE("the only answer of a pipeline with several outputs is NaN; a span has them all") {
  const auto past = support::make_payments(300);
  const auto fitted = mm::pipeline_of(support::lenient_features(), mm::trained_by<mm::logistic_regression>({.l2 = 1}))
                          .fit(past, [](const payment& of) {
                            return of.age.value_or(50) < 30 ? 2 : of.is_fraud ? 1 : 0;
                          });
  REQUIRE(fitted);
  REQUIRE(fitted->outputs() == 3);
  CHECK(std::isnan((*fitted)(past[0])));
  double out[3];
  (*fitted)(past[0], out);
  CHECK(out[0] + out[1] + out[2] == Approx(1));
}

TEST_CASE("eight threads share a pipeline that is replaced under load") {
  const auto past = support::make_payments(300);
  const auto recipe = mm::pipeline_of(support::payment_features(), trees);
  using fitted_type = decltype(recipe)::pipeline_type;
  const auto make = [&](std::size_t count) {
    return std::make_shared<const fitted_type>(recipe.fit(std::span(past).first(count), &payment::is_fraud).value());
  };
  const std::shared_ptr<const fitted_type> versions[] = {make(300), make(200)};
  double expected[2][40];
  for (int v = 0; v < 2; ++v)
    for (std::size_t i = 0; i < 40; ++i) expected[v][i] = (*versions[v])(past[i]).value;

  std::mutex guard;
  std::shared_ptr<const fitted_type> current = versions[0];
  std::atomic<int> wrong = 0;
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        const auto mine = [&] {
          const std::lock_guard<std::mutex> hold(guard);
          return current;
        }();
        const int v = mine == versions[0] ? 0 : 1;
        for (std::size_t i = 0; i < 40; ++i)
          if ((*mine)(past[i]).value != expected[v][i]) ++wrong;
      }
    });
  std::thread swapper([&] {
    for (int i = 0; !stop; ++i) {
      const std::lock_guard<std::mutex> hold(guard);
      current = versions[i % 2];
    }
  });
  for (std::thread& one : threads) one.join();
  stop = true;
  swapper.join();
  CHECK(wrong == 0);
}
