#include <millrace/feature/specification/specifications_of.hpp>

#include <millrace/feature/specification/table_features.hpp>

#include <support/catch.hpp>
#include <support/feature_tables.hpp>

#include <cstring>
#include <string>
#include <vector>

namespace mf = millrace::feature;

namespace {

/// The columns that a table has of what transforms of the same names read.
const mf::parameter* found(const mf::specification& of, const char* name) {
  for (const mf::parameter& one : of.parameters)
    if (one.name == name) return &one;
  return nullptr;
}

struct halved {
  static constexpr std::string_view kind = "halved";
  static constexpr std::size_t width = 1;
  void write(double x, std::span<float> out) const noexcept { out[0] = static_cast<float>(x / 2); }
};

}  // namespace

TEST_CASE("the transforms of a type say in words what those of a list say") {
  const auto orders = support::random_orders(500, 3);
  auto typed = support::all_features();
  REQUIRE(typed.fit(std::span<const support::order>(orders)));
  const auto table = support::table_of(orders);
  auto listed = mf::table_features::make(support::all_specifications(), table).value();
  REQUIRE(listed.fit(table));
  const auto of_type = mf::specifications_of(typed);
  const auto of_list = listed.fitted_specifications();
  REQUIRE(of_type.size() == of_list.size());
  for (std::size_t i = 0; i < of_type.size(); ++i) {
    INFO(of_type[i].name);
    CHECK(of_type[i].name == of_list[i].name);
    CHECK(of_type[i].type == of_list[i].type);
    CHECK(of_type[i].sources.empty());
    CHECK(of_type[i].parameters == of_list[i].parameters);
    REQUIRE(of_type[i].rules.size() == of_list[i].rules.size());
    for (std::size_t k = 0; k < of_type[i].rules.size(); ++k) {
      CHECK(of_type[i].rules[k].about == of_list[i].rules[k].about);
      CHECK(of_type[i].rules[k].then == of_list[i].rules[k].then);
      CHECK(of_type[i].rules[k].value == of_list[i].rules[k].value);
    }
  }
  const auto columns = mf::columns_of(typed);
  REQUIRE(columns.size() == of_type.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    INFO(columns[i].name);
    const mf::column* const read = table.find(of_list[i].sources[0]);
    REQUIRE(read != nullptr);
    const bool texts = columns[i].kind == mf::column_kind::text || columns[i].kind == mf::column_kind::category;
    CHECK((columns[i].kind == read->kind ||
           (texts && (read->kind == mf::column_kind::text || read->kind == mf::column_kind::category))));
  }
}

TEST_CASE("a transform of one's own has its kind for a word") {
  const auto made = mf::features<support::order>(mf::own<"half">(&support::order::amount, halved()));
  const auto words = mf::specifications_of(made);
  REQUIRE(words.size() == 1);
  CHECK(words[0].type == "halved");
  CHECK(words[0].parameters.empty());
  CHECK(mf::columns_of(made)[0].kind == mf::column_kind::number);
}

TEST_CASE("a list with all that was fitted needs no fit, and gives the same bits") {
  const auto orders = support::random_orders(400, 5);
  const auto table = support::table_of(orders);
  auto listed = mf::table_features::make(support::all_specifications(), table).value();
  REQUIRE(listed.fit(table));
  const auto words = listed.fitted_specifications();
  CHECK(found(words[4], "mean") != nullptr);
  CHECK(found(words[11], "with")->numbers.size() == 1);
  const auto again = mf::table_features::make(words, table);
  REQUIRE(again);
  REQUIRE(again->fitted());
  CHECK(again->names() == listed.names());
  std::vector<float> expected(table.rows() * listed.width());
  std::vector<float> rows(expected.size());
  REQUIRE(listed(table, expected));
  REQUIRE((*again)(table, rows));
  CHECK(std::memcmp(rows.data(), expected.data(), rows.size() * sizeof(float)) == 0);
}

TEST_CASE("impute takes a number") {
  const std::vector<mf::declared_column> columns{{"age", mf::column_kind::number}};
  const auto made =
      mf::table_features::make({{.name = "age", .type = "impute", .parameters = {{"with", 40}}}}, columns);
  REQUIRE(made);
  float row[2];
  const mf::named_cell missing[] = {{"age", mf::cell()}};
  CHECK_FALSE((*made)(missing, row));
  CHECK(row[0] == 40);
}
