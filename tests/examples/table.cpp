#include <examples/lifecycle/data/read_table.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <optional>
#include <string>

using namespace lifecycle;

namespace {

mr::result<table> read(std::string text, reading how = {}) { return read_table("t.csv", std::move(text), how); }

std::string error_of(std::string text, reading how = {}) {
  const auto made = read(std::move(text), how);
  REQUIRE(!made);
  return made.error().describe();
}

mr::errc code_of(std::string text, reading how = {}) {
  const auto made = read(std::move(text), how);
  REQUIRE(!made);
  return made.error().code();
}

reading learn(std::string target, std::string positive = {}) {
  reading how;
  how.target = std::move(target);
  how.positive = std::move(positive);
  return how;
}

/// A column of `count` lines under a header, of text(i).
template <class Text>
std::string lines(std::string header, int count, Text text) {
  std::string out = std::move(header) + "\n";
  for (int i = 0; i < count; ++i) out += text(i) + "\n";
  return out;
}

}  // namespace

TEST_CASE("numbers are numbers, whatever their spelling, and their summary is right") {
  const auto made = read("x,y\n1, +2.5 \n-3,1e2\n4,.5\n2,1e-999\n");
  REQUIRE(made);
  const column& x = made->columns[0];
  const column& y = made->columns[1];
  CHECK(x.type == column_type::number);
  CHECK(x.numbers == std::vector<double>{1, -3, 4, 2});
  CHECK(y.numbers == std::vector<double>{2.5, 100, .5, 0});
  CHECK(x.summary.smallest == -3);
  CHECK(x.summary.median == 1.5);
  CHECK(x.summary.mean == 1);
  CHECK(x.summary.largest == 4);
  CHECK(x.summary.deviation == Approx(std::sqrt(26.0 / 4)));  // of 1 -3 4 2, by hand
  CHECK(x.summary.skewness == Approx((0 - 64 + 27 + 1) / 4.0 / std::pow(26.0 / 4, 1.5)));
  CHECK(x.distinct == 4);
  CHECK(made->rows() == 4);
}

TEST_CASE("one text among few values makes categories; the same spelling with blanks is one") {
  const auto made = read("size\n1\n2\n3+\n 2 \n");
  REQUIRE(made);
  const column& size = made->columns[0];
  CHECK(size.type == column_type::category);
  CHECK(size.categories == std::vector<std::string>{"1", "2", "3+"});
  CHECK(size.counts == std::vector<std::size_t>{1, 2, 1});
  CHECK(size.codes == std::vector<std::uint32_t>{0, 1, 2, 1});
}

TEST_CASE("a column of numbers with decimal commas is refused at its first, or read as it is meant") {
  const std::string text = "x;word\n;a\n3,14;b\n2;c\n-0,5;1,5\n";
  reading how;
  CHECK(code_of(text, how) == mr::errc::type_mismatch);
  CHECK(error_of(text, how) ==
        "t.csv, line 3, column 1 (\"x\"): \"3,14\" looks like a number with a decimal comma; --decimal comma reads it "
        "so, "
        "--decimal point takes it for a word");
  how.file.decimal = ',';
  const auto made = read(text, how);
  REQUIRE(made);
  CHECK(made->columns[0].type == column_type::number);
  CHECK(made->columns[0].numbers[1] == 3.14);
  CHECK(made->columns[0].numbers[3] == -0.5);
  CHECK(made->columns[0].missing == 1);
  CHECK(made->columns[1].type == column_type::category);
  reading comma;
  comma.file.decimal = ',';
  CHECK(code_of(lines("x\n\"0,5\"\n0.5", 60, [](int i) { return std::to_string(i); }), comma) ==
        mr::errc::type_mismatch);
  how.file.decimal = '.';
  const auto words = read(text, how);
  REQUIRE(words);
  CHECK(words->columns[0].categories == std::vector<std::string>{"3,14", "2", "-0,5"});
}

