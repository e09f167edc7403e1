#include <millrace/store/key_part.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/store/memory_storage.hpp>
#include <support/catch.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;

namespace {

/// The pieces that texts are made of at random: what a key may not hold, what stands for it, and what looks like it.
const std::vector<std::string>& pieces() {
  using namespace std::string_literals;
  static const std::vector<std::string> all = {"a",
                                               "B",
                                               "0",
                                               "1f",
                                               "00",
                                               "7f",
                                               "c3",
                                               "-",
                                               "_",
                                               " ",
                                               "\"",
                                               "#",
                                               ".",
                                               "/",
                                               ">",
                                               "?",
                                               "[",
                                               "\\",
                                               "~",
                                               "~~",
                                               "!",
                                               "$",
                                               "'",
                                               "%2e",
                                               "\0"s,
                                               "\x01",
                                               "\n",
                                               "\x1f",
                                               "\x7f",
                                               "\x80",
                                               "\xc3",
                                               "\xa9",
                                               "\xc3\xa9",
                                               "\xe2\x82",
                                               "\xe2\x82\xac",
                                               "\xf0\x9f\x98\x80",
                                               "\xf0\x9f",
                                               "\xff",
                                               "\xed\xa0\x80",
                                               "..",
                                               ".millrace-",
                                               "z"};
  return all;
}
std::string made_text(mr::random_engine& draw, std::size_t most) {
  std::string text;
  for (std::size_t left = draw() % (most + 1); left != 0; --left) text += pieces()[draw() % pieces().size()];
  return text;
}

/// The place of each character in the order that parts promise, by a decoder of its own: ASCII, then bytes that are
/// not UTF-8, then all other characters.
std::vector<std::uint32_t> places(std::string_view text) {
  std::vector<std::uint32_t> made;
  for (std::size_t i = 0; i < text.size();) {
    const auto at = [&](std::size_t k) {
      return i + k < text.size() ? std::uint32_t{static_cast<unsigned char>(text[i + k])} : 0U;
    };
    const std::uint32_t lead = at(0);
    const std::size_t behind = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    std::uint32_t code = lead & (0x7fU >> (behind + (behind != 0)));
    bool valid = lead < 0x80 || (behind != 0 && lead < 0xf8);
    for (std::size_t k = 1; k <= behind; ++k) {
      valid = valid && (at(k) & 0xc0U) == 0x80;
      code = code << 6 | (at(k) & 0x3fU);
    }
    const std::uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    if (valid && (code < least[behind] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))) valid = false;
    made.push_back(!valid ? 0x80 + lead : lead < 0x80 ? lead : 0x1000 + code);
    i += valid ? behind + 1 : 1;
  }
  return made;
}
bool is_utf8(std::string_view text) {
  const auto all = places(text);
  return std::none_of(all.begin(), all.end(), [](std::uint32_t p) { return p >= 0x80 && p < 0x1000; });
}

std::string slashes(std::size_t count) {
  std::string made;
  while (made.size() < 2 * count) made += "._";
  return made;
}

double from_bits(std::uint64_t bits) { return std::bit_cast<double>(bits); }

}  // namespace

TEST_CASE("key_part: texts as parts, as persisted keys have them") {
  using namespace std::string_literals;
  // The table that the header shows, and the ends of its ranges.
  const std::vector<std::pair<std::string, std::string>> table = {
      {"", " "},
      {"loss", "loss"},
      {"train/loss v1.2", "train._loss _v1.-2"},
      {".", ".-"},
      {"..", ".-.-"},
      {".millrace-1", ".-millrace-1"},
      {"\0\x1f\x7f"s, " 00 1f~7f"},
      {" !\"#$", " _!\"-\"_$"},
      {"./>?[\\]~", ".-._>->_[-[_]~-"},
      {"%2e%2F", "%2e%2F"},
      {"\xc3\xa9\xe2\x82\xac", "\xc3\xa9\xe2\x82\xac"},
      {"\x80\xff", "~80~ff"},
      // Python: hashlib.sha256(b"k" * 256).hexdigest(), and of b"/" * 128
      {std::string(255, 'k'), std::string(255, 'k')},
      {std::string(256, 'k'),
       std::string(189, 'k') + "~~" + "ce16fe78208a4e93f7158e62393680e025b2ad584f4e875ce903a654bb74cf93"},
      {std::string(127, '/'), slashes(127)},
      {std::string(128, '/'), slashes(94) + "~~" + "a85b73755224ef42365ed693f4ba95be8454da2642cd4759e3f1882d3ff7ddeb"},
  };
  for (const auto& [text, part] : table) {
    INFO(text);
    CHECK(ms::text_key_part(text) == part);
    CHECK(ms::check_storage_key(part));
    const auto read = ms::read_key_part_text(part);
    REQUIRE(read);
    CHECK(read->whole == (part.find("~~") == part.npos));
    CHECK(read->text == (read->whole ? text : text.substr(0, read->text.size())));
  }
}

