#include <millrace/infer/serving/batcher_options.hpp>

#include <millrace/infer/serving/batcher.hpp>

#include <support/catch.hpp>
#include <support/serving.hpp>

#include <chrono>
#include <cstdint>

namespace mi = millrace::infer;
namespace mr = millrace;
using namespace std::chrono_literals;

namespace {

struct plain_clock {
  std::uint64_t ticks() const noexcept { return 0; }
  static std::uint64_t nanoseconds(std::uint64_t ticks) noexcept { return ticks; }
};

static_assert(mi::waiting_clock<support::virtual_clock>);
static_assert(mr::clock_policy<plain_clock> && !mi::waiting_clock<plain_clock>);
static_assert(!mi::serving_monitor<mi::no_monitor>);

}  // namespace

TEST_CASE("options: constants and values set the same, from left to right, among clocks") {
  const support::adder model;
  const mi::batcher constants{model, mi::max_rows<100>, mi::max_delay<2ms>, mi::concurrency<3>,
                              mi::policy<mi::batching::by_deadline>};
  const mi::batcher values{model, plain_clock(),
                           mi::batcher_options{.policy = mi::batching::by_deadline, .max_rows = 7, .concurrency = 3},
                           mi::max_rows<100>, mi::max_delay<2ms>};
  for (const mi::batcher_options& one : {constants.options(), values.options()}) {
    CHECK(one.max_rows == 100);
    CHECK(one.max_delay == mr::duration(2ms));
    CHECK(one.concurrency == 3);
    CHECK(one.policy == mi::batching::by_deadline);
  }
}

TEST_CASE("options: a number that makes no sense becomes the nearest that does") {
  const support::adder model;
  const mi::batcher serve{model, mi::batcher_options{.max_rows = 0, .max_delay = mr::duration(-1), .concurrency = 0}};
  CHECK(serve.options().max_rows == 1);
  CHECK(serve.options().max_delay == mr::duration(0));
  CHECK(serve.options().concurrency == 1);
  const mi::batcher wide{model, mi::batcher_options{.max_rows = 1, .concurrency = std::size_t{1} << 40U}};
  CHECK(wide.options().concurrency == 4096);
}
