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
  only("call +44 20 7946 0958, please", "+44 20 7946 0958", p::phone);
  only("tel:+442079460958", "+442079460958", p::phone);
  only("(+44 (0)20 7946-0958)", "+44 (0)20 7946-0958", p::phone);
  only("+1 (415) 555-2671.", "+1 (415) 555-2671", p::phone);
  only("+1.415.555.2671", "+1.415.555.2671", p::phone);
  only("+1 415 555 2671 2 times", "+1 415 555 2671", p::phone);
  only("+49 30/901820", "+49 30/901820", p::phone);
  only("+298 201234", "+298 201234", p::phone);
  only("+86 138 0013 8000 20261130", "+86 138 0013 8000", p::phone);  // more than 15 digits with the next group
  only("his 078-05-1120.", "078-05-1120", p::national_id);
  only("ssn-899-99-9999", "899-99-9999", p::national_id);
  only("mac:00:1a:2b:3c:4d:5e", "00:1a:2b:3c:4d:5e", p::other);
  only("by 01:02:03:04:05:06, twice", "01:02:03:04:05:06", p::other);
  only("port 00-1A-2B-3C-4D-5E", "00-1A-2B-3C-4D-5E", p::other);
  only("00:11:22:33:44:55:66:77", "00:11:22:33:44:55:66:77", p::ip_address);  // of version 6
  only("Visa 4222 222 222 222.", "4222 222 222 222", p::card);
  only("4111.1111.1111.1111", "4111.1111.1111.1111", p::card);
  only("paid:4111111111111111.50", "4111111111111111", p::card);
  only("NO93 8601 1117 947 from", "NO93 8601 1117 947", p::account);

  for (const char* none :
       {"", "order 4111111111111112", "4111111111111111111111", "x4111111111111111", "4111111111111111b",
        "0000000000000", "at 12:30:45", "a :: b", "std::dec", "1.2.3", "1.2.3.4.5", "300.1.2.3", "v1.2.3.4b",
        "DE88 3704 0044 0532 0130 00", "@", "a@", "@b.org", "sha256:9f86d081884c7d659a2feaa0c55ad015",
        // no issuer's number of digits; decimals; numbers of a table
        "1700000000007", "1700000000000000006", "2.718281828459045", "136.1212857142857", "5.33333333333333393",
        "86 35 88 38 91 30 67 20 99 70 40 97", "4111 1111-1111 1111", "Ed25519 signature was not made with the",
        "gB82WEST12345698765432", "GB82 WEST1 2345 6987 6543 2",
        // a telephone's number without a country, with too few or too many digits, with decimals; a country that has
        // none
        "+0442079460958", "+44 20 7946", "+4420794609581234", "+2.71828182845", "+123456789,5", "1e+123456789",
        "+1 115 555 2671", "+1 415 155 2671", "+1 415 555 267", "+1 415 555 26712", "+44 ((20)) 7946 0958",
        "+44  -20 7946 0958", "++442079460958", "+44 20 7946 0958x", "+442079460958x", "+ 442079460958",
        // numbers that nobody has
        "000-12-3456", "666-12-3456", "900-12-3456", "123-00-4567", "123-45-0000", "1-123-45-6789", "123-45-6789-1",
        "123-45-67890", "x123-45-6789", "123-456-789", "123 45 6789", "123-45-678",
        // more pairs, other pairs, a time
        "00:1a:2b:3c:4d:5e:6f", "ff:00:1a:2b:3c:4d:5e", "00:1a:2b:3c:4d", "00:1a:2b:3c:4d:5g", "00:1a-2b:3c:4d:5e",
        "26-11-30-23-59-59", "0:1a:2b:3c:4d:5e", "x00:1a:2b:3c:4d:5e", " ::add(", "dead::beef"}) {
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

  const std::vector<std::string> canaries{
      "canary.7@example.org",   "4111 1111 1111 1111", "4012888888881881",       "DE89 3704 0044 0532 0130 00",
      "GB82WEST12345698765432", "203.0.113.77",        "2001:db8:dead:beef::17", "+44 20 7946 0958",
      "+1 (415) 555-2671",      "078-05-1120",         "00:1a:2b:3c:4d:5e"};
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

TEST_CASE(
    "no time, measured number, hash or identifier of common forms passes for personal data, but for known shares") {
  mr::random_engine random(41);
  const auto of = [&](std::string_view letters, int count) {
    std::string made;
    for (; count > 0; --count) made += letters[random.below(letters.size())];
    return made;
  };
  const auto share = [&](auto&& make) {  // of 10'000 texts
    int found = 0;
    for (int i = 0; i < 10'000; ++i) found += !find_pii(make()).empty();
    return found;
  };
  constexpr std::string_view digits = "0123456789";
  constexpr std::string_view hex = "0123456789abcdef";
  // Times since 1970 in the years from 2001 to 2033, as seconds, milliseconds, microseconds and nanoseconds.
  for (const int fraction : {0, 3, 6, 9}) {
    CAPTURE(fraction);
    CHECK(share([&] {
            return "at " + std::to_string(1'000'000'000 + random.below(1'000'000'000)) + of(digits, fraction);
          }) == 0);
  }
  CHECK(share([&] { return "2026" + of(digits, 10); }) == 0);  // 20261130235959
  CHECK(share([&] { return "0." + of(digits, 15) + ",17." + of(digits, 14) + ",-3." + of(digits, 15) + "e+123"; }) ==
        0);
  CHECK(share([&] {
          return of(digits, 2) + ' ' + of(digits, 2) + ' ' + of(digits, 6) + ' ' + of(digits, 2) + ' ' + of(digits, 7);
        }) == 0);
  CHECK(share([&] { return of(hex, 64); }) == 0);
  CHECK(share([&] { return of(hex, 40) + ':' + of(hex, 7); }) == 0);
  CHECK(share([&] {
          std::string pairs = of(hex, 2);
          for (int i = 1; i < 32; ++i) pairs += ':' + of(hex, 2);
          return pairs;
        }) == 0);
  CHECK(share([&] { return of(digits, 1 + static_cast<int>(random.below(12))); }) == 0);
  CHECK(share([&] { return of(digits, 20 + static_cast<int>(random.below(30))); }) == 0);
  // Known shares: Luhn's sum has one digit of check, an IBAN two.
  const int sixteen = share([&] { return of("23456789", 1) + of(digits, 15); });
  CHECK(sixteen > 900);
  CHECK(sixteen < 1'100);
  CHECK(share([&] { return of(hex, 32); }) < 15);
  CHECK(share([&] {
          return of(hex, 8) + '-' + of(hex, 4) + "-4" + of(hex, 3) + "-a" + of(hex, 3) + '-' + of(hex, 12);
        }) < 10);  // groups of digits alone
}

TEST_CASE("hostile texts are searched in time that grows with their length alone") {
  using std::string_view_literals::operator""sv;
  for (const std::string_view part :
       {"a@"sv,           "a@b."sv,      "4 1 1 1 "sv, "4111-"sv,    "DE89 "sv, "1."sv, "a:"sv,        "::"sv,
        "1:"sv,           "a@-"sv,       "."sv,        "7"sv,        "+"sv,     "+1"sv, "+1 ("sv,      "00-"sv,
        "aa:"sv,          "123-45-"sv,   "\xff"sv,     "\xe2\x82"sv, "\0"sv,    "*"sv,  "10.0.0.1!"sv, "*10.0.0.1"sv,
        "+4930901820!"sv, "10.0.0.1!@"sv}) {
    // A search that reads on to the end from each of 40'000 places would take half a minute.
    std::string text;
    while (text.size() < 400'000) text += part;
    CAPTURE(part);
    std::size_t end = 0;
    for (const found_pii& each : find_pii(text)) {
      if (each.begin < end || each.size == 0 || each.size > text.size() - each.begin)
        FAIL("a place outside of the text");
      end = each.begin + each.size;
    }
  }
}
