#include <millrace/feature/specification/table_features.hpp>

#include <millrace/aggregate/members/sketch_members.hpp>
#include <millrace/feature.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/envelope.hpp>
#include <support/feature_tables.hpp>
#include <support/features.hpp>
#include <support/golden.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mf = millrace::feature;
using mf::table_features;
using support::cells_of;
using support::random_orders;
using support::table_of;

namespace {

/// Whether two rows have the same bits, of NaN too.
bool same_bits(std::span<const float> a, std::span<const float> b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::bit_cast<std::uint32_t>(a[i]) != std::bit_cast<std::uint32_t>(b[i])) return false;
  return true;
}
table_features fitted_on(const mf::table& rows) {
  auto made = table_features::make(support::all_specifications(), rows);
  REQUIRE(made);
  REQUIRE(made->fit(rows));
  return *made;
}
std::vector<float> rows_of(const table_features& set, const mf::table& rows) {
  std::vector<float> out(rows.rows() * set.width(), -99);
  REQUIRE(set(rows, out));
  return out;
}
std::string refusal_of(const std::vector<mf::specification>& list, const mf::table& rows) {
  const auto made = table_features::make(list, rows);
  REQUIRE_FALSE(made);
  CHECK(made.error().code() == millrace::errc::invalid_argument);
  return made.error().describe();
}

}  // namespace

TEST_CASE("every transform in words gives the bits of the same transform as a type") {
  for (const unsigned seed : {1U, 2U, 3U, 4U, 5U}) {
    const auto history = random_orders(200 * seed, seed);
    const auto later = random_orders(150, seed + 100);
    auto typed = support::all_features();
    REQUIRE(typed.fit(history));
    const auto words = fitted_on(table_of(history));
    REQUIRE(words.width() == typed.width);
    CHECK(words.names() == typed.names());
    std::vector<float> expected(later.size() * typed.width);
    decltype(typed)::counts typed_met{};
    REQUIRE(typed(later, expected, typed_met));
    std::vector<float> found(expected.size());
    std::vector<mf::trouble_counts> met(words.size());
    REQUIRE(words(table_of(later), found, met));
    CHECK(same_bits(found, expected));
    for (std::size_t i = 0; i < met.size(); ++i) CHECK(met[i] == typed_met[i]);
    for (std::size_t i = 0; i < later.size(); ++i) {
      std::vector<float> row(words.width(), -99);
      CHECK_FALSE(words(cells_of(later[i]), row));
      CHECK(same_bits(row, std::span(expected).subspan(i * words.width(), words.width())));
    }
  }
}

TEST_CASE("a row of a table gives the same bits alone, in any batch, and after saving and loading") {
  const auto rows = table_of(random_orders(100, 9));
  const auto set = fitted_on(rows);
  const auto all = rows_of(set, rows);
  const auto loaded = table_features::load(set.save());
  REQUIRE(loaded);
  CHECK(loaded->save() == set.save());
  CHECK(loaded->schema() == set.schema());
  CHECK(loaded->names() == set.names());
  CHECK(same_bits(rows_of(*loaded, rows), all));
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    std::vector<float> row(set.width() + 1, -99);
    REQUIRE(set(rows, i, std::span(row).first(set.width())));
    CHECK(same_bits(std::span(row).first(set.width()), std::span(all).subspan(i * set.width(), set.width())));
    CHECK(row.back() == -99);
  }
}

TEST_CASE("features of a table are copied with what they learnt, and fit anew without a trace") {
  const auto rows = table_of(random_orders(60, 3));
  auto set = fitted_on(rows);
  const table_features copy = set;
  const auto other = table_of(random_orders(60, 4));
  REQUIRE(set.fit(other));
  CHECK(set.save() == fitted_on(other).save());
  CHECK(copy.save() == fitted_on(rows).save());
}

