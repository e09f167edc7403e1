#include <examples/lifecycle/data/questions.hpp>

#include <support/catch.hpp>

#include <examples/lifecycle/data/describe.hpp>
#include <examples/lifecycle/data/read_table.hpp>

#include <cmath>
#include <string>
#include <vector>

using namespace lifecycle;

namespace {

mr::result<table> read(std::string text, const reading& how = {}) { return read_table("t.csv", std::move(text), how); }

std::string error_of(std::string text, const reading& how = {}) {
  const auto made = read(std::move(text), how);
  REQUIRE(!made);
  return made.error().describe();
}

/// A column of these cells, in quotes, under the name x.
std::string cells(const std::vector<std::string>& all) {
  std::string text = "x\n";
  for (const std::string& cell : all) text += '"' + cell + "\"\n";
  return text;
}

column column_of(const std::vector<std::string>& all, const reading& how = {}) {
  auto made = read(cells(all), how);
  if (!made) FAIL(made.error().describe());
  return made->columns[0];
}

std::string note_of(const std::vector<std::string>& all, const reading& how = {}) {
  const auto made = read(cells(all), how);
  REQUIRE(made);
  REQUIRE(made->notes.size() == 1);
  return made->notes[0];
}

reading with(char decimal, char thousands = mr::feature::csv_options::automatic) {
  reading how;
  how.file.decimal = decimal;
  how.file.thousands = thousands;
  return how;
}

bool says(const std::string& text, const std::string& part) {
  CAPTURE(text, part);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("separators of thousands are known, and named") {
  using numbers = std::vector<double>;
  CHECK(column_of({"980", "1,000", "1,020"}).numbers == numbers{980, 1000, 1020});
  CHECK(column_of({"980", "-1,020.5", "1,234,567"}).numbers == numbers{980, -1020.5, 1234567});
  CHECK(column_of({"12,34,567", "1,00,000"}).numbers == numbers{1234567, 100000});
  CHECK(column_of({"980", "1 000",
                   "1\xc2\xa0"
                   "020",
                   "1\xe2\x80\xaf"
                   "234\xe2\x80\xaf"
                   "567"})
            .numbers == numbers{980, 1000, 1020, 1234567});
  CHECK(column_of({"980", "1'000",
                   "1\xe2\x80\x99"
                   "020"})
            .numbers == numbers{980, 1000, 1020});
  CHECK(column_of({"980", "1.020", "1.234.567"}).numbers == numbers{980, 1020, 1234567});
  CHECK(
      note_of({"980", "1,000", "1,020"}) ==
      "column \"x\": commas are taken for separators of thousands: \"1,000\" is 1000; --decimal comma with --thousands "
      "none would take them for decimal commas");
  CHECK(note_of({"980", "1,020,000"}) ==
        "column \"x\": commas are taken for separators of thousands: \"1,020,000\" is 1020000");
  CHECK(column_of({"980", "1,000", "1,020"}, with('.', '\0')).type == column_type::category);
}

TEST_CASE("a thousand is never one without being asked for twice") {
  const std::vector<std::string> prices{"980", "1,000", "1,020"};
  CHECK(
      error_of(cells(prices), with(',')) ==
      "t.csv, line 3, column 1 (\"x\"): \"1,000\" may be 1000 or 1.000; leave --decimal comma out to read the former, "
      "--thousands none reads the latter");
  CHECK(says(error_of(cells({"$980", "$1,000"}), with(',')), "\"$1,000\" may be 1000 or 1.000"));
  CHECK(column_of(prices, with(',', '\0')).numbers[1] == 1);
  // Points that stand as nobody who writes fractions would put them.
  CHECK(error_of(cells({"980", "1.000", "1.020"})) ==
        "t.csv, line 3, column 1 (\"x\"): \"1.000\" may be 1000 or 1.000; --thousands point reads the former, "
        "--thousands none reads the latter");
  CHECK(says(error_of(cells({"980 EUR", "1.020 EUR"})), "may be 1020 or 1.020"));
  CHECK(column_of({"980", "1.000", "1.020"}, with(',', '.')).numbers[2] == 1020);
  CHECK(column_of({"980", "1.000", "1.020"}, with('.', '\0')).numbers[2] == 1.02);
}

TEST_CASE("fractions of three digits are fractions where they look like it") {
  CHECK(column_of({"1.234", "2.345", "3.456"}).numbers[0] == 1.234);
  CHECK(column_of({"1.234", "2", "3.456"}).numbers[0] == 1.234);
  CHECK(column_of({"0.500", "2", "3.456"}).numbers[0] == .5);
  CHECK(column_of({"1.200", "1980", "3.456"}).numbers[0] == 1.2);
  CHECK(says(error_of(cells({"0,125", "1,250"})), "--decimal comma reads it so"));
  CHECK(column_of({"0,125", "1,250"}, with(',')).numbers[1] == 1.25);
  CHECK(says(error_of(cells({"1,000", "12,50"})), "\"12,50\" looks like a number with a decimal comma"));
}

TEST_CASE("with decimal commas points part thousands") {
  const column made = column_of({"980", "1.020,5", "12.345"}, with(','));
  CHECK(made.numbers == std::vector<double>{980, 1020.5, 12345});
  CHECK(says(error_of(cells({"980", "1.020,5", "12.345"})), "--decimal comma"));
}

TEST_CASE("currency signs are set aside, and named") {
  using numbers = std::vector<double>;
  CHECK(column_of({"$7.25", "-$5", "$-5", "($1,000.50)", "12"}).numbers == numbers{7.25, -5, -5, -1000.5, 12});
  CHECK(column_of({"7.25 \xe2\x82\xac", "8\xe2\x82\xac"}).numbers == numbers{7.25, 8});
  CHECK(column_of({"USD 7.25", "8 USD"}).numbers == numbers{7.25, 8});
  CHECK(column_of({"US$7.25", "8"}).written.unit == "US$");
  CHECK(note_of({"$7.25", "$8"}) == "column \"x\": the unit \"$\" is set aside: \"$7.25\" is 7.25");
  CHECK(says(error_of(cells({"$7.25",
                             "\xe2\x82\xac"
                             "8",
                             "$9"})),
             "line 3, column 1 (\"x\"): \"\xe2\x82\xac"
             "8\" stands in a column of \"$\""));
  CHECK(says(error_of(cells({"7,25 \xe2\x82\xac", "8 \xe2\x82\xac"})), "--decimal comma"));
}

TEST_CASE("percents are numbers; plain numbers among them are asked about") {
  CHECK(column_of({"12%", "3.5 %", "0"}).numbers == std::vector<double>{12, 3.5, 0});
  CHECK(says(error_of(cells({"12%", "0.5", "7%"})), "\"0.5\" stands among percents"));
}

TEST_CASE("dates are days since 1970, and their order is asked where it cannot be told") {
  CHECK(column_of({"1970-01-02", "2024-02-29"}).numbers ==
        std::vector<double>{1, 19782});  // 54 years, 14 leap days, 59
  CHECK(column_of({"1970-01-02 12:00", "1970-01-02T06:00:00Z", "1970-01-02 00:00:00.5"}).numbers ==
        std::vector<double>{1.5, 1.25, 1 + .5 / 86400});
  CHECK(column_of({"1970-01-02T06:00:00+06:00", "1970-01-01T18:00:00-0600"}).numbers == std::vector<double>{1, 1});
  CHECK(column_of({"31/01/1970", "01/02/1970"}).numbers == std::vector<double>{30, 31});
  CHECK(column_of({"01/31/1970", "02/01/1970"}).numbers == std::vector<double>{30, 31});
  CHECK(column_of({"02.01.1970", "03.01.1970"}).numbers == std::vector<double>{1, 2});
  CHECK(column_of({"2 Jan 1970", "Jan 3, 1970", "4-Jan-70", "5 January 1970"}).numbers ==
        std::vector<double>{1, 2, 3, 4});
  CHECK(column_of({"1/2/1970 1:30 PM", "13/2/1970 12:00 AM"}).numbers == std::vector<double>{31 + 13.5 / 24, 43});
  CHECK(kind_of(column_of({"1970-01-02", "2024-02-29"})) == "date");
  CHECK(says(note_of({"31/01/2024", "01/02/2024"}), "\"31/01/2024\" is 2024-01-31, as days since 1970"));
  const std::string which = error_of(cells({"03/04/2024", "05/06/2024"}));
  CHECK(says(which, "\"03/04/2024\" may be 2024-04-03 or 2024-03-04; --dates day or --dates month"));
  reading how;
  how.file.dates = date_order::day_first;
  CHECK(day_text(column_of({"03/04/2024", "05/06/2024"}, how).numbers[0]) == "2024-04-03");
  how.file.dates = date_order::month_first;
  CHECK(day_text(column_of({"03/04/2024", "05/06/2024"}, how).numbers[0]) == "2024-03-04");
  CHECK(day_text(19782.604861) == "2024-02-29 14:31");
  std::string many = "x\n";
  for (int i = 10; i < 28; ++i) many += "2024-02-" + std::to_string(i) + "\n";
  for (int i = 10; i < 32; ++i) many += "2024-03-" + std::to_string(i) + "\n";
  for (int i = 10; i < 31; ++i) many += "2024-04-" + std::to_string(i) + "\n";
  CHECK(says(error_of(many + "2024-02-30\n"), "\"2024-02-30\" stands in a column of dates"));
  CHECK(column_of({"3-4", "12:30", "2024", "v1.2.3"}).type == column_type::category);
}

TEST_CASE("a column is words, or left out, where one says so") {
  reading how;
  how.words = {"x"};
  CHECK(column_of({"1,000", "980", "980"}, how).categories == std::vector<std::string>{"1,000", "980"});
  how.words.clear();
  how.ignored = {"x"};
  CHECK(column_of({"1,000", "980"}, how).dropped == "as --ignore asks");
  how.ignored = {"z"};
  CHECK(says(error_of("x\n1\n", how), "no column named \"z\""));
}

TEST_CASE("whole numbers beyond 2^53 are told apart by their text") {
  std::vector<std::string> ids;
  for (int i = 0; i < 60; ++i) ids.push_back("12345678901234567" + std::to_string(10 + i));
  const column made = column_of(ids);
  CHECK(made.type == column_type::category);
  CHECK(made.distinct == 60);
  CHECK(made.dropped == "nearly every cell is different, like an identifier");
  CHECK(says(note_of(ids), "beyond 2^53"));
  CHECK(column_of({"9007199254740993", "9007199254740992"}).distinct == 2);
  CHECK(column_of({"9007199254740991", "9007199254740990"}).type == column_type::number);
  CHECK(column_of({"1e300", "100000000000000000000.5"}).type == column_type::number);
  CHECK(column_of({"1", "1.0", "1.00"}).dropped == "every cell is the same number");
  reading how;
  how.target = "y";
  const auto target = read("y,x\n1234567890123456789,1\n1234567890123456788,2\n1234567890123456789,3\n", how);
  REQUIRE(target);
  CHECK(target->target.positives == 1);
}

TEST_CASE("the delimiter is the one that fits, and is named") {
  const auto shape = [](const std::string& text, reading how = {}) {
    const auto made = read(text, how);
    if (!made) return made.error().describe();
    std::string names;
    for (const column& one : made->columns) names += '[' + one.name + ']';
    return names + (made->notes.empty() ? "" : " " + made->notes[0]);
  };
  CHECK(shape("\"a\";\"y\"\n\"1\";\"2\"\n") ==
        "[a][y] cells are taken apart at ';'; --delimiter names another character");
  CHECK(shape("a\ty\n1\t2\n") == "[a][y] cells are taken apart at tab; --delimiter names another character");
  CHECK(
      shape("a|y\n1,5|2\n2,5|3\n") ==
      "t.csv, line 2, column 1 (\"a\"): \"1,5\" looks like a number with a decimal comma; --decimal comma reads it so, "
      "--decimal point takes it for a word");
  CHECK(shape("a,y\n1,\"2;3;4\"\n") == "[a][y]");
  CHECK(shape("a\n1\n2\n") == "[a]");
  CHECK(shape("sep=;\na;y\n1;2\n") == "[a][y] cells are taken apart at ';', as the first line says");
  CHECK(shape("\xef\xbb\xbfsep=,\r\na,y\r\n1,2\r\n") == "[a][y]");
  reading comma;
  comma.file.delimiter = ',';
  CHECK(
      says(shape("\"a\";\"y\"\n\"1\";\"2\"\n", comma), "closing quote of a cell; --delimiter ';' would take it apart"));
  CHECK(says(shape("x;y\n1;a,b\n", comma), "line 2, column 2: the row has 2 cells"));
  comma.target = "y";  // what is no table is not searched for its columns
  CHECK(says(error_of("x;y\n1;a,b\n", comma), "line 2, column 2: the row has 2 cells"));
}

TEST_CASE("lines of comment are passed over and counted, unless they are rows") {
  const auto made = read("# made by hand, on a Monday\n#, \"an open quote\nx,y\n1,a\n# later\n#2,b\n3,c\n#end\n");
  REQUIRE(made);
  CHECK(made->columns[0].categories == std::vector<std::string>{"1", "#2", "3"});
  CHECK(made->lines == std::vector<std::size_t>{4, 6, 7});
  REQUIRE(!made->notes.empty());
  CHECK(made->notes[0] ==
        "4 lines that begin with # were passed over, the first being line 1; --comment none reads them as rows");
  reading how;
  how.target = "id";
  CHECK(says(error_of("#id,x\n1,2\n2,3\n", how), "line 1 names it"));
  how.file.comment = '\0';
  how.target = "#id";
  CHECK(read("#id,x\n1,2\n2,3\n", how));
}

TEST_CASE("rows without a target are left out where one says so, and what stops for good is said first") {
  reading how;
  how.target = "y";
  std::string text = "x,y\n";
  for (int i = 0; i < 40; ++i) text += std::to_string(i * i) + (i % 2 == 0 ? ",yes\n" : ",no\n");
  const std::string holes = text + "7,\n8,NA\n9,NaN\n";
  CHECK(error_of(holes, how) ==
        "t.csv, line 42, column 2 (\"y\"): the target is missing, and a row without a target cannot be learned from (3 "
        "rows of 43); --drop-missing-target leaves such rows out");
  reading drop = how;
  drop.drop_missing_target = true;
  const auto made = read(holes, drop);
  REQUIRE(made);
  CHECK(made->rows() == 40);
  CHECK(made->target.labels.size() == 40);
  CHECK(made->columns[0].numbers.size() == 40);
  CHECK(made->notes == std::vector<std::string>{"3 rows have no target and were left out"});
  CHECK(says(error_of("x,y\n1,\n2,yes\n3,yes\n", how), "is \"yes\" in every row that has one"));
  CHECK(says(error_of("x,y\n1,\n2,yes\n3,no\n", how), "in only 1 row"));
  CHECK(says(error_of("x,y\n1,\n2,\n", how), "is missing in every row"));
  std::string alone = "x,y\n";
  for (int i = 0; i < 40; ++i) alone += i % 2 == 0 ? "k,yes\n" : "k,no\n";
  CHECK(says(error_of(alone + "k,\n", how), "no column to learn \"y\" from"));
}

TEST_CASE("columns that tell the target are found, and chance is not") {
  reading how;
  how.target = "y";
  std::string text = "alive,score,near,noise,y\n";
  for (int i = 0; i < 400; ++i) {
    const bool yes = i % 4 == 0;
    text += std::string(yes ? "j" : "n") + ',' + std::to_string(yes ? 1000 + i : i) + ',' +
            std::to_string((yes != (i == 77) ? 1000 : 0) + i) + ',' + std::to_string(i * 7919 % 400) +
            (yes ? ",yes\n" : ",no\n");
  }
  const auto made = read(text, how);
  REQUIRE(made);
  REQUIRE(made->leaks.size() == 3);
  CHECK(made->leaks[0] ==
        "column \"alive\" tells the target in every row: was it made from it? --ignore \"alive\" leaves it out");
  CHECK(says(made->leaks[1], "column \"score\" tells the target in every row"));
  CHECK(says(made->leaks[2], "column \"near\" tells the target in all but 1 row of 400"));
  how.ignored = {"alive", "score", "near"};
  CHECK(read(text, how)->leaks.empty());
}

TEST_CASE("titles and repeated headers are passed over, and named") {
  const auto made =
      read("Sales by region;;\nregion;year;sold\nNorth;2023;5\nregion;year;sold\nSouth;2024;7\nNorth;2024;9\n");
  REQUIRE(made);
  CHECK(made->rows() == 3);
  CHECK(made->lines == std::vector<std::size_t>{3, 5, 6});
  REQUIRE(made->notes.size() == 3);
  CHECK(made->notes[1] == "1 line above the header was passed over: \"Sales by region;;\"");
  CHECK(made->notes[2] == "1 row that says the header again was passed over, the first being line 4");
}

TEST_CASE("what a model reads is read as it was learned, and nothing else is looked at") {
  reading how;
  how.wanted = {{"fee", column_type::number, {.amounts = true, .unit = "$"}},
                {"day", column_type::number, {.dates = date_order::day_first}},
                {"c", column_type::category, {}},
                {"n", column_type::number, {}}};
  const auto made = read("n,odd,c,day,fee\n\"1,000\",\"3,14\",7,03/04/2024,$5\n980,NaN,a,01/02/2024,7\n", how);
  if (!made) FAIL(made.error().describe());
  REQUIRE(made->columns.size() == 4);
  CHECK(made->columns[0].numbers == std::vector<double>{5, 7});
  CHECK(day_text(made->columns[1].numbers[0]) == "2024-04-03");
  CHECK(made->columns[2].categories == std::vector<std::string>{"7", "a"});
  CHECK(made->columns[3].numbers == std::vector<double>{1000, 980});
  CHECK(
      says(error_of("fee,day,c,n\n$5,13/13/2024,a,1\n", how), "line 2, column 2 (\"day\"): \"13/13/2024\" is no time"));
  CHECK(says(error_of("fee,day,c,n\n5 EUR,03/04/2024,a,1\n", how), "\"5 EUR\" is no number; if it means"));
  CHECK(says(error_of("fee,day,c,n\n$5,03/04/2024,a,$1\n", how), "\"$1\" is no number"));
  CHECK(says(error_of("fee,day,c\n$5,03/04/2024,a\n", how), "no column named \"n\""));
}
