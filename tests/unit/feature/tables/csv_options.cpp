#include <millrace/feature/tables/csv_options.hpp>

#include <support/catch.hpp>

#include <millrace/feature/tables/csv.hpp>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace mf = millrace::feature;
using mf::table_matter;
using millrace::errc;

namespace {

/// What became of a text.
struct outcome {
  mf::table made;
  mf::csv_findings found;
  std::string refusal;  // empty where it was read
  errc code = errc::io;
};

outcome read(std::string text, const mf::csv_options& how = mf::csv_options::found()) {
  outcome out;
  auto made = mf::read_csv(std::move(text), how, &out.found);
  if (made) {
    out.made = *std::move(made);
  } else {
    out.refusal = made.error().message();
    out.code = made.error().code();
  }
  return out;
}

/// A column of these cells, in quotes, under the name x.
std::string cells(const std::vector<std::string>& all) {
  std::string text = "x\n";
  for (const std::string& cell : all) text += '"' + cell + "\"\n";
  return text;
}

mf::column column_of(const std::vector<std::string>& all, const mf::csv_options& how = mf::csv_options::found()) {
  const outcome out = read(cells(all), how);
  if (!out.refusal.empty()) FAIL(out.refusal);
  return out.made[0];
}

std::string note_of(const std::vector<std::string>& all) {
  const outcome out = read(cells(all));
  REQUIRE(out.found.notes.size() == 1);
  return out.found.notes[0].text;
}

/// The cell that a column is doubtful for, and what that is about.
void check_refused(const std::vector<std::string>& all, table_matter about, const std::string& part,
                   const mf::csv_options& how = mf::csv_options::found()) {
  const outcome out = read(cells(all), how);
  CAPTURE(out.refusal, part);
  CHECK(out.code == errc::type_mismatch);
  CHECK(out.found.refused.about == about);
  CHECK(out.found.refused.text == out.refusal);
  CHECK(out.refusal.find(part) != std::string::npos);
  // Where that is not asked for, it is categories, and said.
  mf::csv_options lenient = how;
  lenient.doubtful = mf::doubt::categories;
  const outcome kept = read(cells(all), lenient);
  REQUIRE(kept.refusal.empty());
  CHECK(kept.made[0].kind == mf::column_kind::category);
  REQUIRE(kept.found.notes.size() == 1);
  CHECK(kept.found.notes[0].about == about);
}

mf::csv_options with(char decimal, char thousands = mf::csv_options::automatic) {
  mf::csv_options how = mf::csv_options::found();
  how.decimal = decimal;
  how.thousands = thousands;
  return how;
}

using numbers = std::vector<double>;

}  // namespace

TEST_CASE("separators of thousands are found, and named") {
  CHECK(column_of({"980", "1,000", "1,020"}).numbers == numbers{980, 1000, 1020});
  CHECK(column_of({"980", "-1,020.5", "1,234,567"}).numbers == numbers{980, -1020.5, 1234567});
  CHECK(column_of({"12,34,567", "1,00,000"}).numbers == numbers{1234567, 100000});
  const auto blanks = column_of({"980", "1 000",
                                 "1\xc2\xa0"
                                 "020",
                                 "1\xe2\x80\xaf"
                                 "234\xe2\x80\xaf"
                                 "567"});
  CHECK(blanks.numbers == numbers{980, 1000, 1020, 1234567});
  CHECK(blanks.written.thousands == ' ');
  CHECK(column_of({"980", "1'000",
                   "1\xe2\x80\x99"
                   "020"})
            .numbers == numbers{980, 1000, 1020});
  const outcome commas = read(cells({"980", "1,000", "1,020"}));
  REQUIRE(commas.found.notes.size() == 1);
  CHECK(commas.found.notes[0].text == "column \"x\": commas are taken for separators of thousands: \"1,000\" is 1000");
  CHECK(commas.found.notes[0].about == table_matter::thousands);
  CHECK(commas.found.notes[0].cell == "1,000");
  CHECK(column_of({"980", "1,000", "1,020"}, with('.', '\0')).kind == mf::column_kind::category);
  CHECK(column_of({"980", "1_000"}, with('.', '_')).numbers == numbers{980, 1000});
  CHECK(column_of({"980", "$1_000"}, with('.', '_')).numbers == numbers{980, 1000});
}