TEST_CASE("key_part: parts of random texts are legal, distinct, in order and read back") {
  mr::random_engine draw(14);
  std::map<std::string, std::string> texts;  // by part
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = made_text(draw, i % 10 == 0 ? 200 : 4);
    const std::string part = ms::text_key_part(text);
    INFO(part);
    REQUIRE(ms::check_storage_key(part));
    REQUIRE(part.find('/') == part.npos);
    const auto read = ms::read_key_part_text(part);
    REQUIRE(read);
    if (read->whole) {
      REQUIRE(read->text == text);
    } else {
      REQUIRE(text.starts_with(read->text));
      REQUIRE(part.size() > 251);
    }
    const auto known = texts.emplace(part, text).first;
    REQUIRE(known->second == text);
    // What texts begin with, parts begin with.
    std::size_t cut = text.size() - draw() % (text.size() + 1);
    while (places(text.substr(0, cut)).size() + places(text.substr(cut)).size() != places(text).size()) --cut;
    REQUIRE((text.empty() || part.starts_with(ms::key_part_prefix(text.substr(0, cut)))));
  }
  const std::string* before = nullptr;
  for (const auto& [part, text] : texts) {
    if (part.find("~~") != part.npos) continue;
    if (before != nullptr) {
      REQUIRE(places(*before) < places(text));
      if (is_utf8(*before) && is_utf8(text)) REQUIRE(*before < text);
    }
    before = &text;
  }
}

TEST_CASE("key_part: a long text keeps its beginning, however long it is, and the rest tells it from others") {
  std::string text;
  while (text.size() < 8000) text += pieces()[text.size() % pieces().size()];
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < text.size(); i += 37) {
    std::string other = text;
    other[i] = static_cast<char>(other[i] ^ 1);
    parts.push_back(ms::text_key_part(other));
    CHECK(parts.back().size() <= 255);
    CHECK(ms::text_key_part(other) == parts.back());
  }
  std::sort(parts.begin(), parts.end());
  CHECK(std::unique(parts.begin(), parts.end()) == parts.end());
  // Four of the longest parts are a key.
  const std::string longest = ms::text_key_part(std::string(1000, 'x'));
  CHECK(ms::check_storage_key(longest + "/" + longest + "/" + longest + "/" + longest));
}

TEST_CASE("key_part: texts are found by what they begin with, in a storage") {
  ms::memory_storage storage;
  const std::vector<std::string> names = {
      "",           "train",      "train/loss", "train/loss.max", "train/" + std::string(300, 'y'),
      "train loss", "Train/loss", "trai"};
  for (const std::string& name : names) REQUIRE(storage.write("n/" + ms::text_key_part(name), {}));
  const auto found = storage.list("n/" + ms::key_part_prefix("train/"), "", 100);
  REQUIRE(found);
  REQUIRE(found->size() == 3);
  CHECK((*found)[0].key == "n/train._loss");
  CHECK((*found)[1].key == "n/train._loss.-max");
  CHECK((*found)[2].key == "n/" + ms::text_key_part(names[4]));
  const auto all = storage.list("n/" + ms::key_part_prefix(""), "", 100);
  REQUIRE(all);
  CHECK(all->size() == names.size());
}

