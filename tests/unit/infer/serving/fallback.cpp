#include <millrace/infer/serving/fallback.hpp>

#include <millrace/infer/serving/batcher.hpp>
#include <millrace/resilience/calls/circuit_breaker.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/serving.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>

namespace mi = millrace::infer;
namespace mm = millrace::model;
namespace mr = millrace;
using mi::serving_status;
using support::adder;
using support::virtual_clock;
using support::virtual_time;
using namespace std::chrono_literals;

namespace {

/// Opens after two failures, and notes what it is told.
struct two_failures {
  int failures = 0;
  int successes = 0;
  int ignores = 0;
  bool allows() const noexcept { return failures < 2; }
  void succeeded() noexcept { ++successes; }
  void failed() noexcept { ++failures; }
  void ignored() noexcept { ++ignores; }
};

/// Predicts -7, whatever the row.
struct constant {
  std::size_t columns = 2;
  std::size_t inputs() const noexcept { return columns; }
  std::size_t outputs() const noexcept { return 1; }
  void predict(std::span<const float>, std::span<double> out) const noexcept { out[0] = -7; }
  void predict(const mm::matrix_view& rows, std::span<double> out) const noexcept {
    for (std::size_t i = 0; i < rows.rows(); ++i) out[i] = -7;
  }
};

constexpr std::array<float, 4> rows{1, 2, 3, 4};
const mm::matrix_view two_rows(rows, 2);

static_assert(!mi::call_breaker<int>);

}  // namespace

TEST_CASE("fallback: what the model served stays, and what it did not becomes the values, row by row") {
  const adder model;
  mi::batcher serve{model};
  auto guarded = mi::fallback<decltype(serve)>::make(serve, mi::fallback_values{{0.5}});
  REQUIRE(guarded);
  std::array<double, 2> out{};
  CHECK((*guarded)(two_rows, out).status == serving_status::ok);
  CHECK(out == std::array<double, 2>{3, 7});
  serve.close();
  mi::served done;
  CHECK(support::allocations_of([&] { done = (*guarded)(two_rows, out); }) == 0);
  CHECK(done.status == serving_status::fallback);
  CHECK(done.version == 0);
  CHECK(done);
  CHECK(out == std::array<double, 2>{0.5, 0.5});
  CHECK((*guarded)(std::span(rows).first(2), std::span(out).first(1)));
  CHECK(guarded->count(serving_status::closed) == 2);
}

TEST_CASE("fallback: another model serves instead, on the same rows") {
  const adder model;
  mi::batcher serve{model};
  auto guarded = mi::fallback<decltype(serve), constant>::make(serve, constant());
  REQUIRE(guarded);
  serve.close();
  std::array<double, 2> out{};
  CHECK((*guarded)(two_rows, out).status == serving_status::fallback);
  CHECK(out == std::array<double, 2>{-7, -7});
}

TEST_CASE("fallback: make_fallback deduces the types") {
  const adder model;
  mi::batcher serve{model};
  two_failures breaker;
  auto values = mi::make_fallback(serve, {{0.5}}, {.timeout = 4ms});
  auto other = mi::make_fallback(serve, constant());
  auto broken = mi::make_fallback(serve, {{0.25}}, {}, breaker);
  static_assert(std::is_same_v<decltype(values), mr::result<mi::fallback<decltype(serve)>>>);
  static_assert(std::is_same_v<decltype(other), mr::result<mi::fallback<decltype(serve), constant>>>);
  REQUIRE((values && other && broken));
  serve.close();
  std::array<double, 2> out{};
  CHECK((*values)(two_rows, out).status == serving_status::fallback);
  CHECK(out[1] == 0.5);
  CHECK((*other)(two_rows, out).status == serving_status::fallback);
  CHECK(out[1] == -7);
  CHECK((*broken)(two_rows, out).status == serving_status::fallback);
  CHECK(out[1] == 0.25);
  CHECK(breaker.failures == 1);
  CHECK_FALSE(mi::make_fallback(serve, {{1, 2}}));
}

TEST_CASE("fallback: a timeout of its own is for requests that have none") {
  virtual_time time;
  const adder model{.time = &time};
  mi::batcher serve{model, mi::policy<mi::batching::pooled>, virtual_clock{&time}};
  serve.expect_threads(true);  // and nobody runs the batches
  auto guarded = mi::fallback<decltype(serve)>::make(serve, mi::fallback_values{{0}}, {.timeout = 4ms});
  REQUIRE(guarded);
  std::array<double, 2> out{};
  const std::uint64_t begun = time.now;
  CHECK((*guarded)(two_rows, out).status == serving_status::fallback);
  CHECK(time.now == begun + 4'000'000);
  CHECK((*guarded)(two_rows, out, {.timeout = 1ms}).status == serving_status::fallback);
  CHECK(time.now == begun + 5'000'000);
  CHECK(guarded->count(serving_status::timeout) == 2);
}

