#include <millrace/feature/tables/csv.hpp>

#include <support/catch.hpp>
#include <support/features.hpp>

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

namespace mf = millrace::feature;
using millrace::errc;

namespace {
mf::table table_of(std::string text, const mf::csv_options& how = {}) {
  auto read = mf::read_csv(std::move(text), how);
  if (!read) FAIL(read.error().describe());
  return *std::move(read);
}
std::string refusal_of(std::string text, const mf::csv_options& how = {}) {
  const auto read = mf::read_csv(std::move(text), how);
  return read ? "accepted" : std::string(to_string(read.error().code())) + ": " + read.error().describe();
}
}  // namespace

TEST_CASE("kinds are found by the cells: numbers, times, else categories") {
  const auto made = table_of(
      "amount,country,at,empty\n"
      "12.5,DE,2023-11-14T22:13:20Z,\n"
      "NA,FR,,\n"
      "-1e3,DE,1970-01-01,?\n");
  REQUIRE(made.rows() == 3);
  CHECK(made[0].kind == mf::column_kind::number);
  CHECK(made[0].numbers[0] == 12.5);
  CHECK(made[0].missing(1));
  CHECK(made[0].numbers[2] == -1000);
  CHECK(made[1].kind == mf::column_kind::category);
  CHECK(made[1].codes == std::vector<std::uint32_t>{0, 1, 0});
  CHECK(made[1].texts == std::vector<std::string>{"DE", "FR"});
  CHECK(made[2].kind == mf::column_kind::time);
  CHECK(made[2].times == std::vector<std::int64_t>{1'700'000'000'000'000'000, mf::column::no_time, 0});
  CHECK(made[3].kind == mf::column_kind::number);
  CHECK((made[3].missing(0) && made[3].missing(1) && made[3].missing(2)));
  CHECK(made.line(0) == 2);
}

TEST_CASE("the name of a file in the place of its text is refused, a header alone is not") {
  for (const char* path : {"payments.csv", "/data/past/payments.tsv", "C:\\data\\payments.txt"})
    CHECK_THAT(refusal_of(path), ContainsSubstring("looks like the name of a file"));
  for (const char* header : {"amount", "amount\n", "a,b.csv", "payments.csv\n", "\"payments.csv\"", "price.usd"})
    CHECK(refusal_of(header) == "accepted");
  CHECK(table_of("payments.csv\n1\n").rows() == 1);
}

TEST_CASE("cells in quotes hold delimiters, ends of lines and quotes, and are not missing for their spelling") {
  const auto made =
      table_of("\xef\xbb\xbf\"a\" , b\r\n\"x,\"\"y\"\"\r\nz\" ,\"NA\"\r\n\r\nplain \"q\", two words \r\nlast,\"\"");
  REQUIRE(made.rows() == 3);
  CHECK(made[0].name == "a");
  CHECK(made[0].text(0) == "x,\"y\"\r\nz");
  CHECK(made[1].text(0) == "NA");
  CHECK(made[0].text(1) == "plain \"q\"");
  CHECK(made[1].text(1) == "two words");
  CHECK(made[1].missing(2));
  CHECK(made.line(0) == 2);
  CHECK(made.line(1) == 5);
  CHECK(made.line(2) == 6);
}

TEST_CASE("the delimiter is that which the header has most of, or the one that is said") {
  for (const char mark : std::string(",;\t|")) {
    std::string text = "a,b;\"x;;;;,,,,||||\";c\n1;2;3\n";
    text = std::string("a") + mark + "\"b,;|,;|\"" + mark + "c\n1" + mark + "2" + mark + "3\n";
    const auto made = table_of(text);
    REQUIRE(made.size() == 3);
    CHECK(made[2].numbers[0] == 3);
  }
  CHECK(table_of("a,b;c\n1,2;3\n", {.delimiter = ';'})[0].name == "a,b");
  CHECK(table_of("only\n1\n2\n").rows() == 2);
  CHECK(table_of("a\tb\n1\t\n\t2\n")[1].numbers[1] == 2);
}

