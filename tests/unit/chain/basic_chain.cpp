#include <millrace/chain/basic_chain.hpp>

#include <millrace/chain/chain.hpp>
#include <support/catch.hpp>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"value", std::int64_t> value;
inline constexpr mr::field<"seen", std::int64_t> seen;
inline constexpr mr::field<"trace", std::string> trace;

struct add_one {
  using reads = mr::fields<value>;
  using writes = mr::fields<value>;
  static constexpr bool thread_safe = true;
  void operator()(auto& ctx) const { ctx[value] += 1; }
};
struct copy_out {
  using reads = mr::fields<value>;
  using writes = mr::fields<seen>;
  static constexpr bool thread_safe = true;
  mr::result<void> operator()(auto& ctx) const {
    ctx[seen] = ctx[value];
    return {};
  }
};
struct refuse {
  using reads = mr::fields<>;
  using writes = mr::fields<>;
  mr::result<void> operator()(auto&) const { return mr::error(mr::errc::invalid_data, "row 7 is empty"); }
};
struct throws_error {
  using reads = mr::fields<>;
  using writes = mr::fields<>;
  void operator()(auto&) const { throw std::runtime_error("boom"); }
};
struct throws_int {
  using reads = mr::fields<>;
  using writes = mr::fields<>;
  void operator()(auto&) const { throw 7; }
};

// Three maps on the integers of which no two commute, applied on the way in and undone on the way out.
struct times_three {
  void before(const auto&, auto& ctx) { ctx[value] *= 3; }
  void after(const auto&, auto& ctx, const mr::result<void>&) { ctx[value] -= 5; }
};
struct plus_seven {
  void before(const auto&, auto& ctx) { ctx[value] += 7; }
  void after(const auto&, auto& ctx, const mr::result<void>&) { ctx[value] *= 2; }
};
struct square {
  void before(const auto&, auto& ctx) { ctx[value] *= ctx[value]; }
  void after(const auto&, auto& ctx, const mr::result<void>&) { ctx[value] = -ctx[value]; }
};

struct recorder {
  std::string* log;
  std::string who;
  void before(const auto& event, auto&) { *log += who + ">" + std::string(event.name) + " "; }
  void after(const auto& event, auto&, const mr::time_span&, const mr::result<void>& outcome) {
    *log += who + (outcome ? "<" : "!") + std::string(event.name) + " ";
  }
  void rejected(const auto& event, auto&, const mr::error& why) {
    *log += who + "x" + std::string(event.name) + "(" + why.message() + ") ";
  }
};

struct veto {
  mr::result<void> before(const auto&, auto&) { return mr::error(mr::errc::vetoed, "not today"); }
};
struct picky {
  mr::result<void> after(const auto&, auto&, const mr::result<void>&) { return mr::error(mr::errc::not_finite, "NaN"); }
};
struct broken {
  void after(const auto&, auto&, const mr::result<void>&) { throw std::runtime_error("full"); }
};
struct retry {
  int attempts;
  mr::result<void> around(const auto&, auto&, auto& next) {
    mr::result<void> outcome = next();
    for (int i = 1; i < attempts && !outcome; ++i) outcome = next();
    return outcome;
  }
};
struct fails_twice {
  using reads = mr::fields<value>;
  using writes = mr::fields<value>;
  mr::result<void> operator()(auto& ctx) const {
    if (++ctx[value] < 3) return mr::error(mr::errc::unavailable, "later");
    return {};
  }
};
struct slow_start {
  using reads = mr::fields<>;
  using writes = mr::fields<>;
  std::uint64_t* now;
  mr::result<void> operator()(auto&) const {
    *now += 5;
    if (*now < 15) return mr::error(mr::errc::unavailable, "later");
    return {};
  }
};
struct pass_on {
  mr::result<void> around(const auto&, auto&, auto& next) { return next(); }
};
struct skip {
  mr::result<void> around(const auto&, auto&, auto&) { return {}; }
};
struct look {
  std::vector<mr::time_span>* spans;
  void after(const auto&, auto&, const mr::time_span& span, const mr::result<void>&) { spans->push_back(span); }
};
struct look_last {
  mr::time_span* span;
  void after(const auto&, auto&, const mr::time_span& taken, const mr::result<void>&) { *span = taken; }
};
struct owner {
  std::unique_ptr<int> calls;
  void before(const auto&, auto&) { ++*calls; }
};
struct counter {
  int calls = 0;
  void before(const auto&, auto&) { ++calls; }
};
struct tracer {
  using fields = mr::fields<trace>;
  void before(const auto& event, auto& ctx) { ctx[trace] += std::string(event.name) + ";"; }
};

