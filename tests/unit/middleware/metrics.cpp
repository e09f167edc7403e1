#include <millrace/middleware/metrics.hpp>

#include <support/catch.hpp>

#include <millrace/chain/chain.hpp>
#include <millrace/chain/share.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"epoch", int> epoch;
inline constexpr mr::field<"loss", double> loss;
inline constexpr mr::field<"rows", std::uint64_t> rows;
inline constexpr mr::field<"title", std::string> title;
inline constexpr mr::field<"now", std::uint64_t*> now;

struct measure {
  using reads = mr::fields<epoch>;
  using writes = mr::fields<loss, rows, title>;
  static constexpr bool thread_safe = true;
  void operator()(auto& ctx) const {
    ctx[loss] = 1.0 / (1 + ctx[epoch]);
    ctx[rows] = 64;
  }
};
struct breaks {
  using reads = mr::fields<>;
  using writes = mr::fields<loss>;
  void operator()(auto& ctx) const {
    ctx[loss] = -1;
    throw std::runtime_error("no");
  }
};
struct waits {
  using reads = mr::fields<now>;
  using writes = mr::fields<>;
  void operator()(auto& ctx) const { *ctx[now] += 2'000'000; }
};

struct first_step {
  static constexpr std::string_view name = "step";
  using reads = mr::fields<>;
  using writes = mr::fields<loss>;
  void operator()(auto& ctx) const { ctx[loss] = 0.5; }
};
struct second_step {
  static constexpr std::string_view name = "step";
  using reads = mr::fields<>;
  using writes = mr::fields<rows>;
  void operator()(auto& ctx) const { ctx[rows] = 7; }
};

struct refuse {
  mr::result<void> after(const auto&, auto& ctx, const mr::result<void>&) {
    if (ctx[epoch] == 0) return {};
    return mr::error(mr::errc::invalid_data, "no");
  }
};
struct veto {
  mr::result<void> before(const auto&, auto& ctx) {
    if (ctx[epoch] != 2) return {};
    return mr::error(mr::errc::vetoed, "no");
  }
};

double field_of(const mr::metrics_summary& summary, std::string_view name) {
  for (const auto& [known, value] : summary.fields)
    if (known == name) return value;
  return -99;
}

}  // namespace

TEST_CASE("runs and failures are counted by event, of events that throw too") {
  mr::observe::metrics_registry registry;
  auto chain = mr::chain<mr::lenient>(measure{}, breaks{}).use(mr::metrics{registry});
  auto ctx = chain.context(epoch = 3);
  for (int i = 0; i < 10; ++i) (void)chain(ctx);
  const mr::metrics_summary summary = chain.get<"metrics">().summary();
  CHECK(summary.total_events == 20);
  CHECK(summary.total_failures == 10);
  REQUIRE(summary.find("measure") != nullptr);
  CHECK(summary.find("measure")->count == 10);
  CHECK(summary.find("measure")->failures == 0);
  CHECK(summary.find("breaks")->failures == 10);
}

TEST_CASE("durations are those of the shared span") {
  mr::observe::metrics_registry registry;
  std::uint64_t time = 0;
  auto chain = mr::chain(waits{}).use(mr::metrics{registry}).on(mr::manual_clock(time));
  auto ctx = chain.context(now = &time);
  for (int i = 0; i < 5; ++i) REQUIRE(chain(ctx));
  const auto summary = chain.get<"metrics">().summary();
  REQUIRE(summary.find("waits") != nullptr);
  CHECK(summary.find("waits")->total_seconds == Approx(0.01));
  CHECK(summary.find("waits")->max_seconds == Approx(0.002));
}

TEST_CASE("every number that a good event writes is a gauge; text is not") {
  mr::observe::metrics_registry registry;
  auto chain = mr::chain<mr::lenient>(measure{}, breaks{}).use(mr::metrics{registry});
  auto ctx = chain.context(epoch = 3);
  (void)chain(ctx);
  const auto summary = chain.get<"metrics">().summary();
  CHECK(summary.fields.size() == 2);
  CHECK(field_of(summary, "loss") == 0.25);  // not the -1 that the failed event left
  CHECK(field_of(summary, "rows") == 64);
}

