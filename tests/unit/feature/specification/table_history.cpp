#include <millrace/feature/specification/table_history.hpp>

#include <millrace/aggregate.hpp>
#include <millrace/feature.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mf = millrace::feature;
namespace mr = millrace;
using mf::table_history;
using namespace std::chrono_literals;

namespace {

using nanos = std::chrono::sys_time<std::chrono::nanoseconds>;
struct swipe {
  std::string card;
  double amount = 0;
  std::optional<nanos> at;
};

mf::specification windowed(std::string name, std::string_view measure, std::string_view length = "60s") {
  return {.name = std::move(name),
          .type = "aggregation",
          .sources = {"amount"},
          .parameters = {{"measure", measure}, {"key", "card"}, {"time", "at"}, {"window", length}}};
}
mf::specification with(mf::specification one, std::string name, std::string_view value) {
  one.parameters.emplace_back(std::move(name), value);
  return one;
}
std::vector<mf::specification> all_aggregations() {
  std::vector<mf::specification> made;
  for (const char* const measure : {"sum", "mean", "stddev", "last", "median", "distinct"})
    made.push_back(windowed(measure, measure));
  made.push_back(with(windowed("stddev_late", "stddev"), "lateness", "30s"));
  made.push_back(with(windowed("mean_panes", "avg", "1min"), "pane", "10s"));
  made.push_back(with(with(windowed("median_late", "median"), "pane", "10s"), "lateness", "20s"));
  return made;
}
auto typed_history() {
  const auto amount = &swipe::amount;
  return mf::make_history<swipe>(
      &swipe::card, &swipe::at, mf::window<"sum", mr::sum, 60s>(amount), mf::window<"mean", mr::mean, 60s>(amount),
      mf::window<"stddev", mr::stddev, 60s>(amount), mf::window<"last", mr::last, 60s>(amount),
      mf::window<"median", mr::median, 60s, 1s>(amount), mf::window<"distinct", mr::distinct<>, 60s, 1s>(amount),
      mf::window<"stddev_late", mr::stddev, 60s, mr::duration{}, 30s>(amount),
      mf::window<"mean_panes", mr::mean, 60s, 10s>(amount),
      mf::window<"median_late", mr::median, 60s, 10s, 20s>(amount));
}

std::vector<swipe> random_swipes(std::size_t count, unsigned seed) {
  std::mt19937_64 draw(seed);
  std::vector<swipe> all;
  std::int64_t now = -2'000;  // before and after 1970
  for (std::size_t i = 0; i < count; ++i) {
    now += static_cast<std::int64_t>(draw() % 12);
    swipe one{draw() % 3 == 0 ? "A" : draw() % 2 == 0 ? "B" : "C", static_cast<double>(draw() % 1000) / 7, {}};
    if (draw() % 9 == 0) one.amount = std::numeric_limits<double>::quiet_NaN();
    if (draw() % 30 == 0) one.amount = std::numeric_limits<double>::infinity();
    if (draw() % 30 == 0) one.card.clear();
    const std::int64_t back = draw() % 5 == 0 ? static_cast<std::int64_t>(draw() % 40) : 0;
    const std::int64_t part = draw() % 2 == 0 ? -1 : static_cast<std::int64_t>(draw() % 3);  // of ns: ends of panes
    if (draw() % 30 != 0) one.at.emplace(std::chrono::seconds(now - back) + std::chrono::nanoseconds(part));
    all.push_back(std::move(one));
  }
  return all;
}
mf::table table_of(const std::vector<swipe>& swipes) {
  mf::column card{.name = "card", .kind = mf::column_kind::category};
  mf::column amount{.name = "amount"};
  mf::column at{.name = "at", .kind = mf::column_kind::time};
  for (const swipe& one : swipes) {
    card.codes.push_back(one.card.empty() ? mf::column::no_text : static_cast<std::uint32_t>(card.texts.size()));
    if (!one.card.empty()) card.texts.push_back(one.card);
    amount.numbers.push_back(one.amount);
    at.times.push_back(one.at ? one.at->time_since_epoch().count() : mf::column::no_time);
  }
  mf::table made;
  for (mf::column* const each : {&card, &amount, &at}) REQUIRE(made.add(std::move(*each)));
  return made;
}
std::vector<mf::named_cell> cells_of(const swipe& one) {
  std::vector<mf::named_cell> made{{"amount", one.amount}, {"card", one.card}};
  if (one.at) made.push_back({"at", *one.at});
  return made;
}
bool same(std::span<const float> a, std::span<const float> b) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!(a[i] == b[i] || (a[i] != a[i] && b[i] != b[i]))) return false;
  return a.size() == b.size();
}
table_history history_of(const std::vector<mf::specification>& list, const mf::table& rows) {
  auto made = table_history::make(list, rows);
  if (!made) FAIL(made.error().describe());
  return *std::move(made);
}
std::string refusal_of(mf::specification one) {
  const auto made = table_history::make({std::move(one)}, table_of({}));
  REQUIRE_FALSE(made);
  CHECK(made.error().code() == mr::errc::invalid_argument);
  return made.error().describe();
}

}  // namespace

