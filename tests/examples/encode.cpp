#include <examples/lifecycle/model/encode.hpp>

#include <examples/lifecycle/data/payments.hpp>
#include <examples/lifecycle/data/read_table.hpp>
#include <examples/lifecycle/data/split.hpp>
#include <examples/lifecycle/work/unfamiliar.hpp>
#include <support/catch.hpp>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

using namespace lifecycle;

namespace {

table read(std::string text, std::string target = {}) {
  reading how;
  how.target = std::move(target);
  auto made = read_table("t.csv", std::move(text), how);
  REQUIRE(made);
  return *std::move(made);
}

std::vector<std::size_t> all_rows(const table& of) {
  std::vector<std::size_t> rows(of.rows());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = i;
  return rows;
}

std::vector<float> encoded(const encoder& with, const table& of, std::size_t row) {
  const auto bound = with.bind(of);
  REQUIRE(bound);
  std::vector<float> out(bound->width(), -7.0F);
  (*bound)(row, out);
  return out;
}

}  // namespace

TEST_CASE("numbers are standardised by the training rows alone") {
  const table from = read("x\n1\n3\n5\n100\n");
  const std::vector<std::size_t> train{0, 1, 2};
  const encoder made = encoder::fit(from, train);
  CHECK(made.width() == 3);
  CHECK(made.columns()[0].mean == Approx(3));
  CHECK(encoded(made, from, 0)[0] == Approx(-std::sqrt(1.5)));
  CHECK(encoded(made, from, 3)[0] == 12.0F);  // far out, held in bounds
}

TEST_CASE("a number climbs one step after the other between the training rows' quantiles") {
  const table from = read("x\n1\n3\n5\n");
  const encoder made = encoder::fit(from, all_rows(from));
  REQUIRE(made.columns()[0].knots == std::vector<double>{1, 3, 5});
  const table to = read("x\n0\n1\n2\n4.5\n9\n");
  const auto steps = [&](std::size_t row) {
    const std::vector<float> all = encoded(made, to, row);
    return std::vector<float>(all.begin() + 1, all.end());
  };
  CHECK(steps(0) == std::vector<float>{0, 0});
  CHECK(steps(1) == std::vector<float>{0, 0});
  CHECK(steps(2) == std::vector<float>{.5, 0});
  CHECK(steps(3) == std::vector<float>{1, .75});
  CHECK(steps(4) == std::vector<float>{1, 1});
}

TEST_CASE("an amount that is mostly zero still has steps where it is not") {
  std::string text = "x\n";
  for (int i = 0; i < 1000; ++i) text += std::to_string(i % 20 == 0 ? i + 1 : 0) + "\n";
  const table from = read(text);
  const encoder made = encoder::fit(from, all_rows(from));
  const auto& knots = made.columns()[0].knots;
  CHECK(knots.size() > 4);
  CHECK(knots.size() <= encoder::most_steps + 1);
  CHECK(knots.front() == 0);
  CHECK(knots.back() == 981);
}

TEST_CASE("a missing number is the median and says so where training saw missing ones") {
  const table from = read("x\n1\n?\n5\n3\n");
  const encoder made = encoder::fit(from, all_rows(from));
  REQUIRE(made.width() == 4);
  CHECK(encoded(made, from, 1) == std::vector<float>{0.0F, 1.0F, 0.0F, 1.0F});
  CHECK(encoded(made, from, 3) == std::vector<float>{0.0F, 1.0F, 0.0F, 0.0F});
}

TEST_CASE("a long tail of amounts is taken to logarithms") {
  std::string text = "x\n";
  for (int i = 0; i < 200; ++i) text += std::to_string(i == 0 ? 100000 : i % 10) + "\n";
  const table from = read(text);
  const encoder made = encoder::fit(from, all_rows(from));
  CHECK(made.columns()[0].logarithm);
  const table below = read("x\n-5\n0\n");
  CHECK(encoded(made, below, 0) == encoded(made, below, 1));
}

TEST_CASE("categories are one-hot, with a place for others and one for missing") {
  const table from = read("c\na\nb\na\nb\na\n?\nrare\n");
  const encoder made = encoder::fit(from, all_rows(from));
  REQUIRE(made.columns()[0].kept == std::vector<std::string>{"a", "b"});
  CHECK(encoded(made, from, 0) == std::vector<float>{1, 0, 0, 0});
  CHECK(encoded(made, from, 1) == std::vector<float>{0, 1, 0, 0});
  CHECK(encoded(made, from, 6) == std::vector<float>{0, 0, 1, 0});
  CHECK(encoded(made, from, 5) == std::vector<float>{0, 0, 0, 1});
  const table unseen = read("c\nnever seen\nb\n");
  CHECK(encoded(made, unseen, 0) == std::vector<float>{0, 0, 1, 0});
  CHECK(encoded(made, unseen, 1) == std::vector<float>{0, 1, 0, 0});
}

TEST_CASE("cells of a kind that training never saw are counted and named") {
  std::string text = "c,x,full\n";
  for (int i = 0; i < 30; ++i)
    text += std::string(i % 2 == 0 ? "a" : "b") + ',' + std::to_string(i * i) + ",k" + std::to_string(i % 3) + "\n";
  const table from = read(text + "rare,1,k0\n");
  const encoder made = encoder::fit(from, all_rows(from));
  CHECK(made.columns()[0].rare == std::vector<std::string>{"rare"});
  CHECK(find_unfamiliar(made, from).empty());
  const table now = read("c,x,full\nnew,1,k0\na,5000,k1\nrare,-1,k2\nnewer,2,\nnew,3,k0\n");
  const auto found = find_unfamiliar(made, now);
  REQUIRE(found.size() == 3);
  CHECK(in_words(found[0], now.rows()) ==
        "column \"c\": 3 of 5 rows (60.0 %) hold 2 categories that training never saw: \"new\" (2), \"newer\" (1)");
  CHECK(in_words(found[1], now.rows()) ==
        "column \"x\": 2 of 5 rows (40.0 %) lie outside the numbers that training saw");
  CHECK(in_words(found[2], now.rows()) ==
        "column \"full\": 1 of 5 rows (20.0 %) are missing, which training never saw");
}