struct both_maps {
  auto add_to(auto chain) && { return std::move(chain).use(times_three{}).use(plus_seven{}); }
};

}  // namespace

TEST_CASE("a bundle adds its middlewares in its own order") {
  auto chain = mr::chain(copy_out{}).use(both_maps{}).use(square{});
  CHECK(decltype(chain)::order()[0] == "square");
  CHECK(decltype(chain)::order()[2] == "times_three");
}

TEST_CASE("a chain runs its events in order") {
  auto chain = mr::chain(add_one{}, copy_out{}, add_one{});
  auto ctx = chain.context(value = 4);
  REQUIRE(chain(ctx));
  CHECK(ctx[seen] == 5);
  CHECK(ctx[value] == 6);
}

TEST_CASE("three middlewares that do not commute run last-registered outermost, and out in reverse") {
  auto chain = mr::chain(copy_out{}).use(times_three{}).use(plus_seven{}).use(square{});
  auto ctx = chain.context(value = 2);
  REQUIRE(chain(ctx));
  // in: square (outermost), plus_seven, times_three (innermost): ((2^2) + 7) * 3
  CHECK(ctx[seen] == 33);
  // out: times_three, plus_seven, square: -((33 - 5) * 2)
  CHECK(ctx[value] == -56);
  constexpr auto order = decltype(chain)::order();
  STATIC_REQUIRE(order.size() == 3);
  CHECK(order[0] == "square");
  CHECK(order[1] == "plus_seven");
  CHECK(order[2] == "times_three");
}

TEST_CASE("hooks nest around every event") {
  std::string log;
  auto chain = mr::chain(add_one{}, copy_out{}).use(recorder{&log, "a"}).use(recorder{&log, "b"});
  auto ctx = chain.context(value = 0);
  REQUIRE(chain(ctx));
  CHECK(log == "b>add_one a>add_one a<add_one b<add_one b>copy_out a>copy_out a<copy_out b<copy_out ");
}

TEST_CASE("a strict run stops at the first failure and says which event") {
  auto chain = mr::chain(add_one{}, refuse{}, add_one{});
  auto ctx = chain.context(value = 0);
  const mr::result<void> done = chain(ctx);
  REQUIRE_FALSE(done);
  CHECK(done.error().code() == mr::errc::invalid_data);
  CHECK(done.error().message() == "event \"refuse\" (2 of 3) failed");
  CHECK(done.error().describe() == "event \"refuse\" (2 of 3) failed: row 7 is empty");
  REQUIRE(done.error().cause() != nullptr);
  CHECK(done.error().cause()->message() == "row 7 is empty");
  CHECK(ctx[value] == 1);
}

TEST_CASE("what an event throws becomes an error value after its closing hooks") {
  std::string log;
  auto chain = mr::chain(throws_error{}).use(recorder{&log, "a"}).use(recorder{&log, "b"});
  auto ctx = chain.context();
  const mr::result<void> done = chain(ctx);
  REQUIRE_FALSE(done);
  CHECK(done.error().code() == mr::errc::event_threw);
  CHECK(done.error().describe() == "event \"throws_error\" (1 of 1) failed: event \"throws_error\" threw: boom");
  CHECK(log == "b>throws_error a>throws_error a!throws_error b!throws_error ");
  auto odd = mr::chain(throws_int{});
  auto empty = odd.context();
  CHECK(odd(empty).error().code() == mr::errc::event_threw);
}

TEST_CASE("a lenient run goes on, answers completed with n failures, and lists them") {
  auto chain = mr::chain<mr::lenient>(refuse{}, add_one{}, throws_error{}, add_one{});
  auto ctx = chain.context(value = 0);
  const mr::lenient_result done = chain(ctx);
  REQUIRE_FALSE(done);
  CHECK(ctx[value] == 2);
  REQUIRE(done.failures().size() == 2);
  CHECK(done.failures()[0].index == 0);
  CHECK(done.failures()[0].event == "refuse");
  CHECK(done.failures()[1].event == "throws_error");
  CHECK(done.error().message().substr(0, 25) == "completed with 2 failures");
}