TEST_CASE("aggregations in words have the bits of a history as a type, row by row, by table, and after loading") {
  for (const unsigned seed : {1U, 2U, 3U}) {
    const auto swipes = random_swipes(700, seed);
    const auto rows = table_of(swipes);
    auto typed = typed_history();
    std::vector<float> expected(swipes.size() * typed.width);
    REQUIRE(typed.replay(swipes, expected));
    auto words = history_of(all_aggregations(), rows);
    CHECK(words.names() == typed.names());
    const std::size_t width = words.width();
    std::vector<float> found(expected.size());
    REQUIRE(words.replay(rows, found));
    for (std::size_t i = 0; i < swipes.size(); ++i) {
      INFO("row " << i);
      for (std::size_t j = 0; j < width; ++j)
        if (!same({&found[i * width + j], 1}, {&expected[i * width + j], 1})) FAIL(words.names()[j]);
    }
    CHECK(words.keys() == typed.keys());
    CHECK(words.late() == typed.late());
    CHECK(words.late() > 20);
    CHECK(words.unknown() == typed.unknown());
    auto served = history_of(all_aggregations(), rows);
    for (std::size_t i = 0; i < swipes.size(); ++i) {
      std::vector<float> row(width, -99);
      std::vector<float> asked(width, -99);
      CHECK_FALSE(served.read(cells_of(swipes[i]), asked));
      CHECK_FALSE(served(cells_of(swipes[i]), row));
      if (!same(row, std::span(expected).subspan(i * width, width)) || !same(row, asked)) FAIL("row " << i);
      if (i % 300 == 211) {
        auto back = table_history::load(served.save());
        REQUIRE(back);
        CHECK(back->save() == served.save());
        CHECK(back->schema() == words.schema());
        served = std::move(*back);
      }
    }
    CHECK(served.save() == words.save());
  }
}

TEST_CASE("panes of a few nanoseconds end where those of a type do") {
  std::mt19937_64 draw(3);
  std::vector<swipe> swipes;
  for (int i = 0; i < 4000; ++i)
    swipes.push_back({"A", static_cast<double>(draw() % 100), nanos(std::chrono::nanoseconds(i / 3 - 600))});
  constexpr mr::duration two(2);
  constexpr mr::duration five(5);
  constexpr mr::duration ten(10);
  auto typed = mf::make_history<swipe>(&swipe::card, &swipe::at, mf::window<"a", mr::sum, ten, two>(&swipe::amount),
                                       mf::window<"b", mr::sum, ten, five>(&swipe::amount));
  std::vector<float> expected(2 * swipes.size());
  REQUIRE(typed.replay(swipes, expected));
  const auto rows = table_of(swipes);
  auto words = history_of(
      {with(windowed("a", "sum", "10ns"), "pane", "2ns"), with(windowed("b", "sum", "10ns"), "pane", "5ns")}, rows);
  std::vector<float> found(expected.size());
  REQUIRE(words.replay(rows, found));
  CHECK(same(found, expected));
}

