#include <millrace/observe/tracing/span_context.hpp>

#include <support/catch.hpp>

#include <string>

namespace mr = millrace;
using mr::observe::parse_traceparent;

namespace {

// The example of W3C Trace Context, section "Examples of HTTP traceparent Headers".
const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

}  // namespace

TEST_CASE("span_context: traceparent is read and written") {
  const auto read = parse_traceparent(good);
  REQUIRE(read);
  CHECK(read->trace == mr::observe::trace_id{0x4bf92f3577b34da6, 0xa3ce929d0e0e4736});
  CHECK(read->span == mr::observe::span_id{0x00f067aa0ba902b7});
  CHECK(read->sampled());
  CHECK(*read);
  CHECK(to_traceparent(*read) == good);
  CHECK_FALSE(parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")->sampled());
  CHECK(parse_traceparent(" \t" + good + " ")->sampled());
  CHECK_FALSE(mr::observe::span_context{});
}

TEST_CASE("span_context: the flags are a bit field, of which two are passed on") {
  const auto flags = [](const char* text) {
    return parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-" + std::string(text)).value().flags;
  };
  CHECK(flags("09") == 1);
  CHECK(flags("ff") == 3);
  CHECK(flags("02") == 2);
  CHECK(flags("fc") == 0);
  mr::observe::span_context all = *parse_traceparent(good);
  all.flags = 0xff;
  CHECK(to_traceparent(all).ends_with("-03"));
}

// The cases of w3c/trace-context, test/test.py.
TEST_CASE("span_context: what the standard's test suite refuses is refused") {
  const std::string trace = "12345678901234567890123456789012";
  const std::string span = "1234567890123456";
  for (const std::string& refused : {"00-" + trace + "-" + span + "-01.",
                                     "00-" + trace + "-" + span + "-01-what-the-future-will-be-like",
                                     "cc-" + trace + "-" + span + "-01.what-the-future-will-be-like",
                                     "ff-" + trace + "-" + span + "-01",
                                     ".0-" + trace + "-" + span + "-01",
                                     "0.-" + trace + "-" + span + "-01",
                                     "000-" + trace + "-" + span + "-01",
                                     "0000-" + trace + "-" + span + "-01",
                                     "0-" + trace + "-" + span + "-01",
                                     "00-" + std::string(32, '0') + "-" + span + "-01",
                                     "00-.2345678901234567890123456789012-" + span + "-01",
                                     "00-1234567890123456789012345678901.-" + span + "-01",
                                     "00-" + trace + "3-" + span + "-01",
                                     "00-" + trace.substr(1) + "-" + span + "-01",
                                     "00-" + trace + "-" + std::string(16, '0') + "-01",
                                     "00-" + trace + "-.234567890123456-01",
                                     "00-" + trace + "-123456789012345.-01",
                                     "00-" + trace + "-" + span + "7-01",
                                     "00-" + trace + "-" + span.substr(1) + "-01",
                                     "00-" + trace + "-" + span + "-.0",
                                     "00-" + trace + "-" + span + "-0.",
                                     "00-" + trace + "-" + span + "-001",
                                     "00-" + trace + "-" + span + "-1",
                                     "00-" + trace + "-" + span,
                                     std::string(),
                                     std::string("00"),
                                     "00-" + std::string("4BF92F3577B34DA6A3CE929D0E0E4736") + "-" + span + "-01"}) {
    INFO(refused);
    CHECK(parse_traceparent(refused).error().code() == mr::errc::invalid_data);
  }
  CHECK(parse_traceparent("cc-" + trace + "-" + span + "-01"));
  CHECK(parse_traceparent("cc-" + trace + "-" + span + "-01-what-the-future-will-be-like"));
}

TEST_CASE("span_context: of every damaged header, what is read is a header again") {
  for (std::size_t size = 0; size < good.size(); ++size) CHECK_FALSE(parse_traceparent(good.substr(0, size)));
  for (std::size_t at = 0; at < good.size(); ++at)
    for (int c = 0; c < 256; ++c) {
      std::string damaged = good;
      damaged[at] = static_cast<char>(c);
      const auto read = parse_traceparent(damaged);
      if (read && at > 2 && at < 53) REQUIRE(to_traceparent(*read).substr(2) == damaged.substr(2));
    }
}
