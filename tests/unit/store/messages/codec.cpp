#include <millrace/store/messages/codec.hpp>

#include <millrace/aggregate/members.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;

namespace {

struct reading {
  std::string device;
  double value = 0;
  std::vector<std::int64_t> codes;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("device", self.device)("value", self.value)("codes", self.codes);
  }
  friend bool operator==(const reading&, const reading&) = default;
};

struct strict_reading : reading {
  static constexpr std::string_view document_kind = "reading";
  static constexpr unsigned document_format = 1;
};

std::string to_text(const int& value) { return std::to_string(value); }
mr::result<int> from_text(std::string_view text) {
  if (text.empty() || text.size() > 3) return mr::error(mr::errc::invalid_data, "no number");
  return std::stoi(std::string(text));
}

static_assert(ms::message_codec<ms::raw_bytes, std::string>);
static_assert(ms::message_codec<ms::json_members, reading>);
static_assert(ms::message_codec<ms::coded_by<&to_text, &from_text>, int>);
static_assert(ms::message_codec<ms::saved_form, mr::aggregate<mr::mean>>);
static_assert(ms::message_codec<ms::length_prefixed<ms::json_members>, std::vector<reading>>);
static_assert(!ms::message_codec<ms::raw_bytes, int>);
static_assert(!ms::message_codec<ms::json_members, int>);
static_assert(!ms::message_codec<ms::saved_form, int>);
static_assert(!ms::message_codec<ms::length_prefixed<ms::json_members>, reading>);

}  // namespace

TEST_CASE("codecs: raw bytes are what they are", "[codec]") {
  const std::string bytes("\0\xff", 2);
  CHECK(*ms::raw_bytes::encode(bytes) == bytes);
  CHECK(*ms::raw_bytes::decode<std::string>(bytes) == bytes);
}

TEST_CASE("codecs: JSON of a struct's members", "[codec]") {
  const reading one{"door", 21.5, {1, -2}};
  const auto text = ms::json_members::encode(one);
  CHECK(*text == R"({"device":"door","value":21.5,"codes":[1,-2]})");
  CHECK(*ms::json_members::decode<reading>(*text) == one);
  // As messages of others are read: what is missing stays, what is unknown is passed over.
  CHECK(*ms::json_members::decode<reading>(R"({"value":1,"more":{"a":[1]}})") == reading{"", 1, {}});
  const auto refused = ms::json_members::decode<reading>(R"({"value":"x"})");
  CHECK(refused.error().code() == mr::errc::corrupt);
  CHECK(refused.error().message() == "JSON: `value`: a number is expected");
  for (const char* text_of_none : {"", "[]", "{", "{\"value\":}", "nul"})
    CHECK_FALSE(ms::json_members::decode<reading>(text_of_none));
  // NaN and infinities, which JSON has no numbers for.
  const reading far{"x", -std::numeric_limits<double>::infinity(), {}};
  CHECK(*ms::json_members::decode<reading>(*ms::json_members::encode(far)) == far);
}

TEST_CASE("codecs: JSON of a document has its format and nothing else", "[codec]") {
  const strict_reading one{{"door", 1, {}}};
  const auto text = ms::json_members::encode(one);
  CHECK(*text == R"({"format":1,"device":"door","value":1,"codes":[]})");
  CHECK(*ms::json_members::decode<strict_reading>(*text) == one);
  CHECK_FALSE(ms::json_members::decode<strict_reading>(R"({"format":1,"device":"d","value":1,"codes":[],"x":1})"));
  CHECK(ms::json_members::decode<strict_reading>(R"({"format":2})").error().code() == mr::errc::unsupported);
}

TEST_CASE("codecs: functions of yours, which may fail", "[codec]") {
  using codec = ms::coded_by<&to_text, &from_text>;
  CHECK(*codec::encode(42) == "42");
  CHECK(*codec::decode<int>("42") == 42);
  CHECK(codec::decode<int>("").error().message() == "no number");
}

TEST_CASE("codecs: the saved form of a state", "[codec]") {
  mr::aggregate<mr::mean> state;
  state.update(3.0);
  state.update(5.0);
  const auto bytes = ms::saved_form::encode(state);
  const auto back = ms::saved_form::decode<mr::aggregate<mr::mean>>(*bytes);
  REQUIRE(back);
  CHECK(back->get<mr::mean>() == 4.0);
  CHECK_FALSE(ms::saved_form::decode<mr::aggregate<mr::mean>>(bytes->substr(1)));
}

TEST_CASE("codecs: several values in one message, each behind its length", "[codec]") {
  using codec = ms::length_prefixed<ms::raw_bytes>;
  const std::vector<std::string> values{"ab", "", std::string(300, 'x')};
  const auto bytes = codec::encode(values);
  CHECK(bytes->substr(0, 10) == std::string("\2\0\0\0ab\0\0\0\0", 10));
  CHECK(bytes->substr(10, 4) == std::string("\x2c\1\0\0", 4));
  CHECK(*codec::decode<std::vector<std::string>>(*bytes) == values);
  CHECK(codec::decode<std::vector<std::string>>("")->empty());
  std::size_t whole = 0;
  for (std::size_t size = 1; size < bytes->size(); ++size) {
    const auto read = codec::decode<std::vector<std::string>>(bytes->substr(0, size));
    if (read)
      ++whole;  // it ends behind a value
    else
      CHECK(read.error().code() == mr::errc::truncated);
  }
  CHECK(whole == 2);
  const auto far = codec::decode<std::vector<std::string>>(std::string("\1\0\0\0a\xff\xff\xff\xff", 9));
  CHECK(far.error().message() == "a message ends within the value 1 of those that it has");
  const auto bad =
      ms::length_prefixed<ms::json_members>::decode<std::vector<reading>>(std::string("\2\0\0\0{}\1\0\0\0x", 11));
  CHECK(bad.error().describe() == "the value 1 of a message: JSON: it is no JSON object");
}
