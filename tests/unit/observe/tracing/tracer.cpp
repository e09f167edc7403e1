#include <millrace/observe/tracing/tracer.hpp>

#include <millrace/core/clock.hpp>
#include <support/catch.hpp>

#include <set>
#include <string>
#include <thread>
#include <vector>

namespace mr = millrace;
using namespace mr::observe;

namespace {

std::uint64_t fixed_wall() noexcept { return 1'700'000'000'000'000'000; }
tracer_options fixed(std::size_t capacity = 2048) {
  return {.capacity = capacity, .seed = 42, .wall_clock = fixed_wall};
}
using manual_tracer = basic_tracer<parent_based<>, mr::manual_clock>;

}  // namespace

TEST_CASE("tracer: a trace's spans have its identifier, their parents, and times by one clock") {
  std::uint64_t now = 5'000;
  manual_tracer tracer(fixed(), parent_based<>(), mr::manual_clock(now));
  span root = tracer.start("predict", span_kind::server);
  now += 10;
  span step = root.child("features");
  now += 10;
  span inner = step.child("lookup", span_kind::client);
  now += 10;
  inner.end();
  step.end();
  now += 10;
  root.end();
  const auto spans = tracer.drain();
  REQUIRE(spans.size() == 3);
  CHECK(spans[0].name == "lookup");
  CHECK(spans[0].kind == span_kind::client);
  CHECK(spans[0].parent == spans[1].context.span);
  CHECK(spans[1].parent == spans[2].context.span);
  CHECK_FALSE(spans[2].parent);
  const std::uint64_t begun = fixed_wall();
  CHECK(spans[2].start == begun);
  CHECK(spans[2].end == begun + 40);
  CHECK(spans[1].start == begun + 10);
  CHECK(spans[1].end == begun + 30);
  CHECK(spans[0].start == begun + 20);
  CHECK(spans[0].end == begun + 30);
  std::set<std::uint64_t> ids;
  for (const span_record& each : spans) {
    CHECK(each.context.trace == spans[2].context.trace);
    CHECK(each.context.trace);
    CHECK(each.context.flags == (span_context::sampled_flag | span_context::random_flag));
    CHECK(each.context.span);
    ids.insert(each.context.span.value);
  }
  CHECK(ids.size() == 3);
  CHECK(tracer.drain().empty());
}

TEST_CASE("tracer: a span of another process is the parent, and its decision counts") {
  tracer made(fixed());
  const auto yes = parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").value();
  const auto no = parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00").value();
  span taken = made.start("in", span_kind::server, yes, trace_state::parse("rojo=1").value());
  CHECK(taken.recording());
  CHECK(taken.context().trace == yes.trace);
  CHECK_FALSE(taken.context().span == yes.span);
  CHECK(taken.child("x").trace_state().header() == "rojo=1");
  taken.end();
  span passed = made.start("in", span_kind::server, no, trace_state::parse("rojo=1").value());
  CHECK_FALSE(passed.recording());
  CHECK(to_traceparent(passed.context()) == to_traceparent(no));
  CHECK(passed.child("x").trace_state().header() == "rojo=1");
  passed.end();
  const auto spans = made.drain();
  REQUIRE(spans.size() == 2);
  CHECK(spans[1].parent == yes.span);
  CHECK(spans[1].remote_parent);
  CHECK_FALSE(spans[0].remote_parent);
  CHECK(spans[1].trace_state == "rojo=1");
}

TEST_CASE("tracer: a trace that is not recorded still has identifiers, and costs no room") {
  basic_tracer made(fixed(), sample_none{});
  span root = made.start("root");
  CHECK_FALSE(root.recording());
  CHECK(root.context());
  CHECK_FALSE(root.context().sampled());
  span step = root.child("child");
  step.set("rows", 1);
  step.event("something");
  step.fail("why");
  CHECK(step.context().trace == root.context().trace);
  step.end();
  root.end();
  CHECK_FALSE(root);
  CHECK(made.drain().empty());
  CHECK_FALSE(made.start("other").context().trace == root.context().trace);
  span nothing;
  nothing.set("a", 1);
  CHECK_FALSE(nothing);
  CHECK_FALSE(nothing.child("x"));
}

