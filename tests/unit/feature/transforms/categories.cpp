#include <millrace/feature/transforms/categories.hpp>

#include <support/catch.hpp>
#include <support/feature_reference.hpp>
#include <support/features.hpp>

#include <cmath>
#include <optional>
#include <string>
#include <string_view>

namespace mf = millrace::feature;
using support::alone;
using support::first_of;
using support::row_of;
using word = support::one<std::string>;

namespace {
enum class channel : signed char { web = -1, shop = 12 };
struct visit {
  std::string country;
  channel came = channel::web;
  int tries = 0;
};
}  // namespace

TEST_CASE("one column for each category, and zeros for all others") {
  const auto hot = alone<std::string>(mf::one_hot<"country", "DE", "FR", "US">(&word::x));
  CHECK(row_of(hot, {"DE"}) == std::vector<float>{1, 0, 0});
  CHECK(row_of(hot, {"US"}) == std::vector<float>{0, 0, 1});
  for (const char* other : {"", "D", "DEX", "de"}) CHECK(row_of(hot, {other}) == std::vector<float>{0, 0, 0});
  CHECK(hot.names() == std::vector<std::string>{"country=DE", "country=FR", "country=US"});
}

TEST_CASE("integers, bools, chars and enumerators are categories by their spelling") {
  const auto number = alone<int>(mf::one_hot<"x", "-2147483648", "0", "42">(&support::one<int>::x));
  CHECK(row_of(number, {-2147483647 - 1}) == std::vector<float>{1, 0, 0});
  CHECK(row_of(number, {0}) == std::vector<float>{0, 1, 0});
  CHECK(row_of(number, {42}) == std::vector<float>{0, 0, 1});
  using large = support::one<unsigned long long>;
  CHECK(first_of(alone<unsigned long long>(mf::one_hot<"x", "18446744073709551615">(&large::x)), ~0ULL) == 1);
  CHECK(row_of(alone<bool>(mf::one_hot<"x", "0", "1">(&support::one<bool>::x)), {true}) == std::vector<float>{0, 1});
  CHECK(first_of(alone<char>(mf::one_hot<"x", "A">(&support::one<char>::x)), 'A') == 1);
  const auto shop = alone<channel>(mf::one_hot<"x", "-1", "12">(&support::one<channel>::x));
  CHECK(row_of(shop, {channel::web}) == std::vector<float>{1, 0});
  CHECK(row_of(shop, {channel::shop}) == std::vector<float>{0, 1});
}

TEST_CASE("learnt codes are the places of the categories in order, whatever the order of the events") {
  const std::vector<std::string> texts{"DE", "FR", "US", "de", "\u00c4", "AT"};
  const auto codes = alone<std::string>(mf::categorical<"x">(&word::x), texts);
  const auto backwards =
      alone<std::string>(mf::categorical<"x">(&word::x), {"AT", "\u00c4", "de", "US", "US", "FR", "DE"});
  for (std::size_t i = 0; i < texts.size(); ++i) {
    CHECK(first_of(codes, texts[i]) == reference::codes[i]);
    CHECK(first_of(backwards, texts[i]) == reference::codes[i]);
  }
  CHECK(first_of(codes, std::string("BR")) == 0);
  CHECK(codes.save() == backwards.save());
}

TEST_CASE("given categories have their codes in the order given") {
  const auto codes = alone<std::string>(mf::categorical<"x">(&word::x, mf::categories{"US", "DE", "US", "", "FR"}));
  CHECK(codes.fitted());
  CHECK(first_of(codes, std::string("US")) == 1);
  CHECK(first_of(codes, std::string("DE")) == 2);
  CHECK(first_of(codes, std::string("FR")) == 3);
  CHECK(first_of(codes, std::string("")) != first_of(codes, std::string("")));
}