TEST_CASE("a thousand is never one without being asked for twice") {
  const std::vector<std::string> prices{"980", "1,000", "1,020"};
  check_refused(prices, table_matter::thousands, "line 3, column 1 (\"x\"): \"1,000\" may be 1000 or 1.000", with(','));
  check_refused({"$980", "$1,000"}, table_matter::thousands, "\"$1,000\" may be 1000 or 1.000", with(','));
  CHECK(column_of(prices, with(',', '\0')).numbers[1] == 1);
  // Points that stand as nobody who writes fractions would put them.
  check_refused({"980", "1.000", "1.020"}, table_matter::thousands, "\"1.000\" may be 1000 or 1.000");
  check_refused({"980 EUR", "1.020 EUR"}, table_matter::thousands, "may be 1020 or 1.020");
  CHECK(column_of({"980", "1.000", "1.020"}, with(',', '.')).numbers[2] == 1020);
  CHECK(column_of({"980", "1.000", "1.020"}, with('.', '\0')).numbers[2] == 1.02);
  CHECK(column_of({"980", "1.020", "1.234.567"}).numbers == numbers{980, 1020, 1234567});
}

TEST_CASE("fractions of three digits are fractions where they look like it") {
  CHECK(column_of({"1.234", "2.345", "3.456"}).numbers[0] == 1.234);
  CHECK(column_of({"1.234", "2", "3.456"}).numbers[0] == 1.234);
  CHECK(column_of({"0.500", "2", "3.456"}).numbers[0] == .5);
  CHECK(column_of({"1.200", "1980", "3.456"}).numbers[0] == 1.2);
  CHECK(column_of({"0,125", "1,250"}, with(',')).numbers[1] == 1.25);
}

TEST_CASE("decimal commas are asked about, and with them points part thousands") {
  check_refused({"0,125", "1,250"}, table_matter::decimal, "\"0,125\" looks like a number with a decimal comma");
  check_refused({"1,000", "12,50"}, table_matter::decimal, "line 3, column 1 (\"x\"): \"12,50\" looks like");
  check_refused({"980", "1.020,5", "12.345"}, table_matter::decimal, "\"1.020,5\"");
  check_refused({"7,25 \xe2\x82\xac", "8 \xe2\x82\xac"}, table_matter::decimal, "decimal comma");
  const auto made = column_of({"980", "1.020,5", "12.345"}, with(','));
  CHECK(made.numbers == numbers{980, 1020.5, 12345});
  CHECK(made.written.decimal == ',');
  CHECK(made.written.thousands == '.');
  CHECK(column_of({"1,2", "3,a", "4,", ",5", "1,2,3"}).kind == mf::column_kind::category);
}

TEST_CASE("units are set aside, and two are no one quantity") {
  CHECK(column_of({"$7.25", "-$5", "$-5", "($1,000.50)", "12"}).numbers == numbers{7.25, -5, -5, -1000.5, 12});
  CHECK(column_of({"USD 7.25", "8 USD"}).numbers == numbers{7.25, 8});
  CHECK(column_of({"US$7.25", "8"}).written.unit == "US$");
  CHECK(note_of({"$7.25", "$8"}) == "column \"x\": the unit \"$\" is set aside: \"$7.25\" is 7.25");
  check_refused({"$7.25", "8 EUR", "$9"}, table_matter::unit,
                "line 3, column 1 (\"x\"): \"8 EUR\" stands in a column of \"$\", and amounts in two units");
  CHECK(column_of({"12%", "3.5 %", "0"}).numbers == numbers{12, 3.5, 0});
  check_refused({"12%", "0.5", "7%"}, table_matter::percents, "\"0.5\" stands among percents");
}

