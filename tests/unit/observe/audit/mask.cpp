#include <millrace/observe/audit/mask.hpp>

#include <support/catch.hpp>

#include <millrace/core/seed.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mr = millrace;
using namespace mr::observe;

TEST_CASE("a mask keeps what its type says, and nothing of a value that is something else") {
  using p = pii_type;
  const auto mask = [](p type, std::string_view value) { return mask_value(type, value); };
  CHECK(mask(p::none, "ada") == "ada");
  CHECK(mask(p::person_name, "Ada Lovelace") == "A***");
  CHECK(mask(p::person_name, "\xc3\x89mile") == "\xc3\x89***");
  for (const char* none : {"", "A", "Al", "\xc3\xa9\xc3\xa9", "1234", " Ada", "A**", "Ad\xff", "\xff\xff\xff"})
    CHECK(mask(p::person_name, none) == "***");
  CHECK(mask(p::email, "ada@example.org") == "***@example.org");
  CHECK(mask(p::email, "\"a@b\"@mail.example.org") == "***@mail.example.org");
  for (const char* none : {"", "@example.org", "ada", "ada@localhost", "ada@10.0.0.1", "ada@example.org ", "ada@-x.org",
                           "ada@example.org, bob", "ada@x..org", "ada@.org", "*@example.org", "ada@x.o"})
    CHECK(mask(p::email, none) == "***");
  CHECK(mask(p::phone, "+44 20 7946 0958") == "***58");
  CHECK(mask(p::phone, "(020) 7946-0958") == "***58");
  for (const char* none : {"", "58", "1234567", "+44 20 7946 0958 ext. 7x"}) CHECK(mask(p::phone, none) == "***");
  CHECK(mask(p::card, "4111111111111111") == "***1111");
  CHECK(mask(p::card, "4111 1111-1111 1234") == "***1234");
  for (const char* none :
       {"", "1111", "411111111111", "41111111111111111111", "4111111111111111 cvv 123", "4111111111111111\n",
        "\xef\xbc\x94"
        "111111111111111"})
    CHECK(mask(p::card, none) == "***");
  CHECK(mask(p::account, "DE89 3704 0044 0532 0130 00") == "***3000");
  CHECK(mask(p::account, "GB82WEST12345698765432") == "***5432");
  for (const char* none : {"", "3000", "12345678901", "DE89 3704 0044 0532 0130 00 (Ada)_"})
    CHECK(mask(p::account, none) == "***");
  CHECK(mask(p::ip_address, "192.0.2.17") == "192.0.2.*");
  CHECK(mask(p::ip_address, "2001:db8:1:2::3") == "2001:db8:1:*");
  CHECK(mask(p::ip_address, "::1") == "0:0:0:*");
  CHECK(mask(p::ip_address, "2001:0DB8:00a0:0:0:0:192.0.2.1") == "2001:db8:a0:*");
  for (const char* none :
       {"", "1.2.3", "1.2.3.256", "1.2.3.4.5", "1.2.3.0004", "1.2.3.4 ", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
        "1::2::3", ":1:2:3:4:5:6:7:8", "12345::", "1:2:3:4:5:6:7:1.2.3.4", "::g", "1:2:3:4:5:6:7:", "fe80::1%eth0"})
    CHECK(mask(p::ip_address, none) == "***");
  for (const p type : {p::address, p::national_id, p::birth_date, p::secret, p::other, static_cast<p>(77)})
    CHECK(mask(type, "1985-04-12") == "***");
}

namespace {

/// A value such as people type, or break: separators, digits, letters, bytes that are no UTF-8, and a form of some
/// type.
std::string odd_value(mr::random_engine& random) {
  static const std::vector<std::string> parts{"7",    "31",    "4111",     "1111", " ",        "-",  ".",   ":",
                                              "::",   "@",     "*",        "***",  "a",        "Z",  "ada", "DE89",
                                              ".org", "x.org", "\xc3\xa9", "\xff", "\xe2\x82", "\n", "\"",  "/"};
  std::string made;
  for (std::uint64_t left = random.below(9) + 1; left > 0; --left) made += parts[random.below(parts.size())];
  return made;
}

}  // namespace

TEST_CASE("no mask has the value in it, whatever the value") {
  mr::random_engine random(13);
  int shown_values = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string value = odd_value(random);
    if (value.find_first_not_of('*') == value.npos) continue;  // says nothing, and is what is shown
    for (std::size_t type = 1; type < pii_types; ++type) {
      const std::string shown = mask_value(static_cast<pii_type>(type), value);
      if (shown.find(value) == shown.npos && shown.find('*') != shown.npos) continue;
      CAPTURE(value, type, shown);
      FAIL("the value is in what is shown");
    }
    shown_values += masked().value({value, pii_type::other}) == "***";
  }
  CHECK(shown_values > 19'000);
}

