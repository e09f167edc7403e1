#include <millrace/observe/metrics/label_set.hpp>

#include <support/catch.hpp>

#include <millrace/core/seed.hpp>

#include <string>
#include <string_view>

namespace mr = millrace;

TEST_CASE("labels stand in the order of their names, however they were given") {
  const mr::observe::label_set a{{"b", "2"}, {"a", "1"}};
  const mr::observe::label_set b{{"a", "1"}, {"b", "2"}};
  CHECK(a == b);
  CHECK(a.begin()->name == "a");
  CHECK(a["b"] == "2");
  CHECK(a["none"].empty());
  CHECK(a.size() == 2);
  CHECK(mr::observe::label_set{}.empty());
  CHECK(mr::observe::label_set{}.add("x", "y") == mr::observe::label_set{{"x", "y"}});
}

TEST_CASE("bytes that are not UTF-8 are kept readable, and different ones stay different") {
  const mr::observe::label_set labels{{"a", "ok \xc3\xa9 \xff\xc3"}, {"b", "\xf0\x9f\x98\x80"}};
  CHECK(labels["a"] == "ok \xc3\xa9 \\xff\\xc3");
  CHECK(labels["b"] == "\xf0\x9f\x98\x80");
  CHECK(mr::observe::label_set{{"a", "\xfe"}} != mr::observe::label_set{{"a", "\xff"}});
  CHECK(mr::observe::label_set{{"a", "\xed\xa0\x80"}}["a"] == "\\xed\\xa0\\x80");  // a surrogate half
}

TEST_CASE("text that reads like an escaped byte is told from the byte, and decoding gives back every text") {
  CHECK(mr::observe::label_set{{"a", "\xff"}}["a"] == "\\xff");
  CHECK(mr::observe::label_set{{"a", "\\xff"}}["a"] == "\\x5cxff");
  CHECK(mr::observe::label_set{{"a", "\\x5cxff"}}["a"] == "\\x5cx5cxff");
  for (const std::string as_it_is : {"C:\\xenon\\x", "\\xFF", "\\xg0", "\\", "\\\\x"})
    CHECK(mr::observe::label_set{{"a", as_it_is}}["a"] == as_it_is);

  const auto decoded = [](std::string text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (!mr::observe::detail::begins_as_byte(std::string_view(text).substr(i))) {
        out += text[i];
        continue;
      }
      out += static_cast<char>(std::stoi(text.substr(i + 2, 2), nullptr, 16));
      i += 3;
    }
    return out;
  };
  const std::string alphabet = "\\xf5cF\xff\xc3\xa9";
  mr::random_engine random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string text(random.below(12), ' ');
    for (char& c : text) c = alphabet[random.below(alphabet.size())];
    REQUIRE(decoded(std::string(mr::observe::label_set{{"a", text}}["a"])) == text);
  }
}

TEST_CASE("names that collectors refuse are named in the error") {
  CHECK(mr::observe::label_set{{"event", "x"}, {"_a9", "y"}}.validate());
  for (const std::string name : {"", "9a", "a-b", "a:b", "__reserved", "caf\xc3\xa9", "a b", "bad\xff"}) {
    CAPTURE(name);
    const auto refused = mr::observe::label_set{{name, "x"}}.validate();
    REQUIRE(!refused);
    CHECK(refused.error().code() == mr::errc::invalid_argument);
    CHECK(refused.error().message().find(name == "bad\xff" ? "bad\\xff" : name) != std::string::npos);
  }
  CHECK(mr::observe::label_set{{"le", "x"}}.validate());
  CHECK(mr::observe::label_set{{"le", "x"}}.validate("le").error().message() == "label \"le\" is the histogram's own");
  CHECK(mr::observe::label_set{{"a", "x"}, {"a", "y"}}.validate().error().message() == "label \"a\" is given twice");
}