TEST_CASE("dates are found by the whole column, and one of two meanings is doubtful") {
  const std::int64_t day = 86'400'000'000'000;
  const auto days = [&](const std::vector<std::string>& all, const mf::csv_options& how = mf::csv_options::found()) {
    const auto made = column_of(all, how);
    REQUIRE(made.kind == mf::column_kind::time);
    std::vector<std::int64_t> out;
    for (const std::int64_t one : made.times) out.push_back(one / day);
    return out;
  };
  using list = std::vector<std::int64_t>;
  CHECK(days({"1970-01-02", "2024-02-29"}) == list{1, 19782});  // 54 years, 14 leap days, 59
  CHECK(days({"31/01/1970", "01/02/1970"}) == list{30, 31});
  CHECK(days({"01/31/1970", "02/01/1970"}) == list{30, 31});
  CHECK(days({"02.01.1970", "03.01.1970"}) == list{1, 2});
  CHECK(days({"2 Jan 1970", "Jan 3, 1970", "4-Jan-70", "5 January 1970"}) == list{1, 2, 3, 4});
  CHECK(days({"1/2/1970 1:30 PM", "13/2/1970 12:00 AM"}) == list{31, 43});
  CHECK(column_of({"1/2/1970", "13/2/1970"}).written.dates == mf::date_order::day_first);
  CHECK(note_of({"31/01/2024", "01/02/2024"}) == "column \"x\" is read as dates: \"31/01/2024\" is 2024-01-31");
  check_refused({"03/04/2024", "05/06/2024"}, table_matter::dates, "\"03/04/2024\" may be 2024-04-03 or 2024-03-04");
  mf::csv_options how = mf::csv_options::found();
  how.dates = mf::date_order::day_first;
  CHECK(mf::date_text(column_of({"03/04/2024", "05/06/2024"}, how).times[0]) == "2024-04-03");
  CHECK(mf::date_text(column_of({"04/13/2024", "05/06/2024"}, how).times[0]) == "2024-04-13");  // what it shows
  how.dates = mf::date_order::month_first;
  CHECK(mf::date_text(column_of({"03/04/2024", "05/06/2024"}, how).times[0]) == "2024-03-04");
  CHECK(column_of({"3-4", "12:30", "2024", "v1.2.3"}).kind == mf::column_kind::category);
  how.columns = {{"x", mf::column_kind::time}};
  CHECK(mf::date_text(column_of({"03/04/2024", ""}, how).times[0]) == "2024-03-04");
  how.dates = mf::date_order::automatic;
  CHECK(read(cells({"03/04/2024"}), how).found.refused.about == table_matter::dates);
  CHECK(read(cells({"12/12/2024", "words"}), how).refusal == "line 2, column 1 (\"x\"): \"12/12/2024\" is no time");
}

TEST_CASE("a few strange cells among many numbers are a mistake, among few values they are categories") {
  std::vector<std::string> many;
  for (int i = 0; i < 100; ++i) many.push_back(i == 57 ? "oops" : std::to_string(7 * i));
  check_refused(many, table_matter::strays, "line 59, column 1 (\"x\"): \"oops\" stands in a column of numbers");
  many.clear();
  for (int i = 0; i < 100; ++i) many.push_back(i == 57 ? "-" : std::to_string(i % 9));
  const outcome few = read(cells(many));
  CHECK(few.made[0].kind == mf::column_kind::category);
  REQUIRE(few.found.notes.size() == 1);
  CHECK(few.found.notes[0].text ==
        "column \"x\" is read as categories, though 99 of 100 cells are numbers: line 59 says \"-\"");
  CHECK(few.found.notes[0].cell == "-");
  CHECK(column_of({"1", "2", "3+", "2"}).texts == std::vector<std::string>{"1", "2", "3+"});
  many.clear();
  for (int month = 2; month < 5; ++month)
    for (int i = 10; i < 31; ++i) many.push_back("2024-0" + std::to_string(month) + "-" + std::to_string(i));
  check_refused(many, table_matter::strays, "\"2024-02-30\" stands in a column of dates");
}

TEST_CASE("whole numbers beyond 2^53 are told apart by their text") {
  std::vector<std::string> ids;
  for (int i = 0; i < 60; ++i) ids.push_back("12345678901234567" + std::to_string(10 + i));
  CHECK(column_of(ids).texts.size() == 60);
  CHECK(note_of(ids).find("beyond 2^53") != std::string::npos);
  CHECK(column_of({"9007199254740993", "9007199254740992"}).texts.size() == 2);
  CHECK(column_of({"9007199254740991", "9007199254740990"}).kind == mf::column_kind::number);
  CHECK(column_of({"1e300", "100000000000000000000.5"}).kind == mf::column_kind::number);
  CHECK(column_of(ids, {}).kind == mf::column_kind::number);
}