TEST_CASE("decimal and thousands' marks are those that are said, in groups of three") {
  const mf::csv_options german{.delimiter = ';', .decimal = ',', .thousands = '.'};
  const auto made = table_of("x\n1.234,5\n-1.234.567\n0,25\n12\n1234,5\n1,5e3\n", german);
  CHECK(made[0].numbers == std::vector<double>{1234.5, -1234567, 0.25, 12, 1234.5, 1500});
  for (const char* no_number :
       {"1.23", "12.3456", "1..234", "1.23.456", ".123", "1.2345,0", "1,234.5", "1,2,3", "1234.567", "-.123"})
    CHECK(table_of(std::string("x\n") + no_number + "\n", german)[0].kind == mf::column_kind::category);
  CHECK(table_of("x\n\"1,234.5\"\n", {.thousands = ','})[0].numbers[0] == 1234.5);
  CHECK(table_of("x;y\n3.14;1\n", {.decimal = ','})[0].kind == mf::column_kind::category);
  CHECK(table_of("x\n1,5\n", {.delimiter = ';'})[0].kind == mf::column_kind::category);
}

TEST_CASE("numbers beyond double are infinite or 0, and infinities have names") {
  const auto made = table_of("x\n1e999\n-1e999\n1e-999\ninf\n+5\n");
  CHECK(made[0].numbers == std::vector<double>{support::infinity, -support::infinity, 0, support::infinity, 5});
  CHECK(table_of("x\n0." + std::string(400, '0') + "1\n")[0].numbers[0] == 0);
  CHECK(table_of("x\n1" + std::string(400, '0') + "\n")[0].numbers[0] == support::infinity);
  CHECK(table_of("x\n1" + std::string(400, '0') + ".5\n")[0].numbers[0] == support::infinity);
  for (const char* no_number : {"0x10", "1e", "--1", "+-1", "1 2", "1_000", "e5", "."})
    CHECK(table_of(std::string("x\n") + no_number + "\n")[0].kind == mf::column_kind::category);
}

TEST_CASE("times are ISO 8601, with fractions and zones, and dates that are") {
  const auto made = table_of(
      "t\n2024-02-29\n2000-01-01 00:00\n2000-01-01T00:00:00.5Z\n2000-01-01T01:30:00+01:30\n1999-12-31T23:00-0100\n"
      "1678-01-01\n2261-12-31T23:59:59.999999999\n");
  REQUIRE(made[0].kind == mf::column_kind::time);
  const std::int64_t y2k = 946'684'800'000'000'000;
  CHECK(made[0].times == std::vector<std::int64_t>{1'709'164'800'000'000'000, y2k, y2k + 500'000'000, y2k, y2k,
                                                   -9'214'560'000'000'000'000, 9'214'646'399'999'999'999});
  for (const char* no_time : {"2023-02-29", "1900-02-29", "2024-13-01", "2024-00-10", "2024-1-1", "2024-01-01T24:00",
                              "2024-01-01T1:00", "2024-01-01T10:60", "2024-01-01x", "2024-01-01T10:00:00.",
                              "1600-01-01", "2024-04-31", "2024-01-01T10:00+25:00"})
    CHECK(table_of(std::string("t\n") + no_time + "\n")[0].kind == mf::column_kind::category);
}

TEST_CASE("a declared kind is kept, and a cell that is not of it is refused with line and column") {
  const mf::csv_options how{.columns = {{"id", mf::column_kind::category}, {"note", mf::column_kind::text}}};
  const auto made = table_of("id,note\n007,same\n7,same\n,\n", how);
  CHECK(made[0].texts == std::vector<std::string>{"007", "7"});
  CHECK(made[1].texts == std::vector<std::string>{"same", "same"});
  CHECK((made[0].missing(2) && made[1].missing(2)));
  const mf::csv_options number{.columns = {{"age", mf::column_kind::number}}};
  CHECK(refusal_of("name,age\n\"a\nb\",1\nc,old\n", number) ==
        "type_mismatch: line 4, column 2 (\"age\"): \"old\" is no number");
  const mf::csv_options time{.columns = {{"age", mf::column_kind::time}}};
  CHECK(refusal_of("age\n5\n", time) == "type_mismatch: line 2, column 1 (\"age\"): \"5\" is no time");
  CHECK(refusal_of("name\nx\n", number) == "not_found: no column is called \"age\"");
}

