#include <millrace/aggregate/keyed/grouped.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/histograms/binned_histogram.hpp>
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/extremes.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/members/sketch_members.hpp>
#include <millrace/aggregate/members/sums.hpp>
#include <millrace/aggregate/windows/sliding.hpp>
#include <millrace/aggregate/windows/sliding_panes.hpp>
#include <millrace/aggregate/windows/tumbling.hpp>

#include <laws/aggregator.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace mr = millrace;

namespace {

using five = mr::aggregate<mr::count, mr::min, mr::max, mr::mean, mr::variance, mr::last>;
using by_number = mr::grouped<std::int32_t, five>;
using by_text = mr::grouped<std::string, five>;

void same_group(const five& a, const five& b) {
  CHECK(a.items() == b.items());
  CHECK(laws::close(a.get<mr::min>(), b.get<mr::min>(), 0));
  CHECK(laws::close(a.get<mr::max>(), b.get<mr::max>(), 0));
  CHECK(laws::close(a.get<mr::last>(), b.get<mr::last>(), 0));
  CHECK(laws::close(a.get<mr::mean>(), b.get<mr::mean>(), 1e-12));
  CHECK(laws::close(a.get<mr::variance>(), b.get<mr::variance>(), 1e-9));
}

template <class G>
void same(const G& a, const G& b) {
  REQUIRE(a.size() == b.size());
  a.for_each([&](const auto& key, const five& group) {
    REQUIRE(b.find(key) != nullptr);
    same_group(group, *b.find(key));
  });
  CHECK(a.overflow().items() == b.overflow().items());
}

struct rows {
  std::vector<std::int32_t> keys;
  std::vector<double> items;
};
rows some(std::size_t count, std::int32_t low, std::int32_t high, std::uint64_t seed) {
  mr::random_engine random(seed);
  rows made;
  for (std::size_t i = 0; i < count; ++i) {
    made.keys.push_back(low + static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(high - low))));
    made.items.push_back(made.keys.back() + random.normal());
  }
  return made;
}

template <class G>
void use(G& a) {
  typename G::key_type key{};
  a.update(key, 1.5);
  G other = a;
  other.merge(a);
  CHECK(G::load(other.save()).has_value());
}

}  // namespace