TEST_CASE("every measure is what its word says") {
  auto swipes = random_swipes(400, 5);
  std::erase_if(swipes, [](const swipe& one) { return one.card.empty() || !one.at; });
  std::vector<mf::specification> list;
  for (const char* const measure :
       {"count", "max", "variance", "min", "range", "first", "median", "interquartile_range", "quantile"})
    list.push_back(windowed(measure, measure, "45s"));
  list.back().parameters.emplace_back("quantile", 0.9);
  list.push_back(with(windowed("first_late", "first", "45s"), "lateness", "1h"));
  auto words = history_of(list, table_of(swipes));
  const auto rows = words.replay(table_of(swipes), mf::replay_order::by_time);
  REQUIRE(rows);
  for (std::size_t i = 0; i < swipes.size(); ++i) {
    mr::aggregate<mr::count, mr::variance, mr::min, mr::max> expected;
    std::size_t earliest = swipes.size();
    for (std::size_t j = 0; j < swipes.size(); ++j) {
      const bool before = *swipes[j].at < *swipes[i].at || (*swipes[j].at == *swipes[i].at && j < i);
      if (!before || swipes[j].card != swipes[i].card || *swipes[j].at <= *swipes[i].at - 45s) continue;
      if (!std::isfinite(swipes[j].amount)) continue;
      expected.update(swipes[j].amount);
      if (earliest == swipes.size() || *swipes[j].at < *swipes[earliest].at) earliest = j;
    }
    const auto found = [&](std::string_view name) { return rows->find(name)->numbers[i]; };
    if (earliest == swipes.size()) {
      for (const auto& name : words.names())
        if (name == "min" || name == "range" || name == "first") CHECK(std::isnan(found(name)));
      CHECK(found("count") == 0);
      continue;
    }
    CHECK(found("min") == Approx(expected.get<mr::min>()));
    CHECK(found("max") == Approx(expected.get<mr::max>()));
    CHECK(found("count") == static_cast<double>(expected.get<mr::count>()));
    CHECK(found("range") == Approx(expected.get<mr::max>() - expected.get<mr::min>()).margin(1e-5));
    CHECK(found("first") == Approx(swipes[earliest].amount));
    CHECK(found("first_late") == Approx(swipes[earliest].amount));
    if (found("variance") == found("variance")) CHECK(found("variance") == Approx(expected.get<mr::variance>()));
    CHECK(found("quantile") >= found("median"));
    CHECK(found("interquartile_range") >= 0);
  }
  CHECK_THAT(words.schema(), ContainsSubstring("quantile: aggregation(quantile 0.9 of amount by card, 45000000000ns of "
                                               "at, panes of 750000000ns); first_late: "));
}

TEST_CASE("a row's aggregations know neither itself nor what comes later") {
  auto swipes = random_swipes(200, 8);
  const auto rows_of = [](const std::vector<swipe>& of) {
    const auto rows = table_of(of);
    auto made = history_of(all_aggregations(), rows);
    std::vector<float> out(rows.rows() * made.width());
    REQUIRE(made.replay(rows, out));
    return out;
  };
  const auto before = rows_of(swipes);
  for (std::size_t i = 120; i < swipes.size(); ++i) swipes[i].amount = 1e6;
  const auto after = rows_of(swipes);
  const std::size_t width = before.size() / swipes.size();
  CHECK(same(std::span(before).first(121 * width), std::span(after).first(121 * width)));
  CHECK_FALSE(same(before, after));
}

TEST_CASE("one list serves both: the history adds the columns that the features read") {
  const auto swipes = random_swipes(300, 11);
  const auto past = table_of({swipes.begin(), swipes.begin() + 250});
  auto sum = windowed("spent", "sum");
  sum.rules = {mf::missing(mf::flag(-1))};
  const std::vector<mf::specification> list{
      sum, {.name = "amount_z", .type = "standardize", .sources = {"amount"}}, windowed("mean", "mean")};
  CHECK_THAT(mf::table_features::make(list, past).error().describe(),
             ContainsSubstring("feature \"spent\": column \"spent\" is not there; there are [card: category, amount: "
                               "number, at: time]; table_history adds it"));
  auto recent = history_of(list, past);
  const auto rows = recent.replay(past);
  REQUIRE(rows);
  CHECK(rows->size() == 5);
  auto features = mf::table_features::make(list, *rows);
  REQUIRE(features);
  REQUIRE(features->fit(*rows));
  CHECK(features->names() == std::vector<std::string>{"spent", "spent.missing", "amount_z", "mean"});
  CHECK(features->kinds()[0] == "aggregation");
  CHECK_THAT(
      features->schema(),
      ContainsSubstring("spent: aggregation(sum of amount by card, 60000000000ns of at), missing fill and flag"));
  // What comes after loading both has the bits that one table of all has.
  auto whole = history_of(list, past);
  const auto all_rows = whole.replay(table_of(swipes));
  REQUIRE(all_rows);
  std::vector<float> expected(swipes.size() * features->width());
  REQUIRE((*features)(*all_rows, expected));
  auto served = table_history::load(recent.save());
  const auto loaded = mf::table_features::load(features->save());
  REQUIRE(served);
  REQUIRE(loaded);
  CHECK(loaded->schema() == features->schema());
  for (std::size_t i = 250; i < swipes.size(); ++i) {
    auto cells = cells_of(swipes[i]);
    CHECK_FALSE(served->extend(cells));
    std::vector<float> row(4);
    CHECK_FALSE((*loaded)(cells, row));
    CHECK(same(row, std::span(expected).subspan(i * 4, 4)));
  }
  CHECK(served->save() == whole.save());
  CHECK(recent.replay(*rows).error().describe() == "feature \"spent\": the table has a column of this name");
}