TEST_CASE("what is no table is refused with line and column") {
  CHECK(refusal_of("") == "truncated: the text is empty: its first line should name the columns");
  CHECK(refusal_of("\n\n") == refusal_of(""));
  CHECK(refusal_of("a,b\n1,2\n3\n") ==
        "invalid_data: line 3, column 2: the row ends after 1 cell, but the header names 2 columns");
  CHECK(refusal_of("a,b\n1,2,3\n") ==
        "invalid_data: line 2, column 3: the row has 3 cells, but the header names 2 columns; if 1,2 is one number, "
        "write it "
        "with a point");
  CHECK(refusal_of("a,b\n1,\"2\n3,4\n") == "invalid_data: line 2, column 2: the quote that opens here is never closed");
  CHECK(refusal_of("a,b\n1,\"2\"3\n") ==
        "invalid_data: line 2, column 2: something follows the closing quote of a cell");
  CHECK(refusal_of("a,,c\n") == "invalid_data: line 1, column 2: the column has no name");
  CHECK(refusal_of("a,b,a\n") == "invalid_data: line 1, column 3: another column is called \"a\", too");
  CHECK(refusal_of(std::string("a\n1\0", 4))
            .starts_with("invalid_data: line 2, column 1: a zero byte stands at character 2"));
  CHECK(refusal_of("a\n1\n", {.decimal = ',', .thousands = ','}).starts_with("invalid_argument: "));
  CHECK(table_of("a,b\n").rows() == 0);
}

TEST_CASE("lines of comments are passed over, and all ends of lines are known") {
  const auto made = table_of("# first\na,b\r1,2\r\n#3,4\n5,6\n\n# last", {.comment = '#'});
  CHECK(made[0].numbers == std::vector<double>{1, 5});
  CHECK(made.line(1) == 5);
  CHECK(table_of("a\n#1\n")[0].kind == mf::column_kind::category);
}

TEST_CASE("any part of a table is a table or is refused") {
  const std::string whole = "a,\"b\n\"\"c\",d\n1,\"x\"\"y\",2024-01-01T10:00:00.5+01:00\n\"2\",,\n";
  for (std::size_t begin = 0; begin < whole.size(); ++begin)
    for (std::size_t size = 0; begin + size <= whole.size(); ++size) {
      const auto read = mf::read_csv(whole.substr(begin, size));
      if (read)
        for (std::size_t i = 0; i < read->size(); ++i)
          if ((*read)[i].rows() != read->rows()) FAIL("rows");
    }
}

TEST_CASE("amounts are numbers where that is asked for, and the column says their unit") {
  const std::string text =
      "price;fee;share;mixed;both;plain\n"
      "$1,020.50;7.25 EUR;12 %;$1;12 %;1\n"
      "-$7;;0;2 EUR;7;2\n"
      "(3);(1 EUR);-1%;$3;1 %;3\n";
  const mf::csv_options how{.delimiter = ';', .thousands = ',', .amounts = true};
  const auto made = table_of(text, how);
  CHECK(made[0].numbers == std::vector<double>{1020.5, -7, -3});
  CHECK(made[0].written.unit == "$");
  CHECK(made[1].numbers[0] == 7.25);
  CHECK(made[1].missing(1));
  CHECK(made[1].numbers[2] == -1);
  CHECK(made[1].written.unit == "EUR");
  CHECK(made[2].numbers == std::vector<double>{12, 0, -1});
  CHECK(made[2].written.unit == "%");
  CHECK(made[3].kind == mf::column_kind::category);  // two units are no one quantity
  CHECK(made[4].kind == mf::column_kind::category);  // is 7 a percent?
  CHECK(made[5].written.unit.empty());
  CHECK(table_of(text, {.delimiter = ';'})[2].kind == mf::column_kind::category);
  mf::csv_options declared = how;
  declared.columns = {{"mixed", mf::column_kind::number}};
  CHECK(refusal_of(text, declared) ==
        "type_mismatch: line 3, column 4 (\"mixed\"): \"2 EUR\" stands in a column of \"$\", and amounts in two units "
        "are no "
        "one quantity");
  declared.columns = {{"fee", mf::column_kind::number}};
  CHECK(table_of(text, declared)[1].numbers[0] == 7.25);
}

TEST_CASE("text that is not UTF-8 is Latin-1, unless its bytes are to be kept") {
  CHECK(table_of("c\ncaf\xe9\n")[0].text(0) == "caf\xc3\xa9");
  CHECK(table_of("c\ncaf\xc3\xa9\n")[0].text(0) == "caf\xc3\xa9");
  CHECK(table_of("c\ncaf\xe9\n", {.latin1 = false})[0].text(0) == "caf\xe9");
  CHECK(refusal_of(std::string("\xff\xfe"
                               "a\0,\0",
                               6))
            .find("UTF-16") != std::string::npos);
}