TEST_CASE("a missing category that training never saw counts as another one") {
  const table from = read("c\na\nb\na\nb\n");
  const encoder made = encoder::fit(from, all_rows(from));
  const table holes = read("c\n?\na\nb\n");
  CHECK(encoded(made, holes, 0) == std::vector<float>{0, 0, 1});
}

TEST_CASE("a category of many values is bounded") {
  std::string text = "c\n";
  for (int i = 0; i < 3000; ++i) text += "v" + std::to_string(i % 1000) + "\n";
  const table from = read(text);
  const encoder made = encoder::fit(from, all_rows(from));
  CHECK(made.width() == encoder::most_categories + 1);
}

TEST_CASE("dropped columns are not encoded, and a table without a column is refused by name") {
  const table from = read("x,same\n1,k\n2,k\n");
  const encoder made = encoder::fit(from, all_rows(from));
  CHECK(made.width() == 1);
  const table other = read("y\n1\n");
  REQUIRE(!made.bind(other));
  CHECK(made.bind(other).error().message() == "t.csv has no column named \"x\", which the model reads");
  const table words = read("x\na\n");
  REQUIRE(!made.bind(words));
  CHECK(made.bind(words).error().code() == mr::errc::type_mismatch);
}

TEST_CASE("a split deals out every row once, both classes in proportion, and the same for the same seed") {
  const table from = read(make_payments(20000, 3), "fraud");
  const auto parts = split_rows(from, {}, 11);
  REQUIRE(parts);
  std::set<std::size_t> seen;
  for (const auto* rows : {&parts->train, &parts->validation, &parts->holdout}) {
    seen.insert(rows->begin(), rows->end());
    std::size_t positives = 0;
    for (const std::size_t row : *rows) positives += from.target.labels[row];
    const double rate = static_cast<double>(from.target.positives) / 20000.0;
    CHECK(static_cast<double>(positives) / static_cast<double>(rows->size()) == Approx(rate).margin(0.001));
  }
  CHECK(seen.size() == 20000);
  CHECK(parts->train.size() + parts->validation.size() + parts->holdout.size() == 20000);
  CHECK(parts->holdout.size() == 5000);
  CHECK(split_rows(from, {}, 11)->holdout == parts->holdout);
  CHECK(split_rows(from, {}, 12)->holdout != parts->holdout);
}

TEST_CASE("a class of too few rows for a split is refused") {
  std::string text = "x,y\n";
  for (int i = 0; i < 50; ++i) text += std::to_string(i * i) + (i < 4 ? ",yes\n" : ",no\n");
  const auto parts = split_rows(read(text, "y"), {}, 1);
  REQUIRE(!parts);
  CHECK(parts.error().message().find("is \"yes\" in only 4 rows") != std::string::npos);
}

TEST_CASE("payments are seeded, parse as a table, and about 1.5 % of them are fraud") {
  const std::string text = make_payments(40000, 1);
  CHECK(text == make_payments(40000, 1));
  CHECK(text != make_payments(40000, 2));
  const table made = read(text, std::string(payments_target));
  CHECK(made.rows() == 40000);
  CHECK(made.target.positive == "yes");
  CHECK(static_cast<double>(made.target.positives) / 40000.0 == Approx(0.015).margin(0.002));
  CHECK(made.columns[0].dropped == "nearly every cell is different, like an identifier");
  CHECK(std::count_if(made.columns.begin(), made.columns.end(), [](const column& c) { return c.dropped.empty(); }) ==
        13);
}

TEST_CASE("for trees a row is a number a column: as it is, missing as NaN, categories by their places") {
  const table from = read("x,c\n1,a\n?,b\n5,a\n7,b\n9,rare\n3,?\n");
  const encoder made = encoder::fit(from, all_rows(from));
  const auto bound = made.bind(from);
  REQUIRE(bound);
  REQUIRE(bound->plain_width() == 2);
  const auto plain = [&](std::size_t row) {
    std::vector<float> out(2);
    bound->plain(row, out);
    return out;
  };
  CHECK(plain(0) == std::vector<float>{1, 0});
  CHECK(std::isnan(plain(1)[0]));
  CHECK(plain(4) == std::vector<float>{9, 2});
  CHECK(std::isnan(plain(5)[1]));
  CHECK(made.categories() == std::vector<std::size_t>{1});
  CHECK(made.places(true)[1].first == 1);
  CHECK(made.places(false)[1].first == made.columns()[0].width());
}

TEST_CASE("a sample keeps the classes' proportions, and some of the rarest") {
  std::string text = "x,y\n";
  for (int i = 0; i < 2000; ++i)
    text += std::to_string(i * i) + (i % 400 == 0 ? ",rare\n" : i % 2 == 0 ? ",a\n" : ",b\n");
  const table from = read(text, "y");
  const auto rows = sample_rows(from.target, all_rows(from), 200, 3, 1);
  std::vector<std::size_t> sizes(3);
  for (const std::size_t row : rows) ++sizes[from.target.labels[row]];
  CHECK(sizes == std::vector<std::size_t>{100, 100, 3});
  CHECK(sample_rows(from.target, all_rows(from), 200, 3, 1) == rows);
  CHECK(sample_rows(from.target, all_rows(from), 5000, 3, 1).size() == 2000);
}
