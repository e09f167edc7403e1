#include <examples/common/csv.hpp>

#include <support/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace {

using rows = std::vector<std::vector<std::string>>;

struct parsed {
  rows cells;
  std::vector<std::size_t> lines;
  std::string error;
};

parsed parse(std::string_view text, char delimiter = ',') {
  csv::reader reader(std::string(text), delimiter);
  parsed out;
  std::vector<std::string_view> row;
  for (;;) {
    const auto more = reader.next(row);
    if (!more) {
      out.error = more.error().message();
      return out;
    }
    if (!*more) return out;
    out.cells.emplace_back(row.begin(), row.end());
    out.lines.push_back(reader.line());
  }
}

}  // namespace

TEST_CASE("rows end with LF, CRLF, CR or the text, and a trailing line end makes no row") {
  const rows expected{{"a", "b"}, {"1", "2"}};
  for (const char* text : {"a,b\n1,2\n", "a,b\n1,2", "a,b\r\n1,2\r\n", "a,b\r\n1,2", "a,b\r1,2\r", "a,b\r1,2",
                           "\xef\xbb\xbf"
                           "a,b\n1,2\n",
                           "\n\r\na,b\n\n\r\n\r1,2\n\n\n"})
    CHECK(parse(text).cells == expected);
}

TEST_CASE("an empty text has no rows, with and without a byte order mark") {
  for (const char* text : {"", "\n", "\r\n\r\n", "\xef\xbb\xbf", "\xef\xbb\xbf\n"}) {
    CHECK(parse(text).cells.empty());
    CHECK(parse(text).error.empty());
  }
}

TEST_CASE("empty cells are kept, also at the ends of a row") {
  CHECK(parse(",\n").cells == rows{{"", ""}});
  CHECK(parse("a,,c\n,b,\n").cells == rows{{"a", "", "c"}, {"", "b", ""}});
  CHECK(parse("a,").cells == rows{{"a", ""}});
  CHECK(parse("\"\"").cells == rows{{""}});
  CHECK(parse("\"\",\"\"\r\n").cells == rows{{"", ""}});
}

TEST_CASE("quoted cells hold delimiters, line breaks and doubled quotes") {
  CHECK(parse("\"a,b\",\"c\nd\",\"e\"\"f\"\n").cells == rows{{"a,b", "c\nd", "e\"f"}});
  CHECK(parse("\"\"\"\",x\n").cells == rows{{"\"", "x"}});
  CHECK(parse("\"\"\"a\"\"b\"\"\",\"\r\n\"\n").cells == rows{{"\"a\"b\"", "\r\n"}});
  CHECK(parse("\"last\"").cells == rows{{"last"}});
  CHECK(parse("5\" pipe,it's \"\"\n").cells == rows{{"5\" pipe", "it's \"\""}});
}

TEST_CASE("a row's line is where it began, whatever stands in its cells") {
  const parsed read = parse("h\n\"a\nb\r\nc\rd\"\nx\n\n\ny\n");
  CHECK(read.cells == rows{{"h"}, {"a\nb\r\nc\rd"}, {"x"}, {"y"}});
  CHECK(read.lines == std::vector<std::size_t>{1, 2, 6, 9});
}

TEST_CASE("another delimiter takes the comma's place") {
  CHECK(parse("a;b,c\n", ';').cells == rows{{"a", "b,c"}});
  CHECK(parse("a\t\"b\tc\"\n", '\t').cells == rows{{"a", "b\tc"}});
}

TEST_CASE("an open quote is an error that says where it opened") {
  CHECK(parse("a,b\n1,\"x\n2,y\n").error == "line 2, column 2: the quote that opens here is never closed");
  CHECK(parse("\"").error == "line 1, column 1: the quote that opens here is never closed");
  CHECK(parse("\"a\"\"").error == "line 1, column 1: the quote that opens here is never closed");
}

TEST_CASE("text behind a closing quote is an error that says where it stands") {
  CHECK(parse("a,b\n1,2\n\"x\ny\"z,2\n").error == "line 4, column 1: something follows the closing quote of a cell");
  CHECK(parse("a,\"b\" ,c\n").error == "line 1, column 2: something follows the closing quote of a cell");
}

TEST_CASE("a zero byte is an error that names UTF-16") {
  const std::string error = parse(std::string_view("a,b\n1,\0\n", 8)).error;
  CHECK(error.starts_with("line 2: a zero byte"));
  CHECK(error.find("UTF-16") != std::string::npos);
}

TEST_CASE("a cell of many megabytes reads as one") {
  std::string text = "a,\"";
  text.append(std::size_t{20} << 20, 'x');
  text += "\"\"\",b\n";
  const parsed read = parse(text);
  REQUIRE(read.cells.size() == 1);
  REQUIRE(read.cells[0].size() == 3);
  CHECK(read.cells[0][1].size() == (std::size_t{20} << 20) + 1);
  CHECK(read.cells[0][2] == "b");
}

TEST_CASE("a number is a whole cell") {
  CHECK(csv::number("12.5") == 12.5);
  CHECK(csv::number("-1e3") == -1000);
  for (const char* none : {"", "1,000", "1 000", "7 EUR", "12%", "nan", "inf", "1e999"}) CHECK(!csv::number(none));
}