TEST_CASE("a veto keeps the event from running and everybody hears of it") {
  std::string log;
  auto chain = mr::chain(add_one{}).use(recorder{&log, "in"}).use(veto{}).use(recorder{&log, "out"});
  auto ctx = chain.context(value = 0);
  const auto done = chain(ctx);
  REQUIRE_FALSE(done);
  CHECK(done.error().code() == mr::errc::vetoed);
  CHECK(ctx[value] == 0);
  CHECK(log == "out>add_one inxadd_one(not today) out!add_one ");
}

TEST_CASE("an after that fails a good event tells those inside it") {
  std::string log;
  auto chain = mr::chain(add_one{}).use(recorder{&log, "in"}).use(picky{}).use(recorder{&log, "out"});
  auto ctx = chain.context(value = 0);
  CHECK(chain(ctx).error().code() == mr::errc::not_finite);
  CHECK(log == "out>add_one in>add_one in<add_one inxadd_one(NaN) out!add_one ");
}

TEST_CASE("a hook that throws fails its event and stops nobody else") {
  std::string log;
  auto chain = mr::chain(add_one{}).use(broken{}).use(recorder{&log, "out"});
  auto ctx = chain.context(value = 0);
  const auto done = chain(ctx);
  REQUIRE_FALSE(done);
  CHECK(done.error().describe().find("middleware \"broken\", after event \"add_one\", threw: full") !=
        std::string::npos);
  CHECK(log == "out>add_one out!add_one ");
}

TEST_CASE("around may call the event again, or not at all") {
  auto patient = mr::chain(fails_twice{}).use(retry{3});
  auto ctx = patient.context(value = 0);
  CHECK(patient(ctx));
  CHECK(ctx[value] == 3);
  auto hasty = mr::chain(fails_twice{}).use(retry{2});
  auto again = hasty.context(value = 0);
  CHECK_FALSE(hasty(again));

  auto cached = mr::chain(add_one{}).use(skip{});
  auto untouched = cached.context(value = 8);
  CHECK(cached(untouched));
  CHECK(untouched[value] == 8);
}

TEST_CASE("one span is taken around each event and shared by all who look") {
  std::vector<mr::time_span> spans;
  std::uint64_t now = 1000;
  auto chain = mr::chain(add_one{}, add_one{}).use(look{&spans}).use(look{&spans}).on(mr::manual_clock(now, 10));
  auto ctx = chain.context(value = 0);
  REQUIRE(chain(ctx));
  REQUIRE(spans.size() == 4);
  CHECK(spans[0].start == 1000);
  CHECK(spans[0].end == 1010);
  CHECK(spans[1].start == 1000);
  CHECK(spans[2].start == 1020);
  CHECK(now == 1040);  // two readings an event, however many look
}

TEST_CASE("a span may begin at the clock's 0") {
  mr::time_span inner, outer;
  std::uint64_t now = 0;
  auto once = mr::chain(slow_start{&now})
                  .use(look_last{&inner})
                  .use(pass_on{})
                  .use(look_last{&outer})
                  .on(mr::manual_clock(now));
  auto ctx = once.context();
  CHECK_FALSE(once(ctx));
  CHECK(inner.start == 0);
  CHECK(inner.end == 5);
  CHECK(outer.start == 0);
  CHECK(outer.end == 5);

  now = 0;
  auto patient = mr::chain(slow_start{&now}).use(retry{3}).use(look_last{&outer}).on(mr::manual_clock(now));
  auto again = patient.context();
  CHECK(patient(again));
  CHECK(outer.start == 0);  // of the first attempt
  CHECK(outer.end == 15);

  // Neither attempt reached the event.
  now = 0;
  auto kept = mr::chain(slow_start{&now}).use(veto{}).use(retry{2}).use(look_last{&outer}).on(mr::manual_clock(now, 7));
  auto never = kept.context();
  CHECK_FALSE(kept(never));
  CHECK(outer.start == 0);
  CHECK(outer.nanoseconds() == 0);
  CHECK(now == 7);  // one reading
}