TEST_CASE("transforming named cells, a row and a table does not allocate") {
  const auto orders = random_orders(70, 2);
  const auto rows = table_of(orders);
  const auto set = fitted_on(rows);
  const auto cells = cells_of(orders[0]);
  std::vector<float> out(rows.rows() * set.width());
  const std::span<float> one = std::span(out).first(set.width());
  STATIC_REQUIRE(noexcept(set(cells, one)));
  if (support::counts_allocations) {
    CHECK(support::allocations_of([&] { (void)set(cells, one); }) == 0);
    CHECK(support::allocations_of([&] { (void)set(rows, 5, one); }) == 0);
    CHECK(support::allocations_of([&] { (void)set(rows, out); }) == 0);
  }
}

TEST_CASE("a list that is wrong is an error that names feature and column") {
  const auto rows = table_of(random_orders(5, 1));
  const auto one = [&](mf::specification wrong) { return refusal_of({std::move(wrong)}, rows); };
  CHECK_THAT(one({.name = "x", .type = "standardise", .sources = {"age"}}),
             ContainsSubstring("feature \"x\": type \"standardise\" is not known; known are numerical, log, log1p, ") &&
                 ContainsSubstring("standardize, min_max (normalize)"));
  CHECK(one({.name = "amout", .type = "log"}) ==
        "feature \"amout\": column \"amout\" is not there; there are [amount: number, age: number, country: category, "
        "device: category, note: text, at: time]");
  CHECK(one({.name = "country", .type = "log"}) ==
        "feature \"country\": log reads numbers, and column \"country\" is a category column");
  CHECK(one({.name = "age", .type = "one_hot"}) ==
        "feature \"age\": one_hot reads categories, and column \"age\" is a number column");
  CHECK_THAT(one({.name = "at", .type = "ngrams", .parameters = {{"length", 1}, {"columns", 1}}}),
             ContainsSubstring("ngrams reads texts"));
  CHECK_THAT(one({.name = "age", .type = "temporal"}), ContainsSubstring("temporal reads times"));
  CHECK_THAT(one({.name = "a.b", .type = "log", .sources = {"age"}}), ContainsSubstring("a name is not empty"));
  CHECK_THAT(refusal_of({}, rows), ContainsSubstring("no specification"));
  CHECK_THAT(refusal_of({{.name = "age", .type = "log"}, {.name = "age", .type = "log1p"}}, rows),
             ContainsSubstring("two features have this name"));
  CHECK_THAT(one({.name = "x", .type = "cross", .sources = {"country"}, .parameters = {{"columns", 4}}}),
             ContainsSubstring("cross reads two or three columns, not 1"));
  CHECK_THAT(one({.name = "x", .type = "log", .sources = {"age", "amount"}}), ContainsSubstring("one column, not 2"));
}