TEST_CASE("words with commas in them are words") {
  const auto made = read("c\n\"1,2\"\n\"3,a\"\n\"4,\"\n\",5\"\n\"1,2,3\"\n");
  REQUIRE(made);
  CHECK(made->columns[0].type == column_type::category);
}

TEST_CASE("a comma inside a number takes a row apart, and the message says so") {
  CHECK(error_of("x,y\n3,14,2\n") ==
        "t.csv, line 2, column 3: the row has 3 cells, but the header names 2 columns; if 3,14 is one number, write it "
        "with a point");
  reading comma;
  comma.file.delimiter = ',';
  CHECK(error_of("x;y\n3,14;2\n", comma) ==
        "t.csv, line 2, column 2: the row has 2 cells, but the header names 1 column, \"x;y\"; --delimiter ';' would "
        "take "
        "it apart");
}

TEST_CASE("empty cells and the usual spellings are missing, in numbers and in categories") {
  const auto made = read("x,c\n1,a\n,b\nNA,?\n?,\nnull,N/A\nNone,a\n", {});
  REQUIRE(made);
  CHECK(made->columns[0].type == column_type::number);
  CHECK(made->columns[0].missing == 5);
  CHECK(std::isnan(made->columns[0].numbers[1]));
  CHECK(made->columns[1].missing == 3);
  CHECK(made->columns[1].codes[2] == missing_code);
}

TEST_CASE("further spellings of missing are taken as told") {
  reading how;
  how.missing = {"-999", "unknown"};
  const auto made = read("x,c\n1,a\n-999,unknown\n2,b\n", how);
  REQUIRE(made);
  CHECK(made->columns[0].missing == 1);
  CHECK(made->columns[1].missing == 1);
}

TEST_CASE("a cell that says NaN or infinity is an error with its place, or missing where that is asked for") {
  CHECK(error_of("age,y\n1,a\nnan,b\n") ==
        "t.csv, line 3, column 1 (\"age\"): the cell says \"nan\", which is no number; --nan missing treats such cells "
        "as missing");
  CHECK(code_of("age\n1\n1e999\n") == mr::errc::not_finite);
  CHECK(code_of("age\n1\n-inf\n") == mr::errc::not_finite);
  CHECK(code_of("word\na\nb\nNaN\n") == mr::errc::not_finite);
  reading how;
  how.file.not_finite = mr::feature::not_finite_cells::missing;
  const auto made = read("age,word\n1,a\nnan,NaN\ninf,b\n", how);
  REQUIRE(made);
  CHECK(made->columns[0].missing == 2);
  CHECK(made->columns[1].missing == 1);
}

TEST_CASE("among words, Inf and Nan are words") {
  const auto made = read("name\nInf\nNan\nBob\n");
  REQUIRE(made);
  CHECK(made->columns[0].categories == std::vector<std::string>{"Inf", "Nan", "Bob"});
}

TEST_CASE("text in a long column of numbers is an error with its place and what to do") {
  const std::string text = lines("x", 100, [](int i) { return i == 57 ? std::string("oops") : std::to_string(i * 7); });
  CHECK(error_of(text) ==
        "t.csv, line 59, column 1 (\"x\"): \"oops\" stands in a column of numbers; if it means that the value is "
        "missing, "
        "say so with --missing \"oops\"");
  CHECK(code_of(text) == mr::errc::type_mismatch);
}

TEST_CASE("columns that cannot help are set aside, and say why") {
  std::string text = "id,row,same,empty,half,x\n";
  for (int i = 0; i < 60; ++i)
    text += "user" + std::to_string(i) + "," + std::to_string(i + 1) + ",k,," + (i % 2 == 0 ? "k" : "") + "," +
            std::to_string(i * i) + "\n";
  const auto made = read(text);
  REQUIRE(made);
  CHECK(made->columns[0].dropped == "nearly every cell is different, like an identifier");
  CHECK(made->columns[1].dropped == "counts the rows");
  CHECK(made->columns[2].dropped == "every cell is the same");
  CHECK(made->columns[3].dropped == "every cell is missing");
  CHECK(made->columns[4].dropped.empty());  // whether it is missing is worth knowing
  CHECK(made->columns[5].dropped.empty());
}