TEST_CASE("a chain whose middlewares need no time never reads the clock") {
  std::uint64_t now = 5;
  auto chain = mr::chain(copy_out{}).use(square{}).on(mr::manual_clock(now, 10));
  auto ctx = chain.context(value = 1);
  REQUIRE(chain(ctx));
  CHECK(now == 5);
}

TEST_CASE("an event that was vetoed has a span of no length") {
  mr::time_span span;
  std::uint64_t now = 70;
  auto chain = mr::chain(add_one{}).use(veto{}).use(look_last{&span}).on(mr::manual_clock(now, 10));
  auto ctx = chain.context(value = 0);
  CHECK_FALSE(chain(ctx));
  CHECK(span.start == 70);
  CHECK(span.nanoseconds() == 0);
}

TEST_CASE("a chain moves, is never copied, and carries what cannot be copied") {
  auto chain = mr::chain(add_one{}).use(owner{std::make_unique<int>(0)});
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<decltype(chain)>);
  auto moved = std::move(chain);
  auto ctx = moved.context(value = 0);
  REQUIRE(moved(ctx));
  CHECK(*moved.get<owner>().calls == 1);
}

TEST_CASE("a borrowed middleware stays with the caller") {
  counter mine;
  auto chain = mr::chain(add_one{}, add_one{}).use(mr::borrow(mine));
  auto ctx = chain.context(value = 0);
  REQUIRE(chain(ctx));
  CHECK(mine.calls == 2);
  CHECK(&chain.get<counter>() == &mine);
  CHECK(&chain.get<"counter">() == &mine);
}

TEST_CASE("a chain describes itself") {
  auto chain = mr::chain(add_one{}, mr::step<"peek", mr::fields<value>, mr::fields<>>([](auto&) {}))
                   .use(times_three{})
                   .use(square{});
  CHECK(chain.describe() ==
        "chain, strict\n"
        "  1 add_one; reads value; writes value\n"
        "  2 peek; reads value\n"
        "middleware, outermost first:\n"
        "  square\n"
        "  times_three\n");
}

TEST_CASE("a middleware's own fields have slots") {
  auto chain = mr::chain(add_one{}, copy_out{}).use(tracer{});
  auto ctx = chain.context(value = 0);
  REQUIRE(chain(ctx));
  CHECK(ctx[trace] == "add_one;copy_out;");
}

namespace {
struct reach {
  std::string* log;
  void rejected(const auto& event, auto&, const mr::error&) { *log += event.reached() ? "came " : "never "; }
};
struct refuses_around {
  bool runs;
  mr::result<void> around(const auto&, auto&, auto& next) {
    if (runs) (void)next();
    return mr::error(mr::errc::vetoed, "no");
  }
};
struct adds_one {
  using reads = mr::fields<value>;
  using writes = mr::fields<value>;
  void operator()(auto& ctx) const { ++ctx[value]; }
};
}  // namespace

TEST_CASE("a rejected hook knows whether the run had come through it", "[chain]") {
  std::string log;
  const auto run = [&](auto&& chain) {
    log.clear();
    auto ctx = chain.context(value = 0);
    CHECK_FALSE(chain(ctx));
    return log;
  };
  CHECK(run(mr::chain(adds_one{}).use(reach{&log}).use(veto{})) == "never ");
  CHECK(run(mr::chain(adds_one{}).use(reach{&log}).use(picky{})) == "came ");
  CHECK(run(mr::chain(adds_one{}).use(reach{&log}).use(refuses_around{true})) == "came ");
  CHECK(run(mr::chain(adds_one{}).use(reach{&log}).use(refuses_around{false})) == "never ");
  CHECK(run(mr::chain(adds_one{}).use(reach{&log}).use(reach{&log}).use(picky{})) == "came came ");
}

TEST_CASE("a context that nobody reads afterwards need not have a name", "[chain]") {
  auto chain = mr::chain(add_one{}, refuse{});
  const auto done = chain(chain.context(value = 1));
  REQUIRE_FALSE(done);
  CHECK(done.error().describe() == "event \"refuse\" (2 of 2) failed: row 7 is empty");
}