TEST_CASE("fallback: an open breaker asks no model, allocates nothing, and is counted") {
  const adder model;
  mi::batcher serve{model};
  two_failures breaker;
  auto guarded = mi::fallback<decltype(serve), mi::fallback_values, two_failures>::make(serve, mi::fallback_values{{1}},
                                                                                        {}, breaker);
  REQUIRE(guarded);
  std::array<double, 2> out{};
  CHECK((*guarded)(two_rows, out).status == serving_status::ok);
  CHECK((*guarded)(two_rows, std::span(out).first(1)).status == serving_status::invalid);
  CHECK(breaker.successes == 1);
  CHECK(breaker.ignores == 1);
  serve.close();
  for (int i = 0; i < 2; ++i) CHECK((*guarded)(two_rows, out).status == serving_status::fallback);
  CHECK(breaker.failures == 2);
  CHECK(guarded->open() == 0);
  mi::served done;
  CHECK(support::allocations_of([&] { done = (*guarded)(two_rows, out); }) == 0);
  CHECK(done.status == serving_status::fallback);
  CHECK(guarded->open() == 1);
  CHECK((*guarded)(two_rows, std::span(out).first(1)).status == serving_status::invalid);
  CHECK(guarded->open() == 1);
  CHECK(serve.count(serving_status::closed) == 2);
  CHECK(breaker.failures == 2);
}

TEST_CASE("fallback: outputs that are not finite are a failure of the model, unless they may be") {
  const adder model{.factor = std::numeric_limits<double>::infinity()};
  mi::batcher serve{model};
  two_failures breaker;
  using guarded_type = mi::fallback<decltype(serve), mi::fallback_values, two_failures>;
  auto strict = guarded_type::make(serve, mi::fallback_values{{1}}, {}, breaker);
  std::array<double, 2> out{};
  CHECK((*strict)(two_rows, out).status == serving_status::fallback);
  CHECK(out == std::array<double, 2>{1, 1});
  CHECK(strict->not_finite() == 1);
  CHECK(breaker.failures == 1);
  auto lenient = guarded_type::make(serve, mi::fallback_values{{1}}, {.needs_finite = false}, breaker);
  CHECK((*lenient)(two_rows, out).status == serving_status::ok);
  CHECK(out[0] == std::numeric_limits<double>::infinity());
}

TEST_CASE("fallback: values or models of another shape are refused when it is made") {
  const adder model;
  mi::batcher serve{model};
  const auto values = mi::fallback<decltype(serve)>::make(serve, mi::fallback_values{{1, 2}});
  REQUIRE_FALSE(values);
  CHECK(values.error().code() == mr::errc::shape_mismatch);
  CHECK(values.error().message() == "the fallback has 2 values, the model 1 outputs");
  const auto other = mi::fallback<decltype(serve), constant>::make(serve, constant{3});
  REQUIRE_FALSE(other);
  CHECK(other.error().message() == "the fallback takes 3 columns for 1 outputs, the model 2 for 1");
}

TEST_CASE("fallback: resilience's circuit breaker keeps calls from a model that fails, and lets them through again") {
  std::uint64_t now = 0;
  mr::resilience::circuit_breaker breaker{mr::resilience::last_calls<4>(), mr::resilience::min_calls<2>(),
                                          mr::resilience::probes<1>(), mr::resilience::open_for<1s>(),
                                          mr::manual_clock(now)};
  static_assert(mi::call_breaker<decltype(breaker)>);
  adder model;
  mi::batcher serve{model};
  auto guarded = mi::make_fallback(serve, mi::fallback_values{{0.5}}, {}, breaker);
  REQUIRE(guarded);
  std::array<double, 2> out{};
  model.factor = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 5; ++i) CHECK((*guarded)(two_rows, out).status == serving_status::fallback);
  CHECK(model.batches == 2);
  CHECK(guarded->not_finite() == 2);
  CHECK(guarded->open() == 3);
  CHECK(breaker.state() == mr::resilience::breaker_state::open);
  model.factor = 1;
  now += 2'000'000'000;
  CHECK((*guarded)(two_rows, std::span(out).first(1)).status == serving_status::invalid);  // says nothing: ignored
  CHECK((*guarded)(two_rows, out).status == serving_status::ok);
  CHECK(breaker.state() == mr::resilience::breaker_state::closed);
  CHECK((*guarded)(two_rows, out).status == serving_status::ok);
}