TEST_CASE("rows without an order of arrival are replayed by time") {
  std::vector<swipe> swipes;
  for (const int at : {50, 10, 40, 20, 30})
    swipes.push_back({"A", static_cast<double>(at), nanos(std::chrono::seconds(at))});
  swipes.push_back({"A", 1, {}});
  const auto rows = table_of(swipes);
  auto late = history_of({windowed("sum", "sum")}, rows);
  std::vector<float> out(6);
  REQUIRE(late.replay(rows, out));
  CHECK(late.late() == 4);
  auto sorted = history_of({windowed("sum", "sum")}, rows);
  REQUIRE(sorted.replay(rows, out, mf::replay_order::by_time));
  CHECK(sorted.late() == 0);
  CHECK(sorted.unknown() == 1);
  CHECK(same(std::span(out).first(5), std::vector<float>{100, 0, 60, 10, 30}));
  CHECK(std::isnan(out[5]));
}

TEST_CASE("without a key all rows are of one, keys may be numbers, and texts are counted") {
  mf::table rows;
  REQUIRE(rows.add({.name = "id", .numbers = {7, 8, 7, std::numeric_limits<double>::quiet_NaN()}}));
  REQUIRE(rows.add({.name = "at", .kind = mf::column_kind::time, .times = {1, 2, 3, 4}}));
  REQUIRE(rows.add({.name = "shop",
                    .kind = mf::column_kind::category,
                    .codes = {0, mf::column::no_text, 1, 0},
                    .texts = {"x", "y"}}));
  const mf::specification everything{.name = "all",
                                     .type = "aggregation",
                                     .sources = {"shop"},
                                     .parameters = {{"measure", "count"}, {"time", "at"}, {"window", "1h"}}};
  auto by_id = everything;
  by_id.name = "by_id";
  by_id.parameters.emplace_back("key", "id");
  auto made = history_of({everything, by_id}, rows);
  std::vector<float> out(8);
  REQUIRE(made.replay(rows, out));
  CHECK(same(std::vector<float>{out[0], out[2], out[4], out[6]}, std::vector<float>{0, 1, 1, 2}));
  CHECK(same(std::vector<float>{out[1], out[3], out[5]}, std::vector<float>{0, 0, 1}));
  CHECK(std::isnan(out[7]));
  CHECK(made.keys() == 3);
  CHECK(made.unknown() == 1);
  std::vector<float> text_row(2);
  std::vector<float> number_row(2);
  const auto at = mf::cell::at_nanoseconds(5);
  CHECK_FALSE(made.read(std::vector<mf::named_cell>{{"id", "7"}, {"at", at}}, text_row));
  CHECK_FALSE(made.read(std::vector<mf::named_cell>{{"id", 7}, {"at", at}}, number_row));
  CHECK(same(text_row, number_row));
  CHECK(text_row[1] == 2);
}

