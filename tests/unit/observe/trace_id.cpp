#include <millrace/observe/trace_id.hpp>

#include <support/catch.hpp>

#include <string>

namespace mr = millrace;
using mr::observe::span_id;
using mr::observe::trace_id;

TEST_CASE("trace_id: identifiers are hexadecimal digits, the first byte first, and zero is none") {
  constexpr trace_id trace{0x0af7651916cd43dd, 0x8448eb211c80319c};
  CHECK(to_hex(trace) == "0af7651916cd43dd8448eb211c80319c");
  CHECK(to_hex(span_id{0xb7ad6b7169203331}) == "b7ad6b7169203331");
  CHECK(to_hex(span_id{1}) == "0000000000000001");
  CHECK(trace);
  CHECK_FALSE(trace_id{});
  CHECK(trace_id{0, 1});
  CHECK(trace_id{1, 0});
  CHECK_FALSE(span_id{});
  std::string text = "id=";
  append_hex(text, trace_id{});
  CHECK(text == "id=" + std::string(32, '0'));
}

TEST_CASE("trace_id: only lower-case hexadecimal digits are read") {
  std::uint64_t value = 0;
  CHECK(mr::observe::detail::read_hex("00f067aa0ba902b7", value));
  CHECK(value == 0x00f067aa0ba902b7);
  CHECK_FALSE(mr::observe::detail::read_hex("00F067aa0ba902b7", value));
  CHECK_FALSE(mr::observe::detail::read_hex("g0", value));
  CHECK_FALSE(mr::observe::detail::read_hex("0/", value));
  CHECK_FALSE(mr::observe::detail::read_hex("0:", value));
}