TEST_CASE("repeated and empty column names get names of their own, and a note") {
  const auto made = read("a,,a,a (1),a\n1,2,3,4,5\n");
  REQUIRE(made);
  std::vector<std::string> names;
  for (const column& one : made->columns) names.push_back(one.name);
  CHECK(names.size() == 5);
  CHECK(names[0] == "a");
  CHECK(names[1] == "column 2");
  std::sort(names.begin(), names.end());
  CHECK(std::unique(names.begin(), names.end()) == names.end());
  CHECK(made->notes.size() >= 3);
}

TEST_CASE("an empty table is an error of its own") {
  CHECK(error_of("") == "t.csv is empty: the first line should name the columns");
  CHECK(error_of("a,b\n\n") == "t.csv has a header of 2 columns and no rows");
  CHECK(code_of("") == mr::errc::truncated);
  CHECK(code_of("a,b\r\n") == mr::errc::truncated);
}

TEST_CASE("a ragged row is an error that names line and column") {
  CHECK(error_of("a,b,c\n1,2,3\n1,2\n") ==
        "t.csv, line 3, column 3: the row ends after 2 cells, but the header names 3 columns");
  CHECK(error_of("a,b\n1,2\n1,2,3\n") ==
        "t.csv, line 3, column 3: the row has 3 cells, but the header names 2 columns");
  CHECK(error_of("a,b\n1,\"2\n") == "t.csv, line 2, column 2: the quote that opens here is never closed");
  CHECK(code_of("a,b\n1\n") == mr::errc::invalid_data);
}

TEST_CASE("a missing column is an error that helps to find it") {
  CHECK(error_of("age,Income\n1,2\n", learn("income")) ==
        "t.csv has no column named \"income\"; did you mean \"Income\"?");
  CHECK(error_of("age,income\n1,2\n", learn("wage")) ==
        "t.csv has no column named \"wage\"; its columns are age, income");
  reading comma = learn("income");
  comma.file.delimiter = ',';
  CHECK(error_of("age;income\n1;2\n", comma).find("--delimiter") != std::string::npos);
  CHECK(error_of("y,y\n1,2\n", learn("y")).find("more than one column named \"y\"") != std::string::npos);
  CHECK(code_of("a\n1\n", learn("b")) == mr::errc::not_found);
}

TEST_CASE("the target's two classes: yes is positive, else the rarer, and blanks do not matter") {
  auto made = read("x, y \n1,no\n2, yes\n3,yes \n4,yes\n", learn(" y"));
  REQUIRE(made);
  CHECK(made->target.name == "y");
  CHECK(made->target.positive == "yes");
  CHECK(made->target.negative == "no");
  CHECK(made->target.labels == std::vector<std::uint8_t>{0, 1, 1, 1});
  CHECK(made->target.positives == 3);
  CHECK(made->columns.size() == 1);
  made = read("y\na\nb\nb\n", learn("y"));
  REQUIRE(made);
  CHECK(made->target.positive == "a");
  made = read("y\na\nb\nb\n", learn("y", "b"));
  REQUIRE(made);
  CHECK(made->target.positive == "b");
  made = read("y\n0\n1.0\n1\n1\n0.0\n", learn("y"));
  REQUIRE(made);
  CHECK(made->target.labels == std::vector<std::uint8_t>{0, 1, 1, 1, 0});
}

