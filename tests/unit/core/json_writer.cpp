#include <millrace/core/json_writer.hpp>
#include <millrace/core/seed.hpp>

#include <support/catch.hpp>

#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

namespace mr = millrace;

namespace {

template <class T>
std::string json_of(const T& value) {
  std::string out;
  mr::append_json(out, value);
  return out;
}

}  // namespace

TEST_CASE("strings are escaped as JSON asks, and what is UTF-8 stays as it is") {
  CHECK(json_of("plain") == "\"plain\"");
  CHECK(json_of(std::string_view("q\"b\\n\nr\rt\t\x01\x7f")) == "\"q\\\"b\\\\n\\nr\\rt\\t\\u0001\\u007f\"");
  CHECK(json_of("é€😀") == "\"é€😀\"");
  CHECK(json_of(std::string_view("a\0b", 3)) == "\"a\\u0000b\"");
}

TEST_CASE("bytes that are no UTF-8 are shown, and the text stays strict JSON") {
  CHECK(json_of("\xff") == "\"\\\\xff\"");
  CHECK(json_of("\xc3") == "\"\\\\xc3\"");                        // cut short
  CHECK(json_of("\xc0\xaf") == "\"\\\\xc0\\\\xaf\"");             // overlong
  CHECK(json_of("\xed\xa0\x80") == "\"\\\\xed\\\\xa0\\\\x80\"");  // a surrogate
  CHECK(json_of("\xf5\x80\x80\x80").find("\\\\xf5") == 1);        // beyond U+10FFFF
}

TEST_CASE("random bytes always parse as strict JSON") {
  mr::random_engine random(5);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random.below(24), '\0');
    for (char& c : bytes) c = static_cast<char>(random() & 0xff);
    const std::string text = json_of(bytes);
    REQUIRE(nlohmann::json::accept(text));
  }
}

TEST_CASE("numbers read back to the same value, and JSON's missing ones are tagged") {
  using limits = std::numeric_limits<double>;
  for (const double value : {0.1, -0.0, 1e300, limits::denorm_min(), limits::max(), 1.0 / 3, -123456.789})
    CHECK(std::strtod(json_of(value).c_str(), nullptr) == value);
  CHECK(json_of(1.0F / 3) == "0.33333334");
  CHECK(json_of(limits::quiet_NaN()) == "\"NaN\"");
  CHECK(json_of(limits::infinity()) == "\"Infinity\"");
  CHECK(json_of(-limits::infinity()) == "\"-Infinity\"");
  CHECK(json_of(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(json_of(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(json_of(true) == "true");
}

TEST_CASE("the writer keeps the commas") {
  std::string out;
  mr::json_writer json(out);
  json.begin_object().member("a", 1).key("list").begin_array().value("x").value(2.5).raw("[]").end_array();
  json.key("empty").begin_object().end_object().key("none").begin_array().end_array().member("z", nullptr).end_object();
  CHECK(out == R"({"a":1,"list":["x",2.5,[]],"empty":{},"none":[],"z":null})");
  CHECK(nlohmann::json::accept(out));
}

TEST_CASE("a null pointer to a text is null") {
  std::string out;
  const char* const none = nullptr;
  mr::append_json(out, none);
  mr::json_writer(out).begin_object().member("text", none).member("more", "a").end_object();
  CHECK(out == R"(null{"text":null,"more":"a"})");
}