TEST_CASE("key_part: what is a part of no text is refused") {
  const std::string digest(64, 'a');
  for (const std::string& part : std::vector<std::string>{"",
                                                          "  ",
                                                          " a",
                                                          "a ",
                                                          " 20",
                                                          " 0A",
                                                          "~",
                                                          "a~",
                                                          "~7",
                                                          "~7e",
                                                          "~7F",
                                                          "~zz",
                                                          "~41",
                                                          ".",
                                                          "..",
                                                          ".a",
                                                          "a/b",
                                                          "#",
                                                          "?",
                                                          "a?",
                                                          "[",
                                                          "\\",
                                                          ">",
                                                          "\"",
                                                          "\n",
                                                          "\x7f",
                                                          "\x80",
                                                          "\xc3",
                                                          "~c3~a9",
                                                          "~e2~82~ac",
                                                          "~~",
                                                          "~~" + digest,
                                                          "a~~" + digest,
                                                          std::string(185, 'a') + "~~" + digest,
                                                          std::string(190, 'a') + "~~" + digest,
                                                          std::string(189, 'a') + "~~" + std::string(64, 'g'),
                                                          std::string(189, 'a') + "~~" + std::string(64, 'A'),
                                                          std::string(188, 'a') + "\xc3\xa9~~" + digest,
                                                          std::string(256, 'a'),
                                                          std::string(100'000, ' ')}) {
    INFO(part);
    const auto read = ms::read_key_part_text(part);
    REQUIRE_FALSE(read);
    CHECK(read.error().code() == mr::errc::invalid_data);
    CHECK(read.error().message().size() < 400);
  }
  for (const std::size_t kept : {186U, 187U, 188U, 189U})
    CHECK(ms::read_key_part_text(std::string(kept, 'a') + "~~" + digest));
}

TEST_CASE("key_part: any bytes are the part of no text, or of that which they read as") {
  mr::random_engine draw(15);
  std::size_t legal = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string part = ms::text_key_part(made_text(draw, i % 5 == 0 ? 150 : 3));
    const std::size_t at = draw() % part.size();
    if (draw() % 2 == 0)
      part[at] = static_cast<char>(draw());
    else
      part.erase(at, 1 + draw() % 3);
    if (const auto read = ms::read_key_part_text(part)) {
      ++legal;
      if (read->whole) REQUIRE(ms::text_key_part(read->text) == part);
    }
  }
  CHECK(legal > 1000);
}

TEST_CASE("key_part: numbers sort as their parts do, and are read back to the bit") {
  CHECK(ms::number_key_part(std::int64_t{-1}) == "7fffffffffffffff");
  CHECK(ms::number_key_part(std::int64_t{0}) == "8000000000000000");
  CHECK(ms::number_key_part(std::uint64_t{255}) == "00000000000000ff");
  CHECK(ms::number_key_part(0.0) == "8000000000000000");
  CHECK(ms::number_key_part(1.0) == "bff0000000000000");
  CHECK(ms::number_key_part(-1.0) == "400fffffffffffff");
  mr::random_engine draw(16);
  std::vector<std::int64_t> whole = {(std::numeric_limits<std::int64_t>::min)(), -1, 0, 1,
                                     (std::numeric_limits<std::int64_t>::max)()};
  std::vector<std::uint64_t> counts = {0, 1, ~std::uint64_t{0}};
  const double infinity = std::numeric_limits<double>::infinity();
  std::vector<double> reals = {-infinity, (std::numeric_limits<double>::lowest)(), -1, -5e-324, 0, 5e-324, 1,
                               infinity,  (std::numeric_limits<double>::max)()};
  for (int i = 0; i < 5000; ++i) {
    whole.push_back(static_cast<std::int64_t>(draw() >> draw() % 64));
    counts.push_back(draw() >> draw() % 64);
    if (const double real = from_bits(draw()); !std::isnan(real)) reals.push_back(real);
  }
  const auto check = [](auto numbers) {
    std::sort(numbers.begin(), numbers.end());
    std::string before;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const std::string part = ms::number_key_part(numbers[i]);
      REQUIRE(ms::check_storage_key(part));
      if (i != 0) REQUIRE((before < part) == (numbers[i - 1] < numbers[i]));
      const auto read = ms::read_key_part_number<typename decltype(numbers)::value_type>(part);
      REQUIRE(read);
      REQUIRE(*read == numbers[i]);
      before = part;
    }
  };
  check(whole);
  check(counts);
  check(reals);
}

TEST_CASE("key_part: the two zeros are one, and NaN is one, behind all other numbers") {
  CHECK(ms::number_key_part(-0.0) == ms::number_key_part(0.0));
  CHECK_FALSE(std::signbit(*ms::read_key_part_number<double>(ms::number_key_part(-0.0))));
  for (const std::uint64_t bits :
       {0x7ff8000000000000U, 0x7ff0000000000001U, 0xfff8000000000000U, 0xffffffffffffffffU}) {
    const std::string part = ms::number_key_part(from_bits(bits));
    CHECK(part == "ffffffffffffffff");
    CHECK(part > ms::number_key_part(std::numeric_limits<double>::infinity()));
    CHECK(std::isnan(*ms::read_key_part_number<double>(part)));
  }
}

TEST_CASE("key_part: what is a part of no number is refused") {
  for (const std::string& part :
       std::vector<std::string>{"", "0", "800000000000000", "80000000000000000", "800000000000000G", "800000000000000A",
                                " 00000000000000", "-000000000000001", "0x00000000000000"}) {
    INFO(part);
    CHECK(ms::read_key_part_number<std::int64_t>(part).error().code() == mr::errc::invalid_data);
    CHECK(ms::read_key_part_number<std::uint64_t>(part).error().code() == mr::errc::invalid_data);
    CHECK(ms::read_key_part_number<double>(part).error().code() == mr::errc::invalid_data);
  }
  // -0.0 and other NaNs are no number's part.
  for (const char* part : {"7fffffffffffffff", "fff8000000000000", "fff0000000000001", "0000000000000000"})
    CHECK_FALSE(ms::read_key_part_number<double>(part));
}