TEST_CASE("cells that say NaN or infinity are kept, refused or missing") {
  mf::csv_options how = mf::csv_options::found();
  how.missing = {"NA"};
  how.not_finite = mf::not_finite_cells::refused;
  for (const char* text : {"age\n1\nnan\n", "age\n1\n1e999\n", "age\n1\n-inf\n", "age\nword\nNaN\n"}) {
    const outcome out = read(text, how);
    CHECK(out.code == errc::not_finite);
    CHECK(out.found.refused.about == table_matter::not_finite);
    CHECK(out.refusal.starts_with("line 3, column 1 (\"age\"): the cell says \""));
  }
  CHECK(column_of({"Inf", "Nan", "Bob"}, how).texts == std::vector<std::string>{"Inf", "Nan", "Bob"});
  how.not_finite = mf::not_finite_cells::missing;
  const outcome made = read("age,word\n1,a\nnan,NaN\ninf,b\n", how);
  CHECK((made.made[0].missing(1) && made.made[0].missing(2) && made.made[1].missing(1)));
  how.not_finite = mf::not_finite_cells::kept;
  CHECK(std::isinf(column_of({"1", "inf"}, how).numbers[1]));
}

TEST_CASE("the delimiter is the one that takes the first rows apart evenly") {
  const auto delimiter = [](const std::string& text) { return read(text).found.as.delimiter; };
  CHECK(delimiter("\"a\";\"y\"\n\"1\";\"2\"\n") == ';');
  CHECK(delimiter("a\ty\n1\t2\n") == '\t');
  CHECK(delimiter("a|y\n1,5|2\n2,5|3\n") == '|');
  CHECK(delimiter("a,y\n1,\"2;3;4\"\n") == ',');
  CHECK(delimiter("a;b,c;d,e,f\n1;2;3\n") == ';');
  CHECK(delimiter("id,tags\n1,x;y;z\n2,x;y;w\n") == ',');
  CHECK(delimiter("a\n1\n2\n") == ',');
  CHECK(delimiter("sep=|\na;y\n1;2\n") == '|');
  CHECK(read("\xef\xbb\xbfsep=,\r\na,y\r\n1,2\r\n").made.size() == 2);
  const outcome said = read("sep=;\na;y\n1;2\n");
  CHECK(said.made.size() == 2);
  CHECK(said.found.notes[0].text == "cells are taken apart at ';', as the first line says");
  mf::csv_options comma = mf::csv_options::found();
  comma.delimiter = ',';
  const outcome told = read("x;y\n1;a,b\n", comma);
  CHECK(told.found.likely_delimiter == ';');
  CHECK(told.found.refused.about == table_matter::cells);
  CHECK(told.refusal == "line 2, column 2: the row has 2 cells, but the header names 1 column");
  std::string much = "a;b\n";
  for (int i = 0; i < 20'000; ++i) much += "\"1,\n2\";3,4\n";
  CHECK(delimiter(much) == ';');
}

TEST_CASE("lines of comment are passed over, unless they are rows, and so are titles and headers") {
  const outcome made = read("# by hand, on a Monday\n#, \"an open quote\nx,y\n1,a\n# later\n#2,b\n3,c\n#end\n");
  CHECK(made.made[0].texts == std::vector<std::string>{"1", "#2", "3"});
  CHECK(made.made.line(1) == 6);
  REQUIRE(made.found.passed.size() == 4);
  CHECK(made.found.passed[2].line == 5);
  CHECK(made.found.passed[2].text == "# later");
  const outcome titled = read("Sales, in thousands;;\n;;\nregion;year;sold\nNorth;2023;5\nSouth;2024;6\n");
  CHECK(titled.made.rows() == 2);
  CHECK(titled.made[2].numbers == numbers{5, 6});
  REQUIRE(titled.found.passed.size() == 2);
  CHECK(titled.found.passed[0].as == mf::passed_line::reason::banner);
  CHECK(read("Report of January\n\nregion\tsold\nNorth\t5\n").made[1].numbers == numbers{5});
  // What may be a table from its first line on is one.
  CHECK(read("x,y\n1,a,b\n").code == errc::invalid_data);
  CHECK(read("x\n1,2\n3,4\n").code == errc::invalid_data);
  CHECK(read(",x\na,foo\nb,bar\n").made.rows() == 2);
  const outcome twice = read("x,y\n1,a\nx,y\n2,b\n");
  CHECK(twice.made[0].numbers == numbers{1, 2});
  REQUIRE(twice.found.passed.size() == 1);
  CHECK(twice.found.passed[0].as == mf::passed_line::reason::header);
  CHECK(twice.found.passed[0].line == 3);
  CHECK(read("x\na\nx\n").made.rows() == 2);
}

TEST_CASE("columns without a name of their own get one") {
  const outcome made = read("a,,a,a (1),a\n1,2,3,4,5\n");
  REQUIRE(made.made.size() == 5);
  CHECK(made.made[1].name == "column 2");
  CHECK(made.made[2].name == "a (1)");
  CHECK(made.made[3].name == "a (1) (1)");
  CHECK(made.made[4].name == "a (2)");
  CHECK(made.found.header == std::vector<std::string>{"a", "", "a", "a (1)", "a"});
  CHECK(made.found.notes.size() == 4);
}

TEST_CASE("quotes mean what stands in them, or only hold it together") {
  CHECK(column_of({" 7 ", "NA", "8"}).numbers[0] == 7);
  CHECK(column_of({" a ", "NA", "b"}).text(0) == "a");
  CHECK(column_of({" 7 ", "NA", "8"}).missing(1));
  CHECK(column_of({" 7 ", "NA", "8"}, {}).text(0) == " 7 ");
}

TEST_CASE("with what was found, later rows are read in the very same way") {
  const outcome first = read("price;day;share;id\n$1,020;31/01/2024;3 %;007\n$980;01/02/2024;4%;a\n");
  REQUIRE(first.refusal.empty());
  const outcome later = read("price;day;share;id\n$2,000;03/04/2024;5%;7\n", first.found.as);
  CHECK(later.refusal == "");
  CHECK(later.made[0].numbers[0] == 2000);
  CHECK(mf::date_text(later.made[1].times[0]) == "2024-04-03");
  CHECK(later.made[2].numbers[0] == 5);
  CHECK(later.made[3].text(0) == "7");
  CHECK(read("price;day;share;id\n2 EUR;03/04/2024;5%;7\n", first.found.as).refusal ==
        "line 2, column 1 (\"price\"): \"2 EUR\" is no number");
  CHECK(read("price;day;share;id\n$2;13/14/2024;5%;7\n", first.found.as).refusal ==
        "line 2, column 2 (\"day\"): \"13/14/2024\" is no time");
  const outcome fewer = read("share;price\n5%;$2,000\n", first.found.as);
  CHECK(fewer.refusal == "");
  CHECK((fewer.made.size() == 2 && fewer.made[0].numbers[0] == 5 && fewer.made[1].numbers[0] == 2000));
  mf::csv_options all = first.found.as;
  all.all_declared = true;
  CHECK(read("share;price\n5%;$2,000\n", all).code == errc::not_found);
  double price = 0;
  CHECK(mf::read_number("$3,500.5", first.made[0].written, price));
  CHECK(price == 3500.5);
}

TEST_CASE("a column of texts is read again as numbers or times") {
  mf::csv_options how = mf::csv_options::found();
  how.columns = {{"y", mf::column_kind::text}};
  const outcome out = read("x,y\n1,\"$1,000\"\n2,\n3,$980\n", how);
  REQUIRE(out.made[1].kind == mf::column_kind::text);
  mf::csv_findings found;
  const auto again = mf::reread(out.made, "y", mf::csv_options::found(), &found);
  REQUIRE(again);
  CHECK(again->numbers[0] == 1000);
  CHECK(again->missing(1));
  CHECK(again->written.unit == "$");
  CHECK(found.notes.size() == 1);
  mf::csv_options plain;
  plain.columns = {{"y", mf::column_kind::number}};
  CHECK(mf::reread(out.made, "y", plain).error().message() == "line 2, column 2 (\"y\"): \"$1,000\" is no number");
  CHECK(mf::reread(out.made, "x", plain).error().code() == errc::not_found);
  CHECK(mf::reread(out.made, "z", plain).error().code() == errc::not_found);
}

TEST_CASE("columns that are not declared may be left out, with what would refuse them") {
  mf::csv_options how = mf::csv_options::found();
  how.columns = {{"y", mf::column_kind::number}, {"x", mf::column_kind::category}};
  how.declared_only = true;
  const outcome out = read("x,odd,y\n7,\"3,14\",1\n8,\"2,7\",2\n", how);
  REQUIRE(out.refusal.empty());
  REQUIRE(out.made.size() == 2);
  CHECK(out.made[0].text(1) == "8");
  CHECK(out.made[1].numbers == numbers{1, 2});
  how.declared_only = false;
  CHECK(read("x,odd,y\n7,\"3,14\",1\n8,\"2,7\",2\n", how).found.refused.about == table_matter::decimal);
  how.columns.push_back({"z", mf::column_kind::text});
  how.declared_only = true;
  CHECK(read("x,y\n7,1\n", how).code == errc::not_found);
}