TEST_CASE("a row is refused by its rules, with row, feature and column, and leaves no trace") {
  auto strict = windowed("spent", "sum");
  strict.rules = {mf::not_finite(mf::refuse)};
  std::vector<swipe> swipes = random_swipes(40, 2);
  for (auto& one : swipes) one.amount = 1;
  swipes[30].amount = std::numeric_limits<double>::infinity();
  const auto rows = table_of(swipes);
  auto made = history_of({strict}, rows);
  const auto before = made.save();
  std::vector<float> out(40, -99);
  CHECK(made.replay(rows, out).error().describe() ==
        "history: row 30, feature \"spent\": the value of column \"amount\" is not_finite");
  CHECK(made.save() == before);
  CHECK(out[0] == -99);
  const nanos at{};
  float one[1] = {-99};
  const std::vector<mf::named_cell> wrong{{"amount", "a text"}, {"card", "A"}, {"at", at}};
  const mf::refusal refused = made(wrong, one);
  CHECK(refused.column == "spent");
  CHECK(refused.why == mf::trouble::mistyped);
  CHECK(made.remember(std::vector<mf::named_cell>{{"amount", 1}, {"card", 1.5}, {"at", at}}).why ==
        mf::trouble::mistyped);
  CHECK(made.read(std::vector<mf::named_cell>{{"amount", 1}, {"card", "A"}, {"at", 5}}, one).why ==
        mf::trouble::mistyped);
  CHECK(one[0] == -99);
  CHECK(made.save() == before);
  auto lenient = windowed("spent", "sum");
  lenient.rules = {mf::mistyped(mf::keep)};
  auto other = history_of({lenient}, rows);
  CHECK_FALSE(other(wrong, one));
  CHECK(one[0] == 0);
  CHECK(other.keys() == 1);
  std::vector<float> few(3);
  CHECK(made.replay(rows, few).error().code() == mr::errc::shape_mismatch);
  mf::table lacking;
  REQUIRE(lacking.add({.name = "amount", .numbers = {1, 2, 3}}));
  CHECK(made.replay(lacking, few).error().code() == mr::errc::type_mismatch);
}

TEST_CASE("an aggregation that is wrong is an error that names feature and column") {
  CHECK_THAT(refusal_of(windowed("x", "mode")),
             ContainsSubstring("feature \"x\": parameter \"measure\" is \"mode\"; known are count, sum, mean, "));
  for (const char* const length : {"", "0s", "1", "h", "1 h", "-1h", "1.5h", "9999999999w", "99999999999999999999ns"})
    CHECK_THAT(refusal_of(windowed("x", "sum", length)), ContainsSubstring("it should be a length of time such as"));
  CHECK_THAT(refusal_of(with(windowed("x", "sum"), "pane", "7s")), ContainsSubstring("a whole number of panes"));
  CHECK_THAT(refusal_of(with(windowed("x", "median", "1h"), "pane", "1ms")), ContainsSubstring("up to 10000"));
  CHECK_THAT(refusal_of(windowed("x", "median", "59ns")), ContainsSubstring("give \"pane\""));
  CHECK_THAT(refusal_of(windowed("x", "quantile")), ContainsSubstring("parameter \"quantile\" is needed"));
  auto outside = windowed("x", "quantile");
  outside.parameters.emplace_back("quantile", 90);
  CHECK_THAT(refusal_of(outside), ContainsSubstring("parameter \"quantile\" is 90, it should be from 0 to 1"));
  CHECK_THAT(refusal_of(with(windowed("x", "sum"), "colour", "red")),
             ContainsSubstring("aggregation has no parameter \"colour\""));
  auto bare = windowed("x", "sum");
  bare.parameters = {{"measure", "sum"}, {"window", "1h"}};
  CHECK_THAT(refusal_of(bare), ContainsSubstring("parameter \"time\" should be the name of a column"));
  auto wrong = windowed("x", "sum");
  wrong.sources = {"card"};
  CHECK(refusal_of(wrong) == "feature \"x\": aggregation reads numbers, and column \"card\" is a category column");
  wrong.sources = {"amout"};
  CHECK(refusal_of(wrong) ==
        "feature \"x\": column \"amout\" is not there; there are [card: category, amount: number, at: time]");
  wrong.sources = {"amount", "at"};
  CHECK_THAT(refusal_of(wrong), ContainsSubstring("aggregation reads one column, not 2"));
  wrong = windowed("x", "sum");
  wrong.parameters[1] = {"key", "at"};
  CHECK_THAT(refusal_of(wrong), ContainsSubstring("aggregation reads a key that is a text or a number, and column"));
  wrong.parameters[1] = {"key", "card"};
  wrong.parameters[2] = {"time", "card"};
  CHECK_THAT(refusal_of(wrong), ContainsSubstring("aggregation reads times, and column \"card\""));
  wrong = windowed("x", "sum");
  wrong.rules = {mf::unknown(mf::keep)};
  CHECK_THAT(refusal_of(wrong), ContainsSubstring("aggregation never meets a value that is unknown"));
  CHECK_THAT(refusal_of(windowed("a.b", "sum")), ContainsSubstring("a name is not empty"));
  CHECK_THAT(table_history::make({windowed("x", "sum"), windowed("x", "min")}, table_of({})).error().describe(),
             ContainsSubstring("two features have this name"));
  const auto none = table_history::make({{.name = "amount", .type = "log"}}, table_of({}));
  REQUIRE(none);
  CHECK(none->width() == 0);
  std::int64_t length = 0;
  CHECK(mf::detail::read_length("1w2d3h4m5s6ms7us8ns", length));
  CHECK(length == 788'645'006'007'008);
}

