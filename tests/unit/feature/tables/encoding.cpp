#include <millrace/feature/tables/encoding.hpp>

#include <support/catch.hpp>

#include <cstddef>
#include <string>

namespace mf = millrace::feature;

TEST_CASE("UTF-8 is told from bytes that are none") {
  for (const char* good : {"", "abc", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}) CHECK(mf::is_utf8(good));
  for (const char* bad : {"\xff", "\xc0\x80", "\xe2\x82", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80", "a\xe9"})
    CHECK(!mf::is_utf8(bad));
  for (std::size_t place = 0; place < 20; ++place) {  // wherever it stands among bytes that are looked at together
    std::string text(20, 'a');
    text[place] = '\xe9';
    CHECK(!mf::is_utf8(text));
    CHECK(mf::is_utf8(text.substr(0, place) + "\xc3\xa9" + text.substr(place + 1)));
  }
}

TEST_CASE("every byte of Latin-1 becomes the character of its number") {
  CHECK(mf::latin1_to_utf8("caf\xe9 \xa3") == "caf\xc3\xa9 \xc2\xa3");
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  const std::string text = mf::latin1_to_utf8(all);
  CHECK(text.size() == 384);
  CHECK(mf::is_utf8(text));
  CHECK(mf::latin1_to_utf8("").empty());
}
