#include <millrace/store/document.hpp>

#include <millrace/store/memory_storage.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;

namespace {

enum class colour : std::uint8_t { red, green };
constexpr std::string_view to_string(colour c) noexcept {
  return c == colour::red ? "red" : c == colour::green ? "green" : std::string_view();
}

struct point {
  std::int64_t x = 0;
  std::vector<double> values;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("x", self.x)("values", self.values);
  }
};

struct picture {
  static constexpr std::string_view document_kind = "picture";
  static constexpr unsigned document_format = 2;
  std::string name;
  bool is_new = false;
  colour tint = colour::red;
  std::vector<point> points;
  std::vector<std::string> words;
  std::string since_two = "none";
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("name", self.name)("is_new", self.is_new)("tint", self.tint)("points", self.points)("words", self.words);
    if (members.format() >= 2) members("since_two", self.since_two);
  }
};

const char* const first_format = R"({"format":1,"name":"a","is_new":false,"tint":"green","points":[],"words":["x"]})";

}  // namespace

TEST_CASE("a document is read as it was written") {
  picture made{"\"q\"\n\xc3\xa9\\", true, colour::green, {}, {"", "two, words", "[}"}, "two"};
  made.points = {{-7, {0.1, std::nan(""), std::numeric_limits<double>::infinity()}},
                 {std::numeric_limits<std::int64_t>::min(), {-std::numeric_limits<double>::infinity(), 5e-324}}};
  const std::string text = ms::write_document(made);
  CHECK(text.starts_with(R"({"format":2,"name":)"));
  const auto read = ms::read_document<picture>(text, "p");
  REQUIRE(read);
  CHECK(read->name == made.name);
  CHECK(read->is_new);
  CHECK(read->tint == colour::green);
  CHECK(read->words == made.words);
  CHECK(read->since_two == "two");
  REQUIRE(read->points.size() == 2);
  CHECK(read->points[0].x == -7);
  CHECK(read->points[0].values[0] == 0.1);
  CHECK(std::isnan(read->points[0].values[1]));
  CHECK(read->points[1].values == made.points[1].values);
  CHECK(read->points[1].x == made.points[1].x);
  CHECK(ms::write_document(*read) == text);
}

TEST_CASE("a document of an earlier format lacks what came later") {
  const auto read = ms::read_document<picture>(first_format, "p");
  REQUIRE(read);
  CHECK(read->name == "a");
  CHECK(read->since_two == "none");
}

TEST_CASE("a document that a newer version wrote is refused by name") {
  const auto read = ms::read_document<picture>(R"({"format":3,"anything":[1,{"new":true}]})", "box/p");
  REQUIRE_FALSE(read);
  CHECK(read.error().code() == mr::errc::unsupported);
  CHECK(read.error().message() ==
        "picture \"box/p\" is of format 3, which a newer version wrote; this one reads formats up to 2");
}

TEST_CASE("a document that is none says which member is wrong") {
  const auto fault = [](std::string_view text) {
    const auto read = ms::read_document<picture>(text, "p");
    if (read) return std::string("read");
    CHECK(read.error().code() == mr::errc::corrupt);
    return read.error().message();
  };
  CHECK(fault("") == "picture \"p\": it is no JSON object");
  CHECK(fault("[]") == "picture \"p\": it is no JSON object");
  CHECK(fault("{}") == "picture \"p\": the member `format` is missing");
  CHECK(fault(R"({"format":0,"name":"a","is_new":false,"tint":"red","points":[],"words":[]})") ==
        "picture \"p\": format 0 is none");
  CHECK(fault(R"({"format":1,"name":"a","is_new":false,"tint":"blue","points":[],"words":[]})") ==
        "picture \"p\": `tint`: one of the names that there are is expected");
  CHECK(fault(R"({"format":1,"name":1,"is_new":false,"tint":"red","points":[],"words":[]})") ==
        "picture \"p\": `name`: a text is expected");
  CHECK(fault(R"({"format":1,"name":"a","is_new":0,"tint":"red","points":[],"words":[]})") ==
        "picture \"p\": `is_new`: true or false is expected");
  CHECK(fault(R"({"format":1,"name":"a","is_new":true,"tint":"red","points":[{"x":1e3,"values":[]}],"words":[]})") ==
        "picture \"p\": `points[0]`: `x`: an integer of its range is expected");
  CHECK(fault(R"({"format":1,"name":"a","is_new":true,"tint":"red","points":[{"x":1,"values":[1,"2"]}],"words":[]})") ==
        "picture \"p\": `points[0]`: `values[1]`: a number is expected");
  CHECK(fault(R"({"format":1,"name":"a","is_new":true,"tint":"red","points":{},"words":[]})") ==
        "picture \"p\": `points`: an array is expected");
  CHECK(fault(R"({"format":1,"name":"a","name":"b","is_new":true,"tint":"red","points":[],"words":[]})") ==
        "picture \"p\": the member `name` stands in it twice");
  CHECK(fault(R"({"format":1,"name":"a","is_new":true,"tint":"red","points":[],"words":[],"odd":1})") ==
        "picture \"p\": the member `odd` is unknown");
  CHECK(fault(std::string(first_format) + "x").find("it is no JSON from byte") != std::string::npos);
}

