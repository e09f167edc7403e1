#include <millrace/middleware/tracing.hpp>

#include <millrace/chain.hpp>
#include <millrace/observe/tracing.hpp>
#include <support/catch.hpp>

#include <string>
#include <vector>

namespace mr = millrace;
using namespace mr::observe;

namespace {

inline constexpr mr::field<"amount", double> amount;
inline constexpr mr::field<"score", double> score;

tracer* traces = nullptr;  // what an event's own code uses

struct load_amount {
  using reads = mr::fields<>;
  using writes = mr::fields<amount>;
  static constexpr std::string_view name = "read";
  static constexpr bool thread_safe = true;
  void operator()(auto& ctx) {
    ctx[amount] = 2;
    if (traces != nullptr) traces->start("lookup", span_kind::client).end();
  }
};
struct rate {
  using reads = mr::fields<amount>;
  using writes = mr::fields<score>;
  static constexpr std::string_view name = "rate";
  static constexpr bool thread_safe = true;
  bool fails = false;
  mr::result<void> operator()(auto& ctx) {
    if (fails) return mr::error(mr::errc::timeout, "too late");
    ctx[score] = ctx[amount] / 4;
    return {};
  }
};

struct refuses {
  static constexpr std::string_view name = "refuses";
  mr::result<void> after(const auto&, auto&, const mr::result<void>&) {
    return mr::error(mr::errc::invalid_data, "not this");
  }
};

const span_record* find(const std::vector<span_record>& spans, std::string_view name) {
  for (const span_record& each : spans)
    if (each.name == name) return &each;
  return nullptr;
}

}  // namespace

TEST_CASE("tracing: one span a run, one below it for each event, and what an event calls below that") {
  tracer made;
  traces = &made;
  auto chain = mr::chain(load_amount{}, rate{}).use(mr::tracing{made, "detect"});
  auto ctx = chain.context();
  REQUIRE(chain(ctx));
  REQUIRE(chain(ctx));
  traces = nullptr;
  const auto spans = made.drain();
  REQUIRE(spans.size() == 8);
  const span_record& run = *find(spans, "detect");
  CHECK_FALSE(run.parent);
  CHECK(find(spans, "read")->parent == run.context.span);
  CHECK(find(spans, "rate")->parent == run.context.span);
  CHECK(find(spans, "lookup")->parent == find(spans, "read")->context.span);
  CHECK(find(spans, "lookup")->context.trace == run.context.trace);
  CHECK(run.status == span_status::unset);
  CHECK_FALSE(spans[3].context.trace == spans[7].context.trace);
}

TEST_CASE("tracing: a run that fails says why, and ends when it failed") {
  std::uint64_t now = 1'000;
  basic_tracer<parent_based<>, mr::manual_clock> made({}, parent_based<>(), mr::manual_clock(now, 1));
  auto chain = mr::chain(rate{true}, load_amount{}).use(mr::tracing{made});
  {
    auto ctx = chain.context(amount = 1.0);
    CHECK_FALSE(chain(ctx));
    auto copy = ctx;
    CHECK_FALSE(copy[mr::run_trace].run());
    now += 1'000'000;
    CHECK(made.drain().size() == 1);  // more events could still follow
  }
  const auto spans = made.drain();
  REQUIRE(spans.size() == 1);
  CHECK(spans[0].name == "run");
  CHECK(spans[0].status == span_status::error);
  CHECK(spans[0].message.find("too late") != std::string::npos);
  CHECK(spans[0].attributes == std::vector<attribute>{{"error.type", "timeout"}});
  CHECK(spans[0].end - spans[0].start < 100);
}

TEST_CASE("tracing: a lenient chain's run goes on after an event that failed") {
  tracer made;
  auto chain = mr::chain<mr::lenient>(rate{true}, load_amount{}).use(mr::tracing{made});
  auto ctx = chain.context(amount = 1.0);
  CHECK_FALSE(chain(ctx));
  const auto spans = made.drain();
  REQUIRE(spans.size() == 3);
  CHECK(spans[0].status == span_status::error);
  CHECK(spans[1].status == span_status::unset);
  CHECK(spans[2].status == span_status::error);
  CHECK(spans[1].parent == spans[2].context.span);
}

TEST_CASE("tracing: a run continues the trace of another process") {
  tracer made;
  auto chain = mr::chain(load_amount{}, rate{}).use(mr::tracing{made});
  auto ctx = chain.context();
  const auto caller = parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").value();
  ctx[mr::run_trace].continue_from(caller, trace_state::parse("rojo=1").value());
  REQUIRE(chain(ctx));
  const auto spans = made.drain();
  REQUIRE(spans.size() == 3);
  CHECK(spans[2].kind == span_kind::server);
  CHECK(spans[2].parent == caller.span);
  CHECK(spans[2].trace_state == "rojo=1");
  ctx[mr::run_trace].continue_from({});
  REQUIRE(chain(ctx));
  CHECK_FALSE(made.drain()[2].parent);
}

TEST_CASE("tracing: of runs that are not recorded nothing is kept, below them neither") {
  basic_tracer made({}, parent_based(sample_none{}));
  tracer* const before = traces;
  auto chain = mr::chain(load_amount{}, rate{}).use(mr::tracing{made});
  auto ctx = chain.context();
  for (int i = 0; i < 3; ++i) REQUIRE(chain(ctx));
  CHECK(ctx[mr::run_trace].run().context());
  CHECK_FALSE(ctx[mr::run_trace].run().context().sampled());
  CHECK(made.drain().empty());
  traces = before;
}

TEST_CASE("tracing: an event that a middleware further out rejects fails the run") {
  tracer made;
  auto chain = mr::chain(load_amount{}, rate{}).use(mr::tracing{made}).use(refuses{});
  {
    auto ctx = chain.context();
    CHECK_FALSE(chain(ctx));
  }
  const auto spans = made.drain();
  REQUIRE(spans.size() == 2);
  CHECK(spans[0].status == span_status::unset);
  CHECK(spans[1].status == span_status::error);
}

TEST_CASE("tracing: a request's header, its run, and what is sent to a collector") {
  const std::string header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  // [traces]
  mr::observe::tracer tracer;  // does as the callers do, and records what begins here
  auto detect = mr::chain(load_amount{}, rate{}).use(mr::tracing{tracer, "detect"});

  auto ctx = detect.context();
  if (const auto caller = mr::observe::parse_traceparent(header)) ctx[mr::run_trace].continue_from(*caller);
  const auto done = detect(ctx);

  // The body of a POST to a collector's /v1/traces; sending it is the program's.
  const std::string body = mr::observe::to_otlp(tracer.drain(), {{{"service.name", "fraud"}}});
  // [/traces]
  REQUIRE(done);
  CHECK(body.find("\"traceId\":\"4bf92f3577b34da6a3ce929d0e0e4736\"") != std::string::npos);
  CHECK(body.find("\"parentSpanId\":\"00f067aa0ba902b7\"") != std::string::npos);
}
