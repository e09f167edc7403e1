#include <millrace/aggregate/sketches/frequent_items.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/concepts.hpp>
#include <millrace/aggregate/sketches/topk_tracker.hpp>

#include <laws/aggregator.hpp>
#include <support/sketch_questions.hpp>
#include <support/sketches.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace mr = millrace;

namespace {

using numbers = mr::frequent_items<std::int64_t, 6>;
using texts = mr::frequent_items<std::string, 6>;

/// Items of which the one numbered i comes up about 1 / (i + 1) as often as the first.
std::vector<std::int64_t> zipf(std::size_t size, std::uint64_t seed) {
  mr::random_engine random(seed);
  std::vector<std::int64_t> items;
  for (std::size_t i = 0; i < size; ++i)
    items.push_back(static_cast<std::int64_t>(std::pow(20'000.0, random.uniform())) - 1);
  return items;
}

/// Streams on which counters that are thrown away could be the wrong ones.
std::vector<std::vector<std::int64_t>> streams(std::size_t size, std::uint64_t seed) {
  mr::random_engine random(seed);
  std::vector<std::vector<std::int64_t>> made(6);
  made[0] = zipf(size, seed);
  for (std::size_t i = 0; i < size; ++i) {
    made[1].push_back(static_cast<std::int64_t>(i));                                // all different
    made[2].push_back(7);                                                           // all the same
    made[3].push_back(i % 3 == 0 ? -1 : static_cast<std::int64_t>(random() >> 1));  // one among noise
    made[4].push_back(i < size / 2 ? static_cast<std::int64_t>(i) : static_cast<std::int64_t>(i % 10));  // late heavies
    made[5].push_back(i < size / 2 ? static_cast<std::int64_t>(i % 10) : static_cast<std::int64_t>(i));  // early ones
  }
  return made;
}

std::map<std::int64_t, std::uint64_t> truth(const std::vector<std::int64_t>& items) {
  std::map<std::int64_t, std::uint64_t> counts;
  for (const std::int64_t item : items) ++counts[item];
  return counts;
}

void check_bounds(const numbers& sketch, const std::map<std::int64_t, std::uint64_t>& counts, std::uint64_t size) {
  REQUIRE(sketch.total() == size);
  CHECK(static_cast<double>(sketch.max_error()) <= sketch.epsilon() * static_cast<double>(size));
  bool kept = true;
  for (const auto& [item, count] : counts)
    kept = kept && sketch.lower(item) <= count && count <= sketch.upper(item) &&
           sketch.upper(item) - sketch.lower(item) == sketch.max_error();
  CHECK(kept);
  const std::uint64_t threshold = std::max(sketch.max_error(), size / 50);
  const auto maybe = sketch.maybe_above(threshold);
  const auto surely = sketch.surely_above(threshold);
  for (const auto& row : surely) CHECK(counts.at(row.item) > threshold);
  for (const auto& [item, count] : counts)
    if (count > threshold)
      CHECK(
          std::any_of(maybe.begin(), maybe.end(), [&, wanted = item](const auto& row) { return row.item == wanted; }));
}

}  // namespace

TEST_CASE("many items side by side are taken as they are; numbers with a fraction are no items") {
  mr::frequent_items<> texts;
  texts.update(std::vector<std::string>{"a", "b", "a"});
  texts.update(std::vector<std::string_view>{"a"});
  CHECK(texts.lower("a") == 3);
  mr::frequent_items<std::int64_t> numbers;
  numbers.update(std::vector<int>{1, 2, 1});
  numbers.update(std::vector<std::int64_t>{1});
  CHECK(numbers.lower(1) == 3);
  numbers.update(~std::uint64_t{0});
  CHECK(numbers.lower(-1) == 1);
  STATIC_REQUIRE(!mr::aggregator_of<mr::frequent_items<std::int64_t>, double>);
  STATIC_REQUIRE(!mr::aggregator_of<mr::frequent_items<std::int64_t>, std::string>);
  STATIC_REQUIRE(!mr::aggregator_of<mr::frequent_items<>, int>);
  STATIC_REQUIRE(!mr::aggregator_of<mr::basic_topk_tracker<std::int64_t>, double>);
}

TEST_CASE("frequent items of nothing are none") {
  const texts empty;
  CHECK(empty.empty());
  CHECK(empty.total() == 0);
  CHECK(empty.lower("x") == 0);
  CHECK(empty.upper("x") == 0);
  CHECK(empty.top(3).empty());
}

TEST_CASE("frequent items are exact while all different items fit") {
  texts sketch;
  for (int i = 0; i < 48; ++i)
    for (int j = 0; j <= i; ++j) sketch.update("item " + std::to_string(i));
  sketch.update("", mr::weight(100));
  // One more than fit, so that they had to be thinned out; up to there they were exact.
  CHECK(sketch.retained() < 49);
  numbers fits;
  for (std::int64_t i = 0; i < 48; ++i) fits.update(i, mr::weight(static_cast<double>(i + 1)));
  CHECK(fits.max_error() == 0);
  CHECK(fits.retained() == 48);
  const auto top = fits.top(2);
  REQUIRE(top.size() == 2);
  CHECK(top[0].item == 47);
  CHECK(top[0].lower == 48);
  CHECK(top[0].upper == 48);
  CHECK(top[1].item == 46);
  CHECK(fits.surely_above(46).size() == 2);
}

TEST_CASE("equal weights come in the order of the items") {
  texts sketch;
  for (const auto* item : {"pear", "apple", "fig", "apple", "fig", "pear", "plum"}) sketch.update(item);
  const auto top = sketch.top(10);
  REQUIRE(top.size() == 4);
  CHECK(top[0].item == "apple");
  CHECK(top[1].item == "fig");
  CHECK(top[2].item == "pear");
  CHECK(top[3].item == "plum");
}

TEST_CASE("every item's weight lies within its bounds, and no heavy item is missing, on every stream") {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    for (const auto& items : streams(20'000, seed)) {
      const auto counts = truth(items);
      numbers whole;
      whole.update(std::span<const std::int64_t>(items));
      check_bounds(whole, counts, items.size());
      numbers merged;
      for (std::size_t part = 0; part < 7; ++part) {
        const std::size_t begin = items.size() * part / 7;
        numbers piece;
        piece.update(std::span<const std::int64_t>(items).subspan(begin, items.size() * (part + 1) / 7 - begin));
        merged.merge(piece);
      }
      check_bounds(merged, counts, items.size());
    }
  }
}

TEST_CASE("the ten most frequent items of a skewed stream are found in order") {
  const auto items = zipf(300'000, 3);
  mr::frequent_items<std::int64_t, 10> sketch;
  sketch.update(std::span<const std::int64_t>(items));
  const auto top = sketch.top(10);
  REQUIRE(top.size() == 10);
  for (std::size_t i = 0; i < top.size(); ++i) CHECK(top[i].item == static_cast<std::int64_t>(i));
}

TEST_CASE("texts and numbers are counted alike") {
  const auto items = zipf(30'000, 1);
  mr::frequent_items<std::string, 8> sketch;
  std::vector<std::string> as_text;
  for (const std::int64_t item : items) as_text.push_back("the customer with number " + std::to_string(item));
  sketch.update(std::span<const std::string>(as_text));
  const auto counts = truth(items);
  for (const auto& [item, count] : counts) {
    const auto name = "the customer with number " + std::to_string(item);
    CHECK((sketch.lower(name) <= count && count <= sketch.upper(name)));
  }
  CHECK(sketch.top(1)[0].item == as_text[0].substr(0, 25) + "0");
}

TEST_CASE("a weight on an item is as many updates") {
  numbers weighted, repeated;
  for (std::int64_t i = 0; i < 40; ++i) {
    weighted.update(i, mr::weight(static_cast<double>(i % 5)));
    for (std::int64_t j = 0; j < i % 5; ++j) repeated.update(i);
  }
  laws::same_bytes(weighted, repeated);
  for (const double weight : {0.0, -1.0, std::nan(""), 1e300}) weighted.update(7, mr::weight(weight));
  laws::same_bytes(weighted, repeated);
  numbers half;
  for (int i = 0; i < 10'000; ++i) half.update(1, mr::weight(0.5));
  CHECK(std::fabs(static_cast<double>(half.total()) - 5000) < 250);  // five standard deviations
}

TEST_CASE("frequent items stop counting where the total would overflow") {
  numbers sketch;
  for (int i = 0; i < 6; ++i) sketch.update(1, mr::weight(0x1p60));
  CHECK(sketch.total() == std::uint64_t{1} << 62);
  sketch.update(2);
  sketch.merge(sketch);
  CHECK(sketch.total() == std::uint64_t{1} << 62);
  CHECK(numbers::load(sketch.save()).has_value());
}

TEST_CASE("frequent items obey the laws of aggregators") {
  // Few enough to be exact: then the answers are the same whatever the order.
  std::vector<std::int64_t> few;
  for (std::int64_t i = 0; i < 3000; ++i) few.push_back(i * i % 41);
  laws::all([] { return numbers(); }, few, laws::same_bytes, 2);
  const auto many = zipf(5000, 8);
  laws::span_is_singles([] { return numbers(); }, std::span<const std::int64_t>(many), laws::same_bytes, 1);
  laws::merging([] { return numbers(); }, std::span<const std::int64_t>(many),
                [](const auto& a, const auto& b) {
                  CHECK(a.total() == b.total());
                  for (std::int64_t item = 0; item < 10; ++item) {
                    CHECK(a.lower(item) <= b.upper(item));
                    CHECK(b.lower(item) <= a.upper(item));
                  }
                });
}

TEST_CASE("frequent items come back from their bytes with the same answers, bytes and future") {
  const auto more = zipf(2000, 5);
  for (const std::size_t size : std::initializer_list<std::size_t>{0, 1, 10, 100, 5000}) {
    numbers sketch;
    sketch.update(std::span<const std::int64_t>(zipf(size, size)));
    laws::save_and_load(sketch, laws::same_bytes);
    laws::save_and_go_on(sketch, std::span<const std::int64_t>(more), laws::same_bytes);
    texts named;
    for (const std::int64_t item : zipf(size, size))
      named.update(std::string(static_cast<std::size_t>(item % 50), 'x'));
    laws::save_and_load(named, laws::same_bytes);
  }
}

TEST_CASE("the same items and order of merges give frequent items the same bytes on every compiler") {
  numbers sketch;
  for (std::uint64_t part = 0; part < 3; ++part) {
    numbers piece;
    mr::random_engine random(part);
    for (int i = 0; i < 5000; ++i) piece.update(static_cast<std::int64_t>(random.below(1 + random.below(3000))));
    sketch.merge(piece);
  }
  CHECK(support::digest_of(sketch.save()) == 0x217891e1315042f1U);
}

TEST_CASE("frequent items read what Apache DataSketches 5.2.0 wrote") {
  const std::size_t asked = support::check_golden_sketches<texts>("frequent_strings", support::ask_frequent<texts>) +
                            support::check_golden_sketches<numbers>("frequent_longs", support::ask_frequent<numbers>);
  CHECK(asked > 100);
}

TEST_CASE("damaged bytes of frequent items answer an error or ones that work") {
  const auto use = [](auto& sketch) {
    using type = std::remove_reference_t<decltype(sketch)>;
    for (int i = 0; i < 60; ++i) {
      if constexpr (std::is_same_v<type, texts>)
        sketch.update("item " + std::to_string(i));
      else
        sketch.update(i);
    }
    for (const auto& row : sketch.top(5)) CHECK(row.lower <= row.upper);
    sketch.merge(sketch);
    CHECK(type::load(sketch.save()).has_value());
  };
  for (const std::size_t size : std::initializer_list<std::size_t>{0, 1, 20, 3000}) {
    numbers sketch;
    texts named;
    for (const std::int64_t item : zipf(size, 1)) {
      sketch.update(item);
      named.update("i" + std::to_string(item));
    }
    laws::hostile_bytes(sketch, use);
    laws::hostile_bytes(named, use);
  }
}

TEST_CASE("what is wrong with the bytes of frequent items is said") {
  const auto code = support::code_of_changed<numbers>;
  numbers sketch;
  for (int i = 0; i < 5; ++i) sketch.update(i);
  const auto good = sketch.save();
  CHECK(code(good, 2, 15) == mr::errc::type_mismatch);
  CHECK(code(good, 1, 9) == mr::errc::unsupported);
  CHECK(code(good, 0, 1) == mr::errc::corrupt);
  CHECK(code(good, 3, 2) == mr::errc::corrupt);
  CHECK(code(good, 8, 7) == mr::errc::corrupt);
  CHECK(code(good, 9, 7) == mr::errc::truncated);
  CHECK(code(good, 32, 0) == mr::errc::corrupt);
  CHECK(code(good, 72, 1) == mr::errc::corrupt);
  CHECK(numbers::load(std::span(good).first(good.size() - 1)).error().message() ==
        "frequent-items image: it ends too soon");
}
