#include <millrace/core/json_check.hpp>

#include <support/catch.hpp>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

namespace mr = millrace;

TEST_CASE("strict JSON is accepted and everything else refused", "[json_check]") {
  for (const char* text :
       {"{}", "[]", "0", "-0", "1.5e-3", "1E+9", "true", "null", "\"\"", " [1, {\"a\" : [] } ,\t2]\n",
        "\"\\u00e9\\n\\\\\\\"\\/\"", "{\"a\":{\"b\":[[],{}]},\"c\":\"\xc3\xa9\"}", "[[[[]]]]"})
    CHECK(mr::is_json(text));
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "[1,]",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{\"a\"}",
                           "01",
                           "-",
                           "1.",
                           ".5",
                           "1e",
                           "+1",
                           "NaN",
                           "Infinity",
                           "tru",
                           "truex",
                           "'a'",
                           "\"a",
                           "\"\\x\"",
                           "\"\\u12g4\"",
                           "\"\\u12\"",
                           "\"\x01\"",
                           "\"\xff\"",
                           "\"\xc3\"",
                           "\"\xed\xa0\x80\"",
                           "1 2",
                           "{\"a\":1]",
                           "[1}",
                           "[,1]",
                           "{,}",
                           "[1 2]",
                           "{\"a\" 1}",
                           "nul",
                           "\"\\"})
    CHECK_FALSE(mr::is_json(text));
  CHECK_FALSE(mr::is_json(std::string_view("\"\0\"", 3)));
}

TEST_CASE("nesting is bounded and cannot exhaust the stack", "[json_check]") {
  CHECK(mr::is_json(std::string(512, '[') + std::string(512, ']')));
  CHECK_FALSE(mr::is_json(std::string(513, '[') + std::string(513, ']')));
  CHECK_FALSE(mr::is_json(std::string(10'000'000, '[')));
}

TEST_CASE("a line of JSONL is one object and nothing around it", "[json_check]") {
  CHECK(mr::is_json_object("{\"a\":1}"));
  for (const char* text : {"", "[]", "1", " {}", "{} ", "{}{}", "{\"a\":1"}) CHECK_FALSE(mr::is_json_object(text));
}

TEST_CASE("is_json agrees with nlohmann_json on mutilated documents", "[json_check]") {
  const std::string good =
      R"({"type":"event_complete","n":[1,-2.5e-1,0,true,false,null,"x\u0041\n"],"o":{"k":{"e":[]},"é":""}})";
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = good;
    for (auto edits = random() % 3 + 1; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0: text[at] = static_cast<char>(random()); break;
        case 1: text.erase(at, 1); break;
        default: text.insert(at, 1, "{}[],:\"\\0e-.ntf \n"[random() % 17]);
      }
    }
    INFO(text);
    // nlohmann_json 3.11 refuses \u escapes that are lone surrogates; RFC 8259 lets them be.
    REQUIRE(mr::is_json(text) == nlohmann::json::accept(text));
  }
}