TEST_CASE("events of one name count together and still show their own fields") {
  mr::observe::metrics_registry registry;
  auto chain = mr::chain(first_step{}, second_step{}).use(mr::metrics{registry});
  auto ctx = chain.context();
  REQUIRE(chain(ctx));
  const auto summary = chain.get<"metrics">().summary();
  CHECK(summary.find("step")->count == 2);
  CHECK(summary.fields.size() == 2);
  CHECK(field_of(summary, "loss") == 0.5);
  CHECK(field_of(summary, "rows") == 7);
}

TEST_CASE("named gauges are those and no others, start values included") {
  mr::observe::metrics_registry registry;
  auto chain = mr::chain(measure{}).use(mr::metrics<loss, epoch>{registry});
  auto ctx = chain.context(epoch = 3);
  REQUIRE(chain(ctx));
  const auto summary = chain.get<"metrics">().summary();
  CHECK(summary.fields.size() == 2);
  CHECK(field_of(summary, "epoch") == 3);
  CHECK(field_of(summary, "loss") == 0.25);
}

TEST_CASE("a name that the registry knows in another sense fails the first event and says so") {
  mr::observe::metrics_registry registry;
  REQUIRE(registry.gauge({"millrace_event_duration_seconds", "mine"}));
  auto chain = mr::chain(measure{}).use(mr::metrics{registry});
  auto ctx = chain.context(epoch = 0);
  const auto done = chain(ctx);
  REQUIRE_FALSE(done);
  CHECK(done.error().code() == mr::errc::already_exists);
  CHECK(done.error().describe().find("millrace_event_duration_seconds") != std::string::npos);
}

TEST_CASE("two chains share a registry, and several threads a chain") {
  mr::observe::metrics_registry registry;
  auto one = mr::chain(measure{}).use(mr::metrics{registry});
  auto two = mr::chain(measure{}, measure{}).use(mr::metrics{registry});
  const auto shared_one = mr::share(one);
  const auto shared_two = mr::share(two);
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&] {
      auto a = one.context(epoch = 1);
      auto b = two.context(epoch = 1);
      for (int i = 0; i < 1000; ++i)
        if (!shared_one(a) || !shared_two(b)) return;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(one.get<"metrics">().summary().find("measure")->count == 9000);
}

TEST_CASE("an event that a middleware further out fails or vetoes counts as a run that failed") {
  mr::observe::metrics_registry registry;
  auto chain = mr::chain(measure{}).use(mr::metrics{registry}).use(refuse{}).use(veto{});
  auto vetoed = chain.context(epoch = 2);
  CHECK_FALSE(chain(vetoed));  // the first one that metrics hears of
  auto good = chain.context(epoch = 0);
  CHECK(chain(good));
  auto failed = chain.context(epoch = 1);
  CHECK_FALSE(chain(failed));
  const auto summary = chain.get<"metrics">().summary();
  REQUIRE(summary.find("measure") != nullptr);
  CHECK(summary.find("measure")->count == 3);
  CHECK(summary.find("measure")->failures == 2);
}

TEST_CASE("labels of its own keep chains apart that have an event of one name") {
  mr::observe::metrics_registry registry;
  auto fraud = mr::chain(first_step{}).use(mr::metrics{registry, {{"chain", "fraud"}}});
  auto limit = mr::chain(second_step{}).use(mr::metrics{registry, {{"chain", "limit"}}});
  auto fraud_context = fraud.context();
  auto limit_context = limit.context();
  REQUIRE(fraud(fraud_context));
  REQUIRE(limit(limit_context));
  REQUIRE(limit(limit_context));
  std::vector<std::pair<std::string, std::uint64_t>> counts;
  const auto snapshot = registry.snapshot();
  const auto* family = snapshot.find("millrace_event_count");
  REQUIRE(family != nullptr);
  for (const auto& sample : family->samples) counts.emplace_back(sample.labels()["chain"], sample.count);
  CHECK(counts == std::vector<std::pair<std::string, std::uint64_t>>{{"fraud", 1}, {"limit", 2}});
}