TEST_CASE("a document cut or changed anywhere is an error or another document, and no crash") {
  picture made{"name", true, colour::green, {{1, {2, 3}}}, {"w"}, "two"};
  const std::string text = ms::write_document(made);
  for (std::size_t cut = 0; cut < text.size(); ++cut) CHECK_FALSE(ms::read_document<picture>(text.substr(0, cut), "p"));
  for (std::size_t at = 0; at < text.size(); ++at)
    for (const char c : {'{', '}', '[', '"', '\\', ',', '\0', '\xff', '9', 't'}) {
      std::string changed = text;
      changed[at] = c;
      if (const auto read = ms::read_document<picture>(changed, "p"))
        CHECK(ms::read_document<picture>(ms::write_document(*read), "p"));
    }
  CHECK_FALSE(ms::read_document<picture>("{\"format\":1,\"name\":" + std::string(100'000, '['), "p"));
}

TEST_CASE("a document is kept in a storage") {
  ms::memory_storage storage;
  picture made;
  made.name = "kept";
  REQUIRE(ms::keep_document(storage, "a/b", made));
  const auto read = ms::load_document<picture>(storage, "a/b");
  REQUIRE(read);
  CHECK(read->name == "kept");
  CHECK(ms::load_document<picture>(storage, "a/c").error().code() == mr::errc::not_found);
  REQUIRE(storage.write("a/d", {}));
  CHECK(ms::load_document<picture>(storage, "a/d").error().code() == mr::errc::corrupt);
}

namespace {

struct reply {
  std::string name = "unset";
  std::int64_t number = -1;
  bool yes = false;
  colour tint = colour::red;
  point inner;
  std::vector<std::string> words;
  ms::json_text rest;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("name", self.name)("number", self.number)("yes", self.yes)("tint", self.tint)("inner", self.inner);
    members("words", self.words)("rest", self.rest);
  }
};

}  // namespace

TEST_CASE("a message of others is read though it has more, less and other names than expected") {
  const auto empty = ms::read_message<reply>("{}", "the response");
  REQUIRE(empty);
  CHECK((empty->name == "unset" && empty->number == -1 && empty->rest.text == "null"));

  const std::string text = R"( {"new":{"deep":[1,{"a":[]}]}, "name":"a", "number":"9007199254740993", "yes" : true,
    "tint":"infrared", "inner":{"x":3,"odd":null}, "words":["w"], "rest" : {"k":[1, 2]} , "name":"b", "words":null} )";
  const auto full = ms::read_message<reply>(text, "the response");
  REQUIRE(full);
  CHECK(full->name == "b");
  CHECK(full->number == 9007199254740993);
  CHECK(full->yes);
  CHECK(full->tint == colour::red);
  CHECK(full->inner.x == 3);
  CHECK(full->words.empty());
  CHECK(full->rest.text == R"({"k":[1, 2]})");
  CHECK(ms::read_message<reply>(R"({"number":7})", "r")->number == 7);

  const auto fault = [](std::string_view wrong) { return ms::read_message<reply>(wrong, "the response").error(); };
  CHECK(fault("<html>").message() == "the response: it is no JSON object");
  CHECK(fault("<html>").code() == mr::errc::corrupt);
  CHECK(fault(R"({"number":"x"})").message() == "the response: `number`: an integer of its range is expected");
  CHECK(fault(R"({"inner":[]})").message() == "the response: `inner`: it is no JSON object");
  CHECK(fault(R"({"words":["a",1]})").message() == "the response: `words[1]`: a text is expected");
  for (std::size_t cut = 0; cut + 2 < text.size(); ++cut)
    CHECK_FALSE(ms::read_message<reply>(text.substr(0, cut), "r"));
}
