#include <millrace/connect/databricks/statement.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;
namespace db = millrace::connect::databricks;

namespace {

enum class colour { red, green };

std::string markers_of(std::string_view sql) {
  std::string made;
  db::detail::sql_markers markers(sql);
  for (std::string_view each = markers.next(); !each.empty(); each = markers.next()) made += std::string(each) + ' ';
  return made;
}

db::sql_parameter first_of(const db::statement& of) { return of.parameters().at(0); }

template <class T>
db::sql_parameter bound(const T& value) {
  return first_of(db::sql<"SELECT :x">(db::bind<"x">(value)));
}

}  // namespace

template <>
struct millrace::connect::databricks::sql_binding<colour> {
  static std::string type(colour) { return "STRING"; }
  static std::string text(colour value) { return value == colour::red ? "red" : "green"; }
};

TEST_CASE("databricks: the markers of a statement are found, and nothing in texts and comments") {
  CHECK(markers_of("SELECT :a, :b_2,:c") == "a b_2 c ");
  CHECK(markers_of(":a") == "a ");
  CHECK(markers_of("") == "");
  CHECK(markers_of("SELECT ':a', \":b\", `:c`, :d") == "d ");
  CHECK(markers_of("SELECT 'it''s :a', 'a\\' :b', :c") == "c ");
  CHECK(markers_of("SELECT r'\\', :a, R'\\', ':b', car'x\\' :c'") == "a ");
  CHECK(markers_of("SELECT `a\\`, :b") == "b ");
  CHECK(markers_of("SELECT 1 -- :a\n, :b") == "b ");
  CHECK(markers_of("SELECT 1 /* :a /* :b */ :c */ , :d") == "d ");
  CHECK(markers_of("SELECT a::int, :b::double") == "b ");
  CHECK(markers_of("SELECT raw:owner, f(x):y, a[0]:z, `q`:w, raw : v") == "");
  CHECK(markers_of("SELECT x FROM t WHERE a = ? AND b ?:: int = :c") == "? c ");
  for (const char* open : {"SELECT ':a", "SELECT \"", "SELECT `x", "SELECT /* :a", "SELECT /*/", "--", "SELECT '\\",
                           ":", ":1", "?:", "/*"})
    CHECK(markers_of(open) == (std::string_view(open) == "?:" ? "? " : ""));
}

TEST_CASE("databricks: a statement is a literal and the values of its parameters") {
  const auto made = db::sql<"SELECT id FROM IDENTIFIER(:table) WHERE score >= :least AND :table <> 'x'">(
      db::bind<"least">(0.9), db::bind<"table">("main.ml.scores"));
  CHECK(made.text() == "SELECT id FROM IDENTIFIER(:table) WHERE score >= :least AND :table <> 'x'");
  CHECK(made.parameters() ==
        std::vector<db::sql_parameter>{{"least", "DOUBLE", "0.9"}, {"table", "STRING", "main.ml.scores"}});
  CHECK(db::sql<"SELECT 1">().parameters().empty());
}

TEST_CASE("databricks: each type is bound as the SQL type that holds all of its values") {
  using p = db::sql_parameter;
  CHECK(bound(true) == p{"x", "BOOLEAN", "true"});
  CHECK(bound(std::int8_t{-1}) == p{"x", "INT", "-1"});
  CHECK(bound(std::numeric_limits<std::int32_t>::min()) == p{"x", "INT", "-2147483648"});
  CHECK(bound(std::numeric_limits<std::uint32_t>::max()) == p{"x", "BIGINT", "4294967295"});
  CHECK(bound(std::numeric_limits<std::int64_t>::min()) == p{"x", "BIGINT", "-9223372036854775808"});
  CHECK(bound(std::numeric_limits<std::uint64_t>::max()) == p{"x", "DECIMAL(20,0)", "18446744073709551615"});
  CHECK(bound(0.1f) == p{"x", "FLOAT", "0.1"});
  CHECK(bound(1e300) == p{"x", "DOUBLE", "1e+300"});
  CHECK(bound(std::numeric_limits<double>::quiet_NaN()) == p{"x", "DOUBLE", "NaN"});
  CHECK(bound(-std::numeric_limits<double>::infinity()) == p{"x", "DOUBLE", "-Infinity"});
  CHECK(bound(std::string("'; DROP TABLE t; --")) == p{"x", "STRING", "'; DROP TABLE t; --"});
  CHECK(bound(std::string_view("a")) == p{"x", "STRING", "a"});
  CHECK(bound("literal") == p{"x", "STRING", "literal"});
  CHECK(bound(db::sql_date{2026, 2, 3}) == p{"x", "DATE", "2026-02-03"});
  CHECK(bound(db::sql_timestamp{1'700'000'000'123'456'789}) == p{"x", "TIMESTAMP", "2023-11-14T22:13:20.123456Z"});
  CHECK(bound(db::sql_decimal{"12.30", 10, 2}) == p{"x", "DECIMAL(10,2)", "12.30"});
  CHECK(bound(std::optional<double>()) == p{"x", "DOUBLE", "", true});
  CHECK(bound(std::optional<std::string>("a")) == p{"x", "STRING", "a"});
  CHECK(bound(std::optional<db::sql_date>()) == p{"x", "DATE", "", true});
  CHECK(bound(colour::green) == p{"x", "STRING", "green"});
}

TEST_CASE("databricks: SQL that is data is checked like a literal, by its reader") {
  using trusted = db::statement;
  const auto made = trusted::of_trusted_text("SELECT :a", {{"a", "INT", "1"}});
  REQUIRE(made);
  CHECK(made->parameters().size() == 1);
  const auto fault = [](std::string text, std::vector<db::sql_parameter> parameters) {
    const auto refused = trusted::of_trusted_text(std::move(text), std::move(parameters));
    return refused ? std::string("made") : refused.error().message();
  };
  CHECK(fault("SELECT :a, :b", {{"a", "INT", "1"}}) == "not a statement: there is no parameter :b");
  CHECK(fault("SELECT ':a'", {{"a", "INT", "1"}}) == "not a statement: it has no marker for the parameter \"a\"");
  CHECK(fault("SELECT :a", {{"a", "INT", "1"}, {"a", "INT", "2"}}) ==
        "not a statement: two parameters have the name \"a\"");
  CHECK(fault("SELECT ?", {}) == "not a statement: parameters have names, as in :name; ? is none");
  CHECK(fault(std::string((16u << 20) + 1, ' '), {}) == "not a statement: it has more than 16 MiB");
}
