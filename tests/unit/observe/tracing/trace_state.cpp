#include <millrace/observe/tracing/trace_state.hpp>

#include <support/catch.hpp>

#include <string>

namespace mr = millrace;
using mr::observe::trace_state;

// The cases of w3c/trace-context, test/tracecontext/test_tracestate.py.
TEST_CASE("trace_state: members are read, changed and written as the standard's test suite wants it") {
  CHECK(trace_state::parse("")->empty());
  CHECK(trace_state::parse("foo=1,bar=2,baz=3")->header() == "foo=1,bar=2,baz=3");
  CHECK(trace_state::parse("foo=1, \t bar=2")->header() == "foo=1,bar=2");
  CHECK(trace_state::parse("foo=1,\t \tbar=2")->header() == "foo=1,bar=2");
  CHECK(trace_state::parse(",, foo=1 ,\t,")->header() == "foo=1");
  CHECK_FALSE(trace_state::parse("foobarbaz"));
  std::string all = "abcdefghijklmnopqrstuvwxyz0123456789_-*/@=";
  for (char c = 0x20; c <= 0x7e; ++c)
    if (c != ',' && c != '=') all += c;
  CHECK(trace_state::parse(all)->header() == all);

  trace_state state;
  CHECK(state.set("bar", "0"));
  CHECK(state.set("foo", "1"));
  CHECK(state.set("bar", "2"));
  CHECK(state.set("baz", "3"));
  CHECK(state.header() == "baz=3,bar=2,foo=1");
  CHECK(state["bar"] == "2");
  CHECK(state["ba"].empty());
  state.erase("bar");
  state.erase("none");
  CHECK(state.header() == "baz=3,foo=1");
  CHECK(state.size() == 2);

  for (const char* key : {"special@vendor", "special@", "special@@vendor", "special@vendor@tenant", "1special"})
    CHECK(state.set(key, "abracadabra"));
  for (const std::string& key : {std::string(), std::string("FOO"), std::string("@vendor"),
                                 std::string("special.vendor"), std::string(257, 'z')})
    CHECK(state.set(key, "abc").error().code() == mr::errc::invalid_argument);
  for (const std::string& value : {std::string(), std::string("bar=baz"), std::string("a,b"), std::string("ends "),
                                   std::string("\x7f"), std::string(257, 'x')})
    CHECK(state.set("foo", value).error().code() == mr::errc::invalid_argument);
  CHECK(state.set("foo", std::string(256, 'x')));
  CHECK(state.set(std::string(256, 'z'), "x"));
}

TEST_CASE("trace_state: the last member makes room for a 33rd, and 33 of another system's are refused") {
  trace_state state;
  for (int i = 0; i < 40; ++i) REQUIRE(state.set("k" + std::to_string(i), "v"));
  CHECK(state.size() == 32);
  CHECK(state.header().starts_with("k39=v,"));
  CHECK(state.header().ends_with(",k8=v"));
  REQUIRE(state.set("k8", "w"));
  CHECK(state.size() == 32);
  CHECK(state.header().ends_with(",k9=v"));
  CHECK(trace_state::parse(state.header())->size() == 32);
  CHECK(trace_state::parse(state.header() + ",more=1").error().code() == mr::errc::invalid_data);
}

TEST_CASE("trace_state: of a key that stands there twice, the first counts") {
  CHECK(trace_state::parse("a=1,b=2,a=3")->header() == "a=1,b=2");
}

TEST_CASE("trace_state: of every damaged header, what is read is a header again") {
  const std::string good = "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE, x@y=a b";
  for (std::size_t size = 0; size <= good.size(); ++size) (void)trace_state::parse(good.substr(0, size));
  for (std::size_t at = 0; at < good.size(); ++at)
    for (int c = 0; c < 256; ++c) {
      std::string damaged = good;
      damaged[at] = static_cast<char>(c);
      const auto read = trace_state::parse(damaged);
      if (read) REQUIRE(trace_state::parse(read->header())->header() == read->header());
    }
  CHECK(trace_state::parse(std::string(100'000, ','))->empty());
  CHECK_FALSE(trace_state::parse(std::string(100'000, 'a')));
}