TEST_CASE("a target of one class is refused; of two where two are asked for; --positive picks one of many") {
  CHECK(error_of("y\nno\nno\n", learn("y")).find("is \"no\" in every row") != std::string::npos);
  const std::string three = "y\na\na\nb\nb\na\nc\n";
  reading two = learn("y");
  two.task = task_kind::binary;
  const std::string many = error_of(three, two);
  CHECK(many.find("has 3 classes, \"a\" (3 rows), \"b\" (2 rows), \"c\" (1 row)") != std::string::npos);
  CHECK(many.find("stands on line 7") != std::string::npos);
  CHECK(many.find("--positive") != std::string::npos);
  const std::string quantity = lines("y", 30, [](int i) { return std::to_string(i) + ".5"; });
  CHECK(error_of(quantity, two).find("a quantity with 30 different values from 0.5 to 29.5") != std::string::npos);
  CHECK(code_of(quantity, two) == mr::errc::unsupported);
  CHECK(error_of(three, learn("y", "d")).find("is never \"d\"") != std::string::npos);
  const auto made = read(three, learn("y", "b"));
  REQUIRE(made);
  CHECK(made->target.negative == "not b");
  CHECK(made->target.positives == 2);
  CHECK(read(quantity, learn("y", "3.50")));
}

TEST_CASE("a target cell without a class is an error with its place") {
  const std::string ab = lines("x,y", 12, [](int i) { return std::to_string(i * i) + (i % 2 == 0 ? ",a" : ",b"); });
  CHECK(error_of(ab + "2,\n", learn("y")) ==
        "t.csv, line 14, column 2 (\"y\"): the target is missing, and a row without a target cannot be learned from; "
        "--drop-missing-target leaves such rows out");
  CHECK(error_of(ab + "3,NaN\n", learn("y")).find("line 14, column 2 (\"y\"): the target says \"NaN\"") !=
        std::string::npos);
  reading how = learn("y");
  how.file.not_finite = mr::feature::not_finite_cells::missing;
  CHECK(code_of(ab + "3,NaN\n", how) == mr::errc::type_mismatch);
}

TEST_CASE("a target is told by what it holds: two values, several, or amounts") {
  const auto target_of = [](const std::string& text, std::optional<task_kind> task = {}) {
    reading how = learn("y");
    how.task = task;
    const auto made = read(text, how);
    REQUIRE(made);
    return made->target;
  };
  const target_column texts = target_of("y\nb\na\nc\nb\n");
  CHECK(texts.task == task_kind::classes);
  CHECK(texts.classes == std::vector<std::string>{"a", "b", "c"});
  CHECK(texts.labels == std::vector<std::uint8_t>{1, 0, 2, 1});
  const std::string grades = "y\n10\n2\n1\n2.0\n";
  CHECK(target_of(grades).classes == std::vector<std::string>{"1", "2", "10"});
  CHECK(target_of(grades, task_kind::number).values == std::vector<double>{10, 2, 1, 2});
  CHECK(target_of("y\n1.5\n2\n3\n").task == task_kind::number);
  const std::string many = lines("y", 30, [](int i) { return std::to_string(i); });
  CHECK(target_of(many).task == task_kind::number);
  CHECK(target_of(many, task_kind::classes).classes.size() == 30);
  const target_column paid = target_of(lines("y", 30, [](int i) { return "\"$" + std::to_string(i + 1) + ",000\""; }));
  CHECK(paid.task == task_kind::number);
  CHECK(paid.values[7] == 8000);
  CHECK(target_of("y\nyes\nno\nno\n", task_kind::classes).task == task_kind::binary);
}

TEST_CASE("a target of names, of one number, or with a word among its numbers is refused") {
  const std::string names = lines("y", 300, [](int i) { return "name" + std::to_string(i); });
  CHECK(error_of(names, learn("y")) ==
        "the target \"y\" of t.csv has 300 different texts in 300 rows, and at most 100 classes are learned; "
        "--positive VALUE learns one value against the rest");
  reading number = learn("y");
  number.task = task_kind::number;
  CHECK(error_of("y\n5\n5.0\n", number).find("is \"5\" in every row") != std::string::npos);
  CHECK(error_of("x,y\n1,5\n2,much\n3,6\n", number) ==
        "t.csv, line 3, column 2 (\"y\"): \"much\" is no number; if it means that the value is missing, "
        "say so with --missing \"much\"");
  number.drop_missing_target = true;
  const auto made = read("x,y\n1,5\n2,\n3,6\n", number);
  REQUIRE(made);
  CHECK(made->target.values == std::vector<double>{5, 6});
}