TEST_CASE("rows of keys that are there do not allocate") {
  const auto swipes = random_swipes(3000, 9);
  std::vector<mf::specification> list = all_aggregations();
  std::erase_if(list, [](const mf::specification& one) {  // sketches allocate what they hold
    return one.name == "median" || one.name == "distinct" || one.name == "median_late";
  });
  auto made = history_of(list, table_of(swipes));
  std::vector<float> out(made.width());
  for (const auto& one : swipes) CHECK_FALSE(made(cells_of(one), out));
  auto now = swipes.back();
  std::size_t allocations = 0;
  if (!support::counts_allocations) return;
  for (int i = 0; i < 300; ++i) {
    now.card = i % 2 == 0 ? "A" : "B";
    now.at.emplace(std::chrono::seconds(100'000 + 5 * i));
    const auto cells = cells_of(now);
    allocations += support::allocations_of([&] { (void)made(cells, out); });
  }
  CHECK(allocations == 0);
}

TEST_CASE("keys of a history in words are bounded") {
  auto of = history_of({windowed("sum", "sum")}, table_of({}));
  of.keep(2, 100s);
  const auto next = [&](const char* card, int at) {
    float row[1];
    CHECK_FALSE(of(cells_of({card, 1, nanos(std::chrono::seconds(at))}), row));
    return row[0];
  };
  CHECK(next("A", 0) == 0);
  CHECK(next("B", 90) == 0);
  CHECK(next("C", 95) == 0);
  CHECK(of.overflow() == 1);
  CHECK(next("C", 150) == 0);  // A is 150 seconds old
  CHECK(of.keys() == 2);
  CHECK(next("C", 151) == 1);
  CHECK(next("B", 149) == 1);
}

TEST_CASE("damaged histories in words are an error, and resealed ones an error or histories that work") {
  const auto swipes = random_swipes(25, 4);
  auto of = history_of({windowed("sum", "sum"), with(windowed("median", "median"), "pane", "30s"),
                        with(windowed("max", "max"), "lateness", "5s")},
                       table_of(swipes));
  for (const auto& one : swipes) (void)of.remember(cells_of(one));
  const auto bytes = of.save();
  for (std::size_t size = 0; size < bytes.size(); size += 7)
    CHECK_FALSE(table_history::load(std::span<const std::byte>(bytes).first(size)));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto hurt = bytes;
    hurt[i] ^= static_cast<std::byte>(1U << (i % 8));
    if (table_history::load(hurt)) FAIL("byte " << i);
    support::reseal(hurt);
    auto loaded = table_history::load(hurt);
    if (loaded && i + 4 < bytes.size()) {
      CHECK(loaded->save() == hurt);
      std::vector<float> out(loaded->width());
      (void)(*loaded)(cells_of({"A", 1, nanos(std::chrono::seconds(2'000'000))}), out);
    }
  }
}

TEST_CASE("histories in words of the first release load and go on") {
  const auto swipes = random_swipes(40, 1);
  std::vector<mf::specification> list{windowed("sum", "sum"), with(windowed("stddev", "stddev"), "lateness", "30s"),
                                      with(windowed("median", "median"), "pane", "20s")};
  auto of = history_of(list, table_of(swipes));
  for (const auto& one : swipes) (void)of.remember(cells_of(one));
  const auto bytes = support::golden("feature/table_history.bin");
  CHECK(of.save() == bytes);
  auto old = table_history::load(bytes);
  REQUIRE(old);
  float a[3];
  float b[3];
  const swipe later{"A", 3, swipes.back().at};
  CHECK_FALSE(of(cells_of(later), a));
  CHECK_FALSE((*old)(cells_of(later), b));
  CHECK(same(a, b));
}