TEST_CASE("each group is what its aggregate makes of its items, one by one and in bulk") {
  struct range {
    std::int32_t low, high;
  };
  for (const range r :
       {range{0, 1}, range{0, 64}, range{-30, 30}, range{4000, 4200}, range{100'000, 100'300}, range{0, 6000}}) {
    const rows x = some(30'000, r.low, r.high, 1);
    std::map<std::int32_t, five> expected;
    by_number singles(10'000), bulk(10'000);
    for (std::size_t i = 0; i < x.keys.size(); ++i) {
      expected[x.keys[i]].update(x.items[i]);
      singles.update(x.keys[i], x.items[i]);
    }
    const std::span<const std::int32_t> keys(x.keys);
    const std::span<const double> items(x.items);
    bulk.update(keys.first(77), items.first(77));
    bulk.update(keys.subspan(77), items.subspan(77));
    REQUIRE(singles.size() == expected.size());
    same(singles, bulk);
    for (const auto& [key, group] : expected) same_group(group, *singles.find(key));
    CHECK(singles.find(-1000) == nullptr);
    CHECK(bulk.all().items() == 30'000);
    // Groups stand in the order of their first items, in bulk too.
    std::vector<std::int32_t> order_a, order_b;
    singles.for_each([&](std::int32_t key, const five&) { order_a.push_back(key); });
    bulk.for_each([&](std::int32_t key, const five&) { order_b.push_back(key); });
    CHECK(order_a == order_b);
    CHECK(order_a.front() == x.keys.front());
  }
}

TEST_CASE("narrow unsigned keys take the same way") {
  const rows x = some(5000, 0, 200, 2);
  const std::vector<std::uint8_t> narrow(x.keys.begin(), x.keys.end());
  by_number a, b;
  a.update(std::span<const std::uint8_t>(narrow), std::span<const double>(x.items));
  b.update(x.keys, std::span<const double>(x.items));
  same(a, b);
}

TEST_CASE("a grouped without a bound of its own has 1024 keys, and counts the items of others") {
  mr::grouped<int, mr::aggregate<mr::count>> g;
  for (int i = 0; i < 3000; ++i) g.update(i % 1500, 1.0);
  std::size_t shown = 0;
  g.for_each([&](int key, const auto& one) { shown += key < 1024 && one.template get<mr::count>() == 2 ? 1U : 0U; });
  CHECK(g.most() == 1024);
  CHECK(shown == 1024);
  CHECK(g.find(1024) == nullptr);
  CHECK(g.overflow().get<mr::count>() == 952);
  CHECK(g.all().get<mr::count>() == 3000);
}

TEST_CASE("keys beyond the bound share the overflow group, a million of them too") {
  by_number few(10);
  const rows x = some(20'000, 0, 100, 3);
  few.update(x.keys, std::span<const double>(x.items));
  CHECK(few.size() == 10);
  CHECK(few.all().items() == 20'000);
  by_number singles(10);
  for (std::size_t i = 0; i < x.keys.size(); ++i) singles.update(x.keys[i], x.items[i]);
  same(few, singles);
  mr::grouped<std::uint64_t, mr::aggregate<mr::count>> million(1000);
  for (std::uint64_t key = 0; key < 1'000'000; ++key) million.update(key * 977, 1.0);
  CHECK(million.size() == 1000);
  CHECK(million.overflow().items() == 999'000);
  CHECK(million.find(977 * 999)->items() == 1);
  CHECK(million.find(977 * 1000) == nullptr);
}

TEST_CASE("text keys are found without making strings of them, in bulk too") {
  by_text a, b;
  std::vector<std::string> keys;
  std::vector<double> items;
  for (int i = 0; i < 3000; ++i) {
    keys.push_back("host-" + std::to_string(i % 37));
    items.push_back(i);
    a.update(std::string_view(keys.back()), static_cast<double>(i));
  }
  b.update(keys, std::span<const double>(items));
  same(a, b);
  CHECK(a.size() == 37);
  CHECK(a.find("host-3")->get<mr::last>() == 2963);
  CHECK(a.find("host-37") == nullptr);
  a.update("weighed", 2.0, mr::weight(3));
  CHECK(a.find("weighed")->get<mr::total_weight>() == 3);
}

TEST_CASE("grouped keeps the laws of an aggregator") {
  const rows x = some(3000, -5, 40, 4);
  const auto of = [&](std::size_t begin, std::size_t end, std::size_t most) {
    by_number made(most);
    for (std::size_t i = begin; i < end; ++i) made.update(x.keys[i], x.items[i]);
    return made;
  };
  for (const std::size_t most : {100U, 30U}) {
    const auto whole = of(0, 3000, most);
    CHECK((whole.overflow().items() == 0) == (most == 100));
    by_number merged(most);
    for (std::size_t i = 0; i < 7; ++i) merged.merge(of(3000 * i / 7, 3000 * (i + 1) / 7, most));
    if (most == 100) same(whole, merged);
    CHECK(merged.all().items() == 3000);  // beyond the bound too
    laws::save_and_load(whole, same<by_number>);
  }
  by_text text;
  for (const char* key : {"", "a", "b", "a"}) text.update(key, 1.0);
  laws::save_and_load(text, same<by_text>);
  laws::save_and_load(by_text(), same<by_text>);
}

TEST_CASE("groups begin as the aggregate given, and merging that can fail changes nothing") {
  using histograms = mr::grouped<int, mr::regular_histogram>;
  histograms a(8, mr::regular_histogram::make(4U, 0.0, 1.0).value());
  histograms b(8, mr::regular_histogram::make(5U, 0.0, 1.0).value());
  a.update(1, 0.3);
  b.update(2, 0.3);
  b.update(1, 0.3);
  REQUIRE_FALSE(a.merge(b).has_value());
  CHECK(a.size() == 1);
  CHECK(a.find(1)->count(1) == 1);
}

TEST_CASE("hostile saved groups answer an error or groups that work") {
  by_number numbers(5);
  for (int i = 0; i < 9; ++i) numbers.update(100 * i, 1.0);
  laws::hostile_bytes(numbers, use<by_number>);
  laws::hostile_payload(numbers, support::reseal, use<by_number>, 5, 2000);
  by_text text;
  for (const char* key : {"x", "yy", "zzz"}) text.update(key, 1.0);
  laws::hostile_bytes(text, use<by_text>);
  laws::hostile_payload(text, support::reseal, use<by_text>, 6, 2000);
}

TEST_CASE("groups keep their saved form: golden bytes give the same answers and the same bytes") {
  const auto stream = support::golden_stream();
  by_number numbers(5);
  by_text texts(3);
  for (std::size_t i = 0; i < 100; ++i) {
    numbers.update(static_cast<std::int32_t>(i % 7) - 3, stream[i]);
    texts.update("key " + std::to_string(i % 5), stream[i]);
  }
  same(support::from_golden("aggregate/grouped_integer.bin", numbers), numbers);
  same(support::from_golden("aggregate/grouped_text.bin", texts), texts);
}

TEST_CASE("a key that is erased makes room for another one; the others keep their groups and their order") {
  const auto check = []<class Key>(std::type_identity<Key>, auto key) {
    mr::grouped<Key, mr::aggregate<mr::count, mr::sum>> g(40);
    for (int i = 0; i < 60; ++i) g.update(key(i), 1.0 * i);
    CHECK(g.size() == 40);
    CHECK(g.overflow().template get<mr::count>() == 20);
    CHECK(g.erase(key(7)));
    CHECK_FALSE(g.erase(key(7)));
    CHECK_FALSE(g.erase(key(50)));
    CHECK(g.find(key(7)) == nullptr);
    CHECK(g.size() == 39);
    g.update(key(50), 500.0);
    REQUIRE(g.find(key(50)) != nullptr);
    CHECK(g.find(key(50))->template get<mr::sum>() == 500);
    int next = 0;
    g.for_each([&](const auto& found, const auto& kept) {
      CHECK(found == key(next));
      CHECK(kept.template get<mr::sum>() == (next == 50 ? 500 : next));
      next += next == 6 ? 2 : next == 39 ? 11 : 1;
    });
    CHECK(next == 51);
  };
  check(std::type_identity<int>(), [](int i) { return i; });
  check(std::type_identity<std::int64_t>(), [](int i) { return std::int64_t{i} << 33; });
  check(std::type_identity<std::string>(), [](int i) { return "host-" + std::to_string(i); });
}

TEST_CASE("windows in panes are asked in their groups") {
  mr::grouped<int,
              mr::windowed<mr::sliding<mr::duration(50), mr::duration(10)>, mr::aggregate<mr::count, mr::quantiles<>>>>
      by_merchant;
  for (int i = 0; i < 300; ++i) by_merchant.update(i % 3, 1.0 * i, mr::time_point(i));
  REQUIRE(by_merchant.find(1) != nullptr);
  const auto quantile = by_merchant.find(1)->get<mr::quantiles>();
  CHECK(quantile(1) == 298);
  CHECK(quantile(0) >= 240);
}

TEST_CASE("time passes for every key, and keys without items in their windows make room") {
  using recent = mr::windowed<mr::sliding<mr::seconds(60)>, mr::aggregate<mr::count, mr::mean>>;
  mr::grouped<std::string, recent> by_host(2);
  const auto at = [](double s) { return mr::time_point(mr::seconds(s).nanoseconds); };
  by_host.update("idle", 1.0, at(0));
  by_host.update("busy", 1.0, at(1));
  by_host.update("third", 1.0, at(1));  // into the overflow
  for (int i = 0; i < 1000; ++i) by_host.update("busy", 2.0, at(i));
  CHECK(by_host.find("idle")->get<mr::count>() == 1);  // its own clock stands still
  by_host.advance(at(1000));
  CHECK(by_host.find("idle")->get<mr::count>() == 0);
  CHECK(by_host.find("busy")->get<mr::count>() == 59);
  CHECK(by_host.overflow().get<mr::count>() == 0);
  CHECK(by_host.expire() == 1);
  CHECK(by_host.find("idle") == nullptr);
  by_host.update("third", 3.0, at(1001));
  REQUIRE(by_host.find("third") != nullptr);
  CHECK(by_host.find("third")->get<mr::mean>() == 3);
  by_host.erase("third");
  by_host.update("fourth", 3.0, at(100));  // its window has the time of all, too
  CHECK(by_host.find("fourth")->late() == 1);
  CHECK(by_host.erase_if([](const auto& key, const recent&) { return key == "busy"; }) == 1);
  CHECK(by_host.find("fourth") != nullptr);
  by_host.reset();
  CHECK(by_host.size() == 0);
  by_host.update("fourth", 3.0, at(100));
  CHECK(by_host.find("fourth")->get<mr::count>() == 1);
}

TEST_CASE("windows that end by time end for every key") {
  using minutes = mr::windowed<mr::tumbling<mr::seconds(60)>, mr::aggregate<mr::count>>;
  mr::grouped<int, minutes> by_shop;
  const auto at = [](double s) { return mr::time_point(mr::seconds(s).nanoseconds); };
  for (int shop = 0; shop < 3; ++shop) by_shop.update(shop, 1.0, at(shop));
  int ended = 0;
  by_shop.advance(at(60), [&](mr::time_range when, const auto& minute) {
    ++ended;
    CHECK(when.end == at(60));
    CHECK(minute.template get<mr::count>() == 1);
  });
  CHECK(ended == 3);
  CHECK(by_shop.expire() == 3);
  by_shop.update(1, 1.0, at(70));
  by_shop.for_each([&](int key, minutes& each) {
    CHECK(key == 1);
    each.finish();
  });
  CHECK(by_shop.find(1)->last()->what.get<mr::count>() == 1);
}

TEST_CASE("windows of panes tell when they are empty") {
  using recent = mr::windowed<mr::sliding<mr::seconds(60), mr::seconds(10)>, mr::aggregate<mr::count>>;
  mr::grouped<int, recent> by_shop;
  by_shop.update(1, 1.0, mr::time_point(0));
  by_shop.update(2, 1.0, mr::time_point(mr::seconds(60).nanoseconds));
  by_shop.advance(mr::time_point(mr::seconds(69).nanoseconds));
  CHECK(by_shop.expire() == 0);  // the pane from 0 to 10 s overlaps the last minute
  by_shop.advance(mr::time_point(mr::seconds(70).nanoseconds));
  CHECK(by_shop.expire() == 1);
  auto loaded = mr::grouped<int, recent>::load(by_shop.save());
  REQUIRE(loaded);
  loaded->advance(mr::time_point(mr::seconds(200).nanoseconds));
  CHECK(loaded->expire() == 1);
}

TEST_CASE("groups that were moved from are as freshly made") {
  const auto numbers = [](auto& groups, int items) {
    for (int i = 0; i < items; ++i) groups.update(i % 7 * 1000, 0.5 * i);
  };
  laws::moving([] { return by_number(5); }, numbers);
  const auto texts = [](auto& groups, int items) {
    for (int i = 0; i < items; ++i) groups.update(std::to_string(i % 7), 0.5 * i);
  };
  laws::moving([] { return by_text(5); }, texts);
}