TEST_CASE("personal data of a known form is found in a text, at its place") {
  using p = pii_type;
  const auto only = [](std::string_view text, std::string_view data, p type) {
    CAPTURE(text, data);
    const std::vector<found_pii> found = find_pii(text);
    REQUIRE(found.size() == 1);
    CHECK(text.substr(found[0].begin, found[0].size) == data);
    CHECK(found[0].type == type);
  };
  only("asked by ada.l+x@mail.example.org.", "ada.l+x@mail.example.org", p::email);
  only(
      "(\xe2\x80\x9c"
      "ada@example.org\xe2\x80\x9d)",
      "\xe2\x80\x9c"
      "ada@example.org\xe2\x80\x9d",
      p::email);
  only("a@b and c@d.org-", "c@d.org", p::email);
  only("paid 17 4111 1111 1111 1111, thanks", "4111 1111 1111 1111", p::card);
  only("4012888888881881", "4012888888881881", p::card);
  only("amex 3782-822463-10005.", "3782-822463-10005", p::card);
  only("to DE89 3704 0044 0532 0130 00 was", "DE89 3704 0044 0532 0130 00", p::account);
  only("iban:gb82west12345698765432", "gb82west12345698765432", p::account);
  only("from 10.0.0.1.", "10.0.0.1", p::ip_address);
  only("client:10.0.0.1:443", "10.0.0.1", p::ip_address);
  only("cafe:10.0.0.1", "10.0.0.1", p::ip_address);
  only("[2001:db8::17]:443", "2001:db8::17", p::ip_address);
  only("by 2001:db8:0:0:0:0:0:17: ok", "2001:db8:0:0:0:0:0:17", p::ip_address);
  only("::ffff:192.0.2.1", "::ffff:192.0.2.1", p::ip_address);
  only("root@10.0.0.1", "10.0.0.1", p::ip_address);

  for (const char* none :
       {"", "order 4111111111111112", "4111111111111111111111", "x4111111111111111", "4111111111111111b",
        "0000000000000", "at 12:30:45", "a :: b", "std::dec", "1.2.3", "1.2.3.4.5", "300.1.2.3", "v1.2.3.4b",
        "DE88 3704 0044 0532 0130 00", "@", "a@", "@b.org", "sha256:9f86d081884c7d659a2feaa0c55ad015"}) {
    CAPTURE(none);
    CHECK(find_pii(none).empty());
  }
}

TEST_CASE("a masked text says everything but the personal data") {
  CHECK(mask_text("ada@example.org from 192.0.2.17 paid 4111 1111 1111 1111 to GB82WEST12345698765432") ==
        "***@example.org from 192.0.2.* paid ***1111 to ***5432");
  CHECK(mask_text("nothing personal") == "nothing personal");
  CHECK(masked().text("by ada@example.org") == "by ***@example.org");
  CHECK(unmasked().text("by ada@example.org") == "by ada@example.org");
  CHECK(masked().value({.text = "", .pii = pii_type::card, .erased = true}) == "[erased]");
  CHECK(unmasked().value({.text = "", .pii = pii_type::card, .erased = true}) == "[erased]");
  CHECK(unmasked().value({.text = "4111111111111111", .pii = pii_type::card}) == "4111111111111111");

  const std::vector<std::string> canaries{"canary.7@example.org",        "4111 1111 1111 1111",    "4012888888881881",
                                          "DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432", "203.0.113.77",
                                          "2001:db8:dead:beef::17"};
  const std::vector<std::string> around{"",  " ",   ", ", "(",  "\n", "\"", ": ", "\xe2\x80\x93",
                                        "=", " x ", "; ", "\t", "<",  "'"};
  mr::random_engine random(17);
  for (int i = 0; i < 20'000; ++i) {
    const std::string& canary = canaries[random.below(canaries.size())];
    const std::string front = odd_value(random) + around[random.below(around.size() - 1) + 1];
    const std::string text = front + canary + around[random.below(around.size())];
    const std::string shown = mask_text(text);
    if (shown.find(canary) == shown.npos) continue;
    CAPTURE(text, shown);
    FAIL("the canary is in what is shown");
  }
}

TEST_CASE("hostile texts are searched in time that grows with their length alone") {
  for (const char* part : {"a@", "a@b.", "4 1 1 1 ", "4111-", "DE89 ", "1.", "a:", "::", "1:", "a@-", "."}) {
    std::string text;
    while (text.size() < 50'000) text += part;
    CHECK(find_pii(text).size() <= text.size());
  }
}