TEST_CASE("tracer: what a span is told is in its record") {
  tracer made(fixed());
  {
    span one = made.start("one");
    one.set("rows", 32);
    one.set("rows", 33);
    one.set("model", "fraud");
    one.set("ratio", 0.5);
    one.set("cached", false);
    one.event("miss", {{"key", "k"}});
    one.link({{7, 7}, {7}, 1}, {{"why", "batch"}});
    one.link({});
    one.fail(mr::error(mr::errc::timeout, "too late"));
    span kept = made.start("kept");
    kept.succeed();
    kept.fail("no");
    span right = made.start("right");
    right.fail("no");
    right.succeed();
  }
  const auto spans = made.drain();
  REQUIRE(spans.size() == 3);
  const span_record& one = spans[2];
  CHECK(one.attributes ==
        std::vector<attribute>{
            {"rows", 33}, {"model", "fraud"}, {"ratio", 0.5}, {"cached", false}, {"error.type", "timeout"}});
  REQUIRE(one.events.size() == 1);
  CHECK(one.events[0].attributes == std::vector<attribute>{{"key", "k"}});
  CHECK(one.events[0].unix_nanoseconds >= one.start);
  REQUIRE(one.links.size() == 1);
  CHECK(one.links[0].to.span.value == 7);
  CHECK(one.status == span_status::error);
  CHECK(one.message == "too late");
  CHECK(spans[1].status == span_status::ok);
  CHECK(spans[0].status == span_status::ok);
  CHECK(spans[0].message.empty());
}

TEST_CASE("tracer: what is beyond the limits is counted, and texts end with a character") {
  tracer_options options = fixed();
  options.limits = {.attributes = 2, .events = 1, .links = 1, .text_bytes = 4};
  tracer made(options);
  {
    span one = made.start("name of a span");
    for (int i = 0; i < 5; ++i) one.set(std::to_string(i), i);
    one.set("0", "abc\xc3\xa9");  // the limit lies within the last character
    one.set("", 1);
    for (int i = 0; i < 3; ++i) one.event("e", {{"a", 1}, {"b", 2}, {"c", 3}});
    for (std::uint64_t i = 1; i < 4; ++i) one.link({{1, i}, {i}, 0});
  }
  const auto spans = made.drain();
  REQUIRE(spans.size() == 1);
  CHECK(spans[0].name == "name");
  CHECK(spans[0].attributes == std::vector<attribute>{{"0", "abc"}, {"1", 1}});
  CHECK(spans[0].dropped_attributes == 5);  // three, the one without a name, and one of the event
  CHECK(spans[0].dropped_events == 2);
  CHECK(spans[0].dropped_links == 2);
  CHECK(detail::limited("\x80\x80\x80\x80\x80\x80", 4).size() == 4);
}

TEST_CASE("tracer: spans beyond the room are dropped and counted") {
  tracer made(fixed(2));
  for (int i = 0; i < 5; ++i) made.start(std::to_string(i)).end();
  CHECK(made.dropped() == 3);
  auto spans = made.drain();
  REQUIRE(spans.size() == 2);
  CHECK(spans[1].name == "1");
  made.start("again").end();
  CHECK(made.drain().size() == 1);
}

TEST_CASE("tracer: a scope's span is the parent of those that begin in it, on its thread and of its tracer") {
  tracer made(fixed());
  tracer other({.seed = 43});
  span root = made.start("root");
  {
    const span_scope within(root);
    span step = made.start("step");
    CHECK(step.context().trace == root.context().trace);
    {
      const span_scope deeper(step);
      CHECK(made.start("inner").context().trace == root.context().trace);
      CHECK_FALSE(other.start("foreign").context().trace == root.context().trace);
    }
    CHECK(made.start("step").context().trace == root.context().trace);
    bool is_mine = true;
    std::thread([&] { is_mine = made.start("elsewhere").context().trace == root.context().trace; }).join();
    CHECK_FALSE(is_mine);
  }
  CHECK_FALSE(made.start("after").context().trace == root.context().trace);
}

TEST_CASE("tracer: the end is never before the start, whatever the clock does") {
  std::uint64_t now = 5'000;
  manual_tracer tracer(fixed(), parent_based<>(), mr::manual_clock(now));
  span one = tracer.start("one");
  now = 1'000;
  one.end();
  span two = tracer.start("two");
  now += 70;
  const std::uint64_t then = two.tick();
  now += 70;
  two.end_at(then);
  const auto spans = tracer.drain();
  CHECK(spans[0].end == spans[0].start);
  CHECK(spans[1].end == spans[1].start + 70);
}

TEST_CASE("tracer: threads that trace at once lose nothing, and no two spans have one identifier") {
  tracer made(fixed(100'000));
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        span root = made.start("root");
        const span_scope within(root);
        made.start("step").end();
      }
    });
  for (std::thread& each : threads) each.join();
  const auto spans = made.drain();
  CHECK(spans.size() == 4000);
  std::set<std::uint64_t> ids;
  std::set<std::uint64_t> traces;
  for (const span_record& each : spans) {
    ids.insert(each.context.span.value);
    traces.insert(each.context.trace.high);
  }
  CHECK(ids.size() == 4000);
  CHECK(traces.size() == 2000);
}

TEST_CASE("tracer: the same seed gives the same identifiers, and none of them is zero") {
  tracer a(fixed());
  tracer b(fixed());
  for (int i = 0; i < 100; ++i) {
    const span_context x = a.start("x").context();
    CHECK(x == b.start("x").context());
    CHECK(x);
  }
  CHECK_FALSE(tracer().start("x").context() == tracer().start("x").context());
}