TEST_CASE("ten thousand categories are learnt, and more than allowed are an error that names the column") {
  std::vector<support::one<int>> events;
  for (int i = 0; i < 10'000; ++i) events.push_back({i * 7919 % 10'000});
  auto all = mf::features<support::one<int>>(mf::categorical<"id">(&support::one<int>::x));
  REQUIRE(all.fit(events));
  CHECK(row_of(all, {9999})[0] == 10'000);  // as text it is the last
  CHECK(row_of(all, {10'000})[0] == 0);
  auto few = mf::features<support::one<int>>(mf::categorical<"id", 9'999>(&support::one<int>::x));
  const auto refused = few.fit(events);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == millrace::errc::invalid_data);
  CHECK_THAT(refused.error().describe(), ContainsSubstring("\"id\"") && ContainsSubstring("more categories"));
  CHECK_FALSE(few.fitted());
}

TEST_CASE("what is missing in a text, an optional, a pointer is the same missing in every transform of categories") {
  struct holder {
    std::string text;
    std::optional<std::string> maybe;
    const char* pointer = nullptr;
    std::optional<int> number;
  };
  const auto set = mf::features<holder>(
      mf::one_hot<"a", "x">(&holder::text, mf::missing(mf::flag)),
      mf::one_hot<"b", "x">(&holder::maybe, mf::missing(mf::flag)),
      mf::one_hot<"c", "x">(&holder::pointer, mf::missing(mf::flag)),
      mf::one_hot<"d", "1">(&holder::number, mf::missing(mf::flag)), mf::hashed<"e", 3>(&holder::maybe),
      mf::categorical<"f">(&holder::pointer, mf::categories{"x"}, mf::missing(mf::fill(-1))));
  CHECK(row_of(set, {}) == std::vector<float>{0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, -1});
  const auto there = row_of(set, {"x", "x", "x", 1});
  CHECK(std::vector<float>(there.begin(), there.begin() + 8) == std::vector<float>{1, 0, 1, 0, 1, 0, 1, 0});
  CHECK(there[8] + there[9] + there[10] == 1);
  CHECK(there[11] == 1);
}

TEST_CASE("a hash marks one place, spreads values, and is the same for ever") {
  const auto hashed = alone<std::string>(mf::hashed<"x", 16>(&word::x));
  std::vector<int> counts(16);
  for (int i = 0; i < 16'000; ++i) {
    const auto row = row_of(hashed, {"merchant " + std::to_string(i)});
    float sum = 0;
    for (std::size_t place = 0; place < 16; ++place) {
      sum += row[place];
      counts[place] += row[place] == 1;
    }
    if (sum != 1) FAIL("not one place");
  }
  for (const int count : counts) CHECK(count == Approx(1000).margin(130));  // four standard deviations
  CHECK(mf::detail::hash_of("") == 0x7353b9edd98bdc15U);
  CHECK(mf::detail::hash_of("DE") == 0xd7c07ee2a63de2a7U);
  CHECK(mf::detail::hash_of("a text of more than sixteen bytes") == 0xa6d216696e0beafU);
  CHECK(mf::detail::hash_of(std::string_view("\0", 1)) != mf::detail::hash_of(""));
  CHECK(mf::detail::hash_of(std::string_view("12345678\0", 9)) != mf::detail::hash_of("12345678"));
}

TEST_CASE("a cross tells combinations apart, knows their order, and is missing if a part is") {
  const auto set = mf::features<visit>(mf::cross<"x", 4096>(&visit::country, &visit::came, mf::missing(mf::flag)),
                                       mf::cross<"y", 4096>(&visit::country, &visit::tries, &visit::came));
  const auto place = [&](const visit& one, std::size_t from) {
    const auto row = row_of(set, one);
    for (std::size_t i = 0; i < 4096; ++i)
      if (row[from + i] == 1) return static_cast<int>(i);
    return -1;
  };
  std::vector<int> seen;
  for (const char* country : {"DE", "FR", "US"})
    for (const channel came : {channel::web, channel::shop}) seen.push_back(place({country, came, 0}, 0));
  for (std::size_t i = 0; i < seen.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) CHECK(seen[i] != seen[j]);
  CHECK(place({"1", channel::web, 2}, 4097) != place({"2", channel::web, 1}, 4097));
  CHECK(place({"DE", channel::web, 1}, 0) == place({"DE", channel::web, 9}, 0));
  CHECK(place({"", channel::web, 1}, 0) == -1);
  CHECK(place({"", channel::web, 1}, 4097) == -1);
  CHECK(row_of(set, {"", channel::web, 1})[4096] == 1);
  const auto behind = mf::features<visit>(mf::cross<"x", 8>(&visit::tries, &visit::country, mf::missing(mf::flag)));
  CHECK(row_of(behind, {"", channel::web, 1}) == std::vector<float>{0, 0, 0, 0, 0, 0, 0, 0, 1});
}