TEST_CASE("a parameter that is unknown, missing or impossible is named") {
  const auto rows = table_of(random_orders(5, 1));
  const auto wrong = [&](const char* type, const char* column, std::vector<mf::parameter> parameters) {
    return refusal_of({{.name = "x", .type = type, .sources = {column}, .parameters = std::move(parameters)}}, rows);
  };
  CHECK(wrong("clip", "age", {{"low", 0}, {"hi", 3}}) == "feature \"x\": parameter \"high\" is needed");
  CHECK(wrong("clip", "age", {{"low", 0}, {"high", 3}, {"hi", 3}}) ==
        "feature \"x\": clip has no parameter \"hi\"; it has min, max, low, high");
  CHECK(wrong("log", "age", {{"base", 2}}) == "feature \"x\": log has no parameter \"base\"");
  CHECK_THAT(wrong("clip", "age", {{"low", 4}, {"high", 3}}), ContainsSubstring("the lower bound is above"));
  CHECK_THAT(wrong("clip", "age", {{"low", "4"}, {"high", 3}}),
             ContainsSubstring("parameter \"low\" should be a finite number"));
  CHECK_THAT(wrong("clip", "age", {{"low", 1}, {"low", 2}, {"high", 3}}), ContainsSubstring("given twice"));
  CHECK_THAT(wrong("standardize", "age", {{"mean", 0}}), ContainsSubstring("parameter \"stddev\" is needed"));
  CHECK_THAT(wrong("standardize", "age", {{"mean", 0}, {"stddev", 0}}), ContainsSubstring("above 0"));
  CHECK_THAT(wrong("bucket", "age", {}), ContainsSubstring("parameter \"edges\" is needed, or \"quantiles\""));
  CHECK_THAT(wrong("bucket", "age", {{"edges", 1}, {"quantiles", 3}}), ContainsSubstring("both given"));
  for (const double count : {1.0, 2.5, 1001.0, -1.0})
    CHECK_THAT(wrong("bucket", "age", {{"quantiles", count}}), ContainsSubstring("a whole number from 2 to 1000"));
  CHECK_THAT(wrong("bucket", "age", {{"edges", {1, std::numeric_limits<double>::infinity()}}}),
             ContainsSubstring("should be finite numbers"));
  CHECK_THAT(wrong("impute", "age", {{"with", "mode"}}), ContainsSubstring("mean, median, min, max or a number"));
  CHECK_THAT(wrong("one_hot", "country", {{"categories", {"DE", ""}}}), ContainsSubstring("none is empty"));
  CHECK_THAT(wrong("categorical", "country", {{"categories", {"DE"}}, {"most", 3}}), ContainsSubstring("both given"));
  CHECK_THAT(wrong("categorical", "country", {{"most", 16'777'216.0}}), ContainsSubstring("from 1 to 16777215"));
  CHECK_THAT(wrong("hashed", "country", {}), ContainsSubstring("parameter \"columns\" is needed"));
  CHECK_THAT(wrong("hashed", "country", {{"columns", 65'537}}), ContainsSubstring("from 1 to 65536"));
  CHECK_THAT(wrong("ngrams", "note", {{"length", 9}, {"columns", 4}}), ContainsSubstring("from 1 to 8"));
  CHECK_THAT(wrong("temporal", "at", {{"parts", {"hour", "minute"}}}), ContainsSubstring("\"minute\"; known are hour"));
  CHECK_THAT(wrong("temporal", "at", {{"parts", {"hour", "hour"}}}), ContainsSubstring("twice"));
}

TEST_CASE("rules that contradict, never apply or cannot be are refused") {
  const auto rows = table_of(random_orders(5, 1));
  const auto with = [&](const char* type, const char* column, std::vector<mf::specified_rule> rules) {
    return refusal_of({{.name = "x", .type = type, .sources = {column}, .rules = std::move(rules)}}, rows);
  };
  CHECK(with("log", "age", {mf::unknown(mf::flag)}) == "feature \"x\": log never meets a value that is unknown");
  CHECK_THAT(with("one_hot", "country", {mf::outside(mf::keep)}), ContainsSubstring("outside"));
  CHECK_THAT(with("missing_flag", "age", {mf::mistyped(mf::keep)}), ContainsSubstring("mistyped"));
  CHECK_THAT(with("log", "age", {mf::missing(mf::flag), mf::missing(mf::keep)}),
             ContainsSubstring("two rules are about values that are missing"));
  CHECK_THAT(with("log", "age", {{mf::trouble::none, mf::reaction::keep}}), ContainsSubstring("no trouble"));
  CHECK_THAT(with("log", "age", {{mf::trouble::missing, mf::reaction::as_missing}}), ContainsSubstring("no trouble"));
}

TEST_CASE("a table that lacks a column or has it of another kind is an error that lists both sides") {
  const auto full = table_of(random_orders(20, 1));
  auto made = table_features::make(
      {{.name = "amount", .type = "standardize"}, {.name = "country", .type = "categorical"}}, full);
  REQUIRE(made);
  REQUIRE(made->fit(full));
  const auto loaded = table_features::load(made->save());
  REQUIRE(loaded);
  mf::table other;
  REQUIRE(other.add({.name = "country", .kind = mf::column_kind::category, .codes = {0}, .texts = {"DE"}}));
  REQUIRE(other.add({.name = "price", .numbers = {1}}));
  std::vector<float> out(2);
  auto done = (*loaded)(other, out);
  REQUIRE_FALSE(done);
  CHECK(done.error().code() == millrace::errc::type_mismatch);
  CHECK(done.error().describe() ==
        "column \"amount\" is not there: the features read [amount: number, country: category], the table has "
        "[country: category, price: number]");
  CHECK_FALSE(made->fit(other));
  REQUIRE(other.add({.name = "amount", .kind = mf::column_kind::time, .times = {0}}));
  done = (*loaded)(other, 0, out);
  REQUIRE_FALSE(done);
  CHECK_THAT(done.error().describe(), ContainsSubstring("column \"amount\" is of another kind"));
}

TEST_CASE("a table's column without any value may be of any kind") {
  const auto full = table_of(random_orders(20, 1));
  auto made = table_features::make({{.name = "amount", .type = "numerical"},
                                    {.name = "country", .type = "one_hot", .parameters = {{"categories", {"DE"}}}}},
                                   full);
  REQUIRE(made);
  REQUIRE(made->fit(full));
  // As a reader makes it of empty cells.
  const auto asked = [&](std::vector<double> countries) {
    mf::table batch;
    REQUIRE(batch.add({.name = "amount", .numbers = {1, 2}}));
    REQUIRE(batch.add({.name = "country", .numbers = std::move(countries)}));
    std::vector<float> out(2 * made->width());
    const auto done = (*made)(batch, out);
    return done ? out : std::vector<float>();
  };
  const auto out = asked({support::no_number, support::no_number});
  REQUIRE(out.size() == 2 * made->width());
  CHECK(out[0] == 1);
  CHECK(out[made->width()] == 2);
  CHECK(asked({support::no_number, 3}).empty());
}

TEST_CASE("a cell that no feature reads, and a column without a cell, are found by name") {
  const auto rows = table_of(random_orders(40, 6));
  const auto made =
      table_features::make({{.name = "amount", .type = "numerical"}, {.name = "age", .type = "numerical"}}, rows);
  REQUIRE(made);
  using cells = std::vector<mf::named_cell>;
  CHECK(made->check_names(cells{{"age", 3}, {"amount", {}}, {"other", 1}}));
  const auto says = [&](const cells& row) { return made->check_names(row).error().message(); };
  CHECK(says({{"ages", 3}, {"ammount", 7}}) ==
        "no cell is called \"amount\"; the nearest that no feature reads is \"ammount\"; none is called \"age\"; the "
        "nearest that no feature reads is \"ages\"");
  CHECK(says({{"amount", 3}, {"page", 1}, {"ages and more", 7}}) ==
        "no cell is called \"age\"; the nearest that no feature reads is \"page\"");
  CHECK(says({{"amount", 3}}) == "no cell is called \"age\"");
  CHECK(says({}) == "no cell is called \"amount\"; none is called \"age\"");
  CHECK(says({{"aga", 3}, {"ammount", 7}}) ==
        "no cell is called \"amount\"; the nearest that no feature reads is \"ammount\"; none is called \"age\"; the "
        "nearest that no feature reads is \"aga\"");
  CHECK(made->check_names(cells{}).error().code() == millrace::errc::not_found);
  CHECK(mf::detail::letters_apart("", "abc") == 3);
  CHECK(mf::detail::letters_apart("kitten", "sitting") == 3);
  CHECK(mf::detail::letters_apart("same", "same") == 0);
}

TEST_CASE("columns are found by name in any order, and a text column reads as a category does") {
  const auto full = table_of(random_orders(40, 6));
  const auto set = fitted_on(full);
  mf::table shuffled;
  for (const std::size_t i : {5U, 2U, 0U, 4U, 3U, 1U}) {
    mf::column one = full[i];
    if (one.name == "device") {
      one.kind = mf::column_kind::text;
      for (std::size_t row = 0; row < one.codes.size(); ++row) one.codes[row] = full[i].codes[row];
    }
    REQUIRE(shuffled.add(std::move(one)));
  }
  CHECK(same_bits(rows_of(set, shuffled), rows_of(set, full)));
}

TEST_CASE("named cells may come in any order, be absent, or be of another kind") {
  const auto rows = table_of(random_orders(40, 6));
  auto made = table_features::make({{.name = "amount", .type = "numerical"},
                                    {.name = "age", .type = "numerical", .rules = {mf::mistyped(mf::flag(5))}},
                                    {.name = "country", .type = "one_hot", .parameters = {{"categories", {"DE"}}}}},
                                   rows);
  REQUIRE(made);
  std::vector<float> out(made->width());
  CHECK_FALSE((*made)({{{"country", "DE"}, {"other", 7}, {"age", 3}, {"amount", 2.5}}}, out));
  CHECK(out == std::vector<float>{2.5, 3, 0, 1});
  CHECK_FALSE((*made)({{{"age", true}}}, out));
  CHECK(out[0] != out[0]);
  CHECK(out[1] == 1);
  std::vector<mf::trouble_counts> met(made->size());
  CHECK_FALSE((*made)({{{"amount", 1}, {"age", "old"}}}, out, met));
  CHECK(out == std::vector<float>{1, 5, 1, 0});
  CHECK(met[1].mistyped == 1);
  CHECK(made->name(2) == "age.mistyped");
  const auto refused = (*made)({{{"amount", "12"}, {"country", 3}}}, out);
  CHECK(refused.column == "amount");
  CHECK(refused.why == mf::trouble::mistyped);
}

TEST_CASE("a refused row of a table is named with its line, and the rows before it are there") {
  auto rows = table_of(random_orders(50, 8));
  mf::column amount = *rows.find("amount");
  for (std::size_t i = 0; i < 50; ++i) amount.numbers[i] = static_cast<double>(i) - 5;
  for (double& x : amount.numbers) x = x < 0 ? 7 : 40 - x;
  mf::table made;
  REQUIRE(made.add(std::move(amount)));
  std::vector<std::size_t> lines(50);
  for (std::size_t i = 0; i < 50; ++i) lines[i] = i + 2;
  made.set_lines(lines);
  const auto set =
      table_features::make({{.name = "a", .type = "numerical", .sources = {"amount"}},
                            {.name = "b", .type = "log", .sources = {"amount"}, .rules = {mf::outside(mf::refuse)}}},
                           made);
  REQUIRE(set);
  std::vector<float> out(100, -99);
  const auto done = (*set)(made, out);
  REQUIRE_FALSE(done);
  CHECK(done.error().code() == millrace::errc::invalid_data);
  CHECK(done.error().describe() == "features: row 45 (line 47), column \"b\": the value is outside");
  CHECK(out[2 * 44] == 1);
}

TEST_CASE("room that is not right, and features that are not fitted, are refused") {
  const auto rows = table_of(random_orders(10, 1));
  const auto set = fitted_on(rows);
  for (const std::size_t size : {std::size_t{0}, set.width() * 10 - 1, set.width() * 11}) {
    std::vector<float> out(size);
    CHECK(set(rows, out).error().code() == millrace::errc::shape_mismatch);
  }
  std::vector<float> out(set.width() * 10);
  std::vector<mf::trouble_counts> few(3);
  CHECK(set(rows, out, few).error().code() == millrace::errc::shape_mismatch);
  auto raw = table_features::make({{.name = "age", .type = "standardize"}}, rows);
  REQUIRE(raw);
  CHECK_FALSE(raw->fitted());
  std::vector<float> ten(10);
  CHECK(((*raw)(rows, ten)).error().code() == millrace::errc::invalid_argument);
  const auto back = table_features::load(raw->save());
  REQUIRE(back);
  CHECK_FALSE(back->fitted());
  CHECK(raw->fit(mf::table()).error().code() == millrace::errc::type_mismatch);
  CHECK(raw->fit(raw->learn()).error().code() == millrace::errc::invalid_argument);
}

TEST_CASE("one_hot without categories learns them, and has its columns then") {
  const auto rows = table_of(random_orders(100, 5));
  auto made = table_features::make({{.name = "country", .type = "onehot"}, {.name = "age", .type = "impute"}}, rows);
  REQUIRE(made);
  CHECK(made->width() == 1);
  REQUIRE(made->fit(rows));
  CHECK(made->width() == 6);
  CHECK(made->name(0) == "country=BR");
  CHECK(made->name(5) == "age");
  const auto back = table_features::load(made->save());
  REQUIRE(back);
  CHECK(back->names() == made->names());
  auto few = table_features::make({{.name = "country", .type = "onehot", .parameters = {{"most", 4}}}}, rows);
  REQUIRE(few);
  CHECK(few->fit(rows).error().describe() ==
        "feature \"country\": more categories than its `most` allows among 100 rows");
  CHECK(few->width() == 0);
}

TEST_CASE("text in words stands for its length and its words") {
  const auto rows = table_of(random_orders(10, 5));
  const auto made = table_features::make({{.name = "note", .type = "text"}}, rows);
  REQUIRE(made);
  CHECK(made->names() == std::vector<std::string>{"note_length", "note_words"});
}

TEST_CASE("rows that come one by one fit as a table of them does") {
  const auto orders = random_orders(100, 12);
  const auto rows = table_of(orders);
  auto made = table_features::make(support::all_specifications(), rows);
  REQUIRE(made);
  auto seen = made->learn();
  for (const auto& one : orders) seen.update(cells_of(one));
  CHECK(seen.count() == 100);
  REQUIRE(made->fit(seen));
  CHECK(made->save() == fitted_on(rows).save());
  const auto other = table_features::make({{.name = "age", .type = "impute"}}, rows);
  REQUIRE(other);
  CHECK(made->fit(other->learn()).error().code() == millrace::errc::invalid_argument);
}

TEST_CASE("table features of the first release load and mean what they meant") {
  const auto rows = table_of(random_orders(100, 1));
  const auto set = fitted_on(rows);
  const auto bytes = support::golden("feature/table_features.bin");
  CHECK(set.save() == bytes);
  const auto old = table_features::load(bytes);
  REQUIRE(old);
  CHECK(old->save() == bytes);
  CHECK(same_bits(rows_of(*old, rows), rows_of(set, rows)));
}

TEST_CASE("damaged table features are an error, and resealed ones an error or features that work") {
  const auto rows = table_of(random_orders(30, 1));
  const auto bytes = fitted_on(rows).save();
  for (std::size_t size = 0; size < bytes.size(); size += 7)
    CHECK_FALSE(table_features::load(std::span<const std::byte>(bytes).first(size)));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto hurt = bytes;
    hurt[i] ^= static_cast<std::byte>(1U << (i % 8));
    if (table_features::load(hurt)) FAIL("byte " << i);
    support::reseal(hurt);
    const auto loaded = table_features::load(hurt);
    if (loaded && i + 4 < bytes.size()) {
      CHECK(loaded->save() == hurt);
      std::vector<float> out(rows.rows() * loaded->width());
      (void)(*loaded)(rows, out);
    }
  }
}

TEST_CASE("learners of parts of a table are merged, and those of other features are not") {
  const auto orders = random_orders(600, 21);
  const auto set = fitted_on(table_of(orders));
  auto made = table_features::make(support::all_specifications(), table_of(orders));
  REQUIRE(made);
  auto first = made->learn();
  auto second = made->learn();
  REQUIRE(first.update(table_of({orders.begin(), orders.begin() + 250})));
  REQUIRE(second.update(table_of({orders.begin() + 250, orders.end()})));
  REQUIRE(first.merge(second));
  CHECK(first.count() == 600);
  REQUIRE(made->fit(first));
  const auto expected = rows_of(set, table_of(orders));
  const auto found = rows_of(*made, table_of(orders));
  for (std::size_t i = 0; i < found.size(); ++i)
    if (expected[i] == expected[i]) CHECK(found[i] == Approx(expected[i]).epsilon(1e-6).margin(1e-6));
  const auto other = table_features::make({{.name = "age", .type = "impute"}}, table_of(orders));
  REQUIRE(other);
  CHECK(first.merge(other->learn()).error().code() == millrace::errc::type_mismatch);
}

TEST_CASE(
    "a million categories are refused by name where fewer are allowed, and random unknown ones have their place") {
  mf::column ids{.name = "id", .kind = mf::column_kind::category};
  for (std::uint32_t i = 0; i < 1'000'001; ++i) {
    ids.codes.push_back(i);
    ids.texts.push_back(std::to_string(i));
  }
  mf::table rows;
  REQUIRE(rows.add(std::move(ids)));
  auto codes = table_features::make({{.name = "id", .type = "categorical"}}, rows);
  REQUIRE(codes);
  CHECK(codes->fit(rows).error().describe() ==
        "feature \"id\": more categories than its `most` allows among 1000001 rows");
  auto some = table_features::make(
      {{.name = "id", .type = "one_hot", .parameters = {{"categories", {"7", "8"}}}},
       {.name = "code", .type = "categorical", .sources = {"id"}, .parameters = {{"categories", {"7", "8"}}}}},
      rows);
  REQUIRE(some);
  std::mt19937_64 draw(1);
  std::vector<float> row(3);
  std::vector<mf::trouble_counts> met(2);
  for (int i = 0; i < 1000; ++i) {
    std::string word;
    for (std::uint64_t length = draw() % 40; word.size() < length;) word += static_cast<char>(draw() % 256);
    const std::vector<mf::named_cell> cells{{"id", word}};
    CHECK_FALSE((*some)(cells, row, met));
    if (word != "7" && word != "8")
      CHECK((row[0] == 0 && row[1] == 0 && (word.empty() ? row[2] != row[2] : row[2] == 0)));
  }
  CHECK(met[0].unknown + met[0].missing >= 998);
}

TEST_CASE("constants, tiny scales and heavy ties of a table are what they are in a type") {
  const auto fit_alone = [](std::vector<double> numbers, mf::specification one) {
    mf::table rows;
    REQUIRE(rows.add({.name = "x", .numbers = std::move(numbers)}));
    auto made = table_features::make({std::move(one)}, rows);
    REQUIRE(made);
    REQUIRE(made->fit(rows));
    return rows_of(*made, rows);
  };
  const mf::specification scaled{.name = "x", .type = "standardize"};
  for (const float x : fit_alone(std::vector<double>(700, 14.62), scaled)) CHECK(x == 0);
  for (const float x : fit_alone(std::vector<double>(700, -11.512925464970229), scaled)) CHECK(x == 0);
  CHECK(fit_alone({1e-300, 3e-300}, scaled) == std::vector<float>{-1, 1});
  const mf::specification thirds{.name = "x", .type = "bucket", .parameters = {{"quantiles", 3}}};
  const auto tied = fit_alone({0, 0, 0, 0, 0, 1, 1, 1, 2, 3}, thirds);
  CHECK(tied.front() == 0);
  CHECK(tied.back() == 2);
  for (std::size_t i = 1; i < tied.size(); ++i) CHECK(tied[i - 1] <= tied[i]);
  const auto two = fit_alone({5, 5, 9, 9}, thirds);
  CHECK(two[0] == two[1]);
  CHECK(two[2] == two[3]);
  CHECK(two[0] < two[2]);
}

TEST_CASE("of two cells of one name counts the one in its place, else the first") {
  const std::vector<mf::declared_column> columns{{"a", mf::column_kind::number}, {"b", mf::column_kind::number}};
  auto made = mf::table_features::make(
      {{.name = "a", .type = "numerical", .sources = {"a"}}, {.name = "b", .type = "numerical", .sources = {"b"}}},
      columns);
  REQUIRE(made);
  const auto row_of = [&](const std::vector<mf::named_cell>& cells) {
    std::vector<float> out(2);
    CHECK_FALSE((*made)(cells, out));
    return out;
  };
  CHECK(row_of({{"a", 1.0}, {"b", 2.0}}) == std::vector<float>{1, 2});
  CHECK(row_of({{"a", 1.0}, {"b", 2.0}, {"b", 3.0}, {"a", 4.0}}) == std::vector<float>{1, 2});
  CHECK(row_of({{"b", 1.0}, {"b", 2.0}, {"a", 3.0}, {"a", 4.0}}) == std::vector<float>{3, 2});
  CHECK(row_of({{"x", 1.0}, {"a", 2.0}, {"b", 3.0}, {"b", 4.0}, {"a", 5.0}}) == std::vector<float>{2, 3});
}
