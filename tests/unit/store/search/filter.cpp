#include <millrace/store/search/filter.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/store/search/mlflow_schemas.hpp>
#include <support/catch.hpp>
#include <support/search_rows.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;

namespace {

using searched::row;
constexpr auto mlflow = ms::search_grammar::mlflow;

bool matches(const row& one, const std::string& text, ms::search_grammar grammar = ms::search_grammar::full) {
  INFO(text);
  const auto filter = ms::search_filter::make(text, ms::run_schema, grammar);
  if (!filter) FAIL(filter.error().message());
  return filter->matches(one);
}
std::string refusal(std::string_view text, ms::search_grammar grammar = ms::search_grammar::full) {
  const auto filter = ms::search_filter::make(text, ms::run_schema, grammar);
  return filter ? "taken" : filter.error().message();
}

// A filter as a tree of its own, and what it means, written down as plainly as can be.
struct tree {
  std::string word;  // AND, OR, NOT, or how a condition compares
  bool negated = false;
  std::size_t key = 0;
  std::vector<searched::value> values;
  std::vector<tree> children;
};
struct known_key {
  ms::search_kind kind;
  const char* name;
  const char* written[3];
  bool number;
};
const known_key keys[] = {
    {ms::search_kind::metric, "m", {"metrics.m", "metric.`m`", "`metrics`.\"m\""}, true},
    {ms::search_kind::metric,
     "val/loss 2.0",
     {"metrics.`val/loss 2.0`", "metrics.\"val/loss 2.0\"", "metric.'val/loss 2.0'"},
     true},
    {ms::search_kind::attribute, "start_time", {"start_time", "attributes.start_time", "run.created"}, true},
    {ms::search_kind::param, "p", {"params.p", "parameter.p", "param.'p'"}, false},
    {ms::search_kind::tag, "we`ird", {"tags.`we``ird`", "tag.\"we`ird\"", "tags.'we`ird'"}, false},
    {ms::search_kind::dataset, "name", {"dataset.name", "datasets.name", "dataset.`name`"}, false},
};
const double infinity = std::numeric_limits<double>::infinity();
const std::vector<searched::value> numbers = {0.0,
                                              -0.0,
                                              1.0,
                                              std::int64_t{1},
                                              std::int64_t{-7},
                                              0.5,
                                              -2.25,
                                              1e300,
                                              5e-324,
                                              infinity,
                                              -infinity,
                                              (std::int64_t{1} << 53) + 1,
                                              0x1p53,
                                              (std::numeric_limits<std::int64_t>::max)(),
                                              0x1p63,
                                              (std::numeric_limits<std::int64_t>::min)()};
const std::vector<std::string> texts = {
    "",     "a",   "A",  "ab",  "aB%", "it's", "say \"x\"", "1",
    "1.0",  "0x1", "-7", "inf", "50%", "a_b",  "\xc3\xa9",  "'; DROP TABLE runs; --",
    "NULL", "\\",  "`"};

using truth = std::optional<bool>;  // empty: unknown

std::optional<long double> number_of(const searched::value& one) {
  if (const auto* integer = std::get_if<std::int64_t>(&one)) return static_cast<long double>(*integer);
  if (const auto* real = std::get_if<double>(&one)) return static_cast<long double>(*real);
  const std::string& text = std::get<std::string>(one);
  if (text == "1" || text == "1.0") return 1.0L;
  if (text == "-7") return -7.0L;
  if (text == "inf") return static_cast<long double>(infinity);
  return {};
}
template <class Compare>
truth compared(const searched::value& a, const searched::value& b, Compare compare) {
  const auto* x = std::get_if<std::string>(&a);
  const auto* y = std::get_if<std::string>(&b);
  if (x != nullptr && y != nullptr) return compare(*x, *y);
  const auto m = number_of(a);
  const auto n = number_of(b);
  if (!m || !n) return {};
  return compare(*m, *n);
}
bool slow_like(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '%')
    return slow_like(text, pattern.substr(1)) || (!text.empty() && slow_like(text.substr(1), pattern));
  if (text.empty()) return false;
  if (pattern[0] != '_') return text[0] == pattern[0] && slow_like(text.substr(1), pattern.substr(1));
  std::size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) ++length;
  return slow_like(text.substr(length), pattern.substr(1));
}
std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}
truth one_value(const searched::value& value, const tree& at) {
  const auto literal = [&](std::size_t i) -> const searched::value& { return at.values[i]; };
  const bool nan = std::holds_alternative<double>(value) && std::isnan(std::get<double>(value));
  if (at.word == "NAN") return nan;
  if (at.word == "NULL") return false;
  if (at.word == "=") return compared(value, literal(0), [](const auto& a, const auto& b) { return a == b; });
  if (at.word == "!=") return compared(value, literal(0), [](const auto& a, const auto& b) { return a != b; });
  if (at.word == "<") return compared(value, literal(0), [](const auto& a, const auto& b) { return a < b; });
  if (at.word == "<=") return compared(value, literal(0), [](const auto& a, const auto& b) { return a <= b; });
  if (at.word == ">") return compared(value, literal(0), [](const auto& a, const auto& b) { return a > b; });
  if (at.word == ">=") return compared(value, literal(0), [](const auto& a, const auto& b) { return a >= b; });
  if (at.word == "LIKE" || at.word == "ILIKE") {
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) return {};
    const std::string& pattern = std::get<std::string>(literal(0));
    return at.word == "LIKE" ? slow_like(*text, pattern) : slow_like(lower(*text), lower(pattern));
  }
  truth found = at.word == "IN" ? truth(false) : truth(true);
  for (std::size_t i = 0; i < at.values.size(); ++i) {
    truth holds;
    if (at.word == "IN")
      holds = compared(value, literal(i), [](const auto& a, const auto& b) { return a == b; });
    else if (i == 0)
      holds = compared(value, literal(0), [](const auto& a, const auto& b) { return a >= b; });
    else
      holds = compared(value, literal(1), [](const auto& a, const auto& b) { return a <= b; });
    if (!holds) return {};  // all values of a list have one type
    if (at.word == "IN")
      found = *found || *holds;
    else
      found = *found && *holds;
  }
  return found;
}
truth meaning(const tree& at, const row& one) {
  if (at.word == "NOT") {
    const truth below = meaning(at.children[0], one);
    return below ? truth(!*below) : truth();
  }
  if (at.word == "AND" || at.word == "OR") {
    bool unknown = false;
    for (const tree& child : at.children) {
      const truth below = meaning(child, one);
      if (!below)
        unknown = true;
      else if (*below == (at.word == "OR"))
        return *below;
    }
    return unknown ? truth() : truth(at.word == "AND");
  }
  const auto negate = [&](truth found) { return found && at.negated ? truth(!*found) : found; };
  const auto held = one.values.find({keys[at.key].kind, keys[at.key].name});
  if (held == one.values.end()) return at.word == "NULL" ? negate(true) : truth();
  if (keys[at.key].kind != ms::search_kind::dataset) return negate(one_value(held->second[0], at));
  for (const searched::value& each : held->second)
    if (negate(one_value(each, at)) == truth(true)) return true;
  return false;
}

class maker {
 public:
  explicit maker(std::uint64_t seed) : draw_(seed) {}

  std::size_t below(std::size_t end) { return draw_() % end; }
  template <class T>
  const T& one_of(const std::vector<T>& all) {
    return all[below(all.size())];
  }

  tree made_tree(std::size_t depth) {
    tree made;
    const std::size_t choice = depth == 0 ? 9 : below(10);
    if (choice < 5) {
      made.word = choice == 0 ? "NOT" : choice < 3 ? "AND" : "OR";
      for (std::size_t n = choice == 0 ? 1 : 2 + below(3); n != 0; --n) made.children.push_back(made_tree(depth - 1));
      return made;
    }
    made.key = below(std::size(keys));
    const bool number = keys[made.key].number;
    static const std::vector<std::string> words = {
        "=", "!=", "<", "<=", ">", ">=", "IN", "BETWEEN", "NULL", "LIKE", "ILIKE", "NAN"};
    do made.word = one_of(words);
    while (number ? made.word == "LIKE" || made.word == "ILIKE" : made.word == "NAN");
    const bool can_be_negated = made.word.size() > 2 || made.word == "IN";
    made.negated = can_be_negated && below(2) == 0;
    const bool patterns = made.word == "LIKE" || made.word == "ILIKE";
    const bool numeric = number || (!patterns && below(4) == 0);
    std::size_t count = made.word == "NULL" || made.word == "NAN" ? 0
                        : made.word == "BETWEEN"                  ? 2
                        : made.word == "IN"                       ? 1 + below(5)
                                                                  : 1;
    for (; count != 0; --count) {
      if (numeric)
        made.values.push_back(one_of(numbers));
      else if (patterns)
        made.values.emplace_back(pattern());
      else
        made.values.emplace_back(one_of(texts));
    }
    return made;
  }
  row made_row() {
    row one;
    for (const known_key& key : keys) {
      if (below(4) == 0) continue;
      const std::size_t count = key.kind == ms::search_kind::dataset ? 1 + below(3) : 1;
      for (std::size_t i = 0; i < count; ++i) {
        if (!key.number)
          one.with(key.kind, key.name, one_of(texts));
        else if (below(8) == 0)
          one.with(key.kind, key.name, std::nan(""));
        else
          one.with(key.kind, key.name, one_of(numbers));
      }
    }
    return one;
  }

  /// The tree in words, with blanks, parentheses and cases as they come.
  std::string text(const tree& at) {
    const bool group = at.word == "AND" || at.word == "OR";
    std::string made;
    if (at.word == "NOT") {
      made = word("NOT") + child(at.children[0]);
    } else if (group) {
      for (std::size_t i = 0; i < at.children.size(); ++i)
        made += (i == 0 ? "" : word(at.word)) + child(at.children[i]);
    } else {
      made = keys[at.key].written[below(3)];
      if (at.word == "NULL" || at.word == "NAN") {
        made += word("IS") + (at.negated ? word("NOT") : "") + word(at.word);
      } else {
        if (at.negated) made += word("NOT");
        const bool sign = at.word.size() < 3 && at.word != "IN";
        made += sign ? blanks() + at.word + blanks() : word(at.word);
        if (at.word == "IN") made += "(";
        for (std::size_t i = 0; i < at.values.size(); ++i) {
          if (i != 0) made += at.word == "IN" ? "," + blanks() : word("AND");
          made += literal(at.values[i]);
        }
        if (at.word == "IN") made += ")";
      }
    }
    return below(10) == 0 ? "(" + blanks() + made + blanks() + ")" : made;
  }

 private:
  std::string pattern() {
    std::string made;
    for (std::size_t n = below(4); n != 0; --n)
      made += std::vector<std::string>{"%", "_", "a", "B", "1", "\xc3\xa9", "'"}[below(7)];
    return made;
  }
  std::string child(const tree& at) {
    const bool group = at.word == "AND" || at.word == "OR";
    return group ? "(" + text(at) + ")" : text(at);
  }
  std::string blanks() { return std::vector<std::string>{"", " ", "  ", "\n\t"}[below(4)]; }
  std::string word(const std::string& upper) {
    return " " + blanks() + (below(2) == 0 ? lower(upper) : upper) + blanks() + " ";
  }
  std::string literal(const searched::value& value) {
    std::string made;
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
    if (const auto* real = std::get_if<double>(&value)) {
      if (std::isinf(*real)) return *real > 0 ? "inf" : "-Infinity";
      mr::append_json(made, *real);
      return made;
    }
    const char mark = below(2) == 0 ? '\'' : '"';
    made += mark;
    for (const char c : std::get<std::string>(value)) made.append(c == mark ? 2 : 1, c);
    return made += mark;
  }

  mr::random_engine draw_;
};

}  // namespace

TEST_CASE("search: a filter means what a slow reading of it means, however it is written") {
  maker make(31);
  std::size_t yes = 0;
  for (int i = 0; i < 4000; ++i) {
    const tree at = make.made_tree(make.below(4));
    const std::string text = make.text(at);
    INFO(text);
    const auto filter = ms::search_filter::make(text, ms::run_schema);
    if (!filter) FAIL(filter.error().message());
    const auto again = ms::search_filter::make(to_text(*filter), ms::run_schema);
    if (!again) FAIL(to_text(*filter) << ": " << again.error().message());
    REQUIRE(*again == *filter);
    REQUIRE(to_text(*again) == to_text(*filter));
    for (int r = 0; r < 10; ++r) {
      const row one = make.made_row();
      const bool expected = meaning(at, one) == truth(true);
      yes += expected;
      REQUIRE(filter->matches(one) == expected);
    }
  }
  CHECK(yes > 5000);
  CHECK(yes < 35'000);
}

TEST_CASE("search: a run that lacks a key meets no condition on it but IS NULL") {
  const row run = row().metric("a", 1).param("p", "x");
  CHECK(matches(run, "metrics.a != 2", mlflow));
  CHECK_FALSE(matches(run, "metrics.b != 2", mlflow));
  CHECK_FALSE(matches(run, "params.q != 'x'", mlflow));
  CHECK_FALSE(matches(run, "tags.t NOT IN ('x')"));
  CHECK_FALSE(matches(run, "NOT metrics.b = 2"));
  CHECK(matches(run, "params.q IS NULL", mlflow));
  CHECK_FALSE(matches(run, "params.p IS NULL", mlflow));
  CHECK(matches(run, "metrics.b = 1 OR metrics.a = 1"));
  CHECK_FALSE(matches(run, "metrics.b = 1 OR NOT metrics.b = 1"));
}

TEST_CASE("search: NaN is unequal to every number and nothing else; infinities are numbers") {
  const row run = row().metric("nan", std::nan("")).metric("up", infinity);
  CHECK(matches(run, "metrics.nan != 0", mlflow));
  for (const char* sign : {"=", "<", "<=", ">", ">="})
    CHECK_FALSE(matches(run, std::string("metrics.nan ") + sign + " 0", mlflow));
  CHECK(matches(run, "metrics.nan IS NAN AND metrics.up IS NOT NAN AND metrics.nan IS NOT NULL"));
  CHECK_FALSE(matches(run, "metrics.nan BETWEEN -inf AND inf"));
  CHECK_FALSE(matches(run, "metrics.nan IN (0, 1)"));
  CHECK(matches(run, "metrics.up > 1e308 AND metrics.up = inf"));
  CHECK(refusal("metrics.nan = NaN") == "filter of runs, byte 15: nothing compares with NaN; ask IS NAN or IS NOT NAN");
}

TEST_CASE("search: one of a run's data sets is enough, and NOT is about all of them") {
  const row run = row().dataset("name", "train").dataset("name", "test");
  CHECK(matches(run, "dataset.name = 'test'", mlflow));
  CHECK(matches(run, "dataset.name != 'test'", mlflow));
  CHECK(matches(run, "dataset.name NOT IN ('test')", mlflow));
  CHECK_FALSE(matches(run, "NOT dataset.name = 'test'"));
  CHECK(matches(run, "NOT dataset.name = 'dev'"));
  CHECK_FALSE(matches(run, "dataset.digest != 'x'", mlflow));
  CHECK(matches(run, "dataset.digest IS NULL AND dataset.name IS NOT NULL"));
}

TEST_CASE("search: times in nanoseconds and long integers compare to the last digit") {
  const row run = row().attribute("start_time", std::int64_t{1'700'000'000'123'456'789});
  CHECK(matches(run, "start_time = 1700000000123456789", mlflow));
  CHECK_FALSE(matches(run, "start_time > 1700000000123456789", mlflow));
  CHECK(matches(run, "start_time > 1700000000123456788 AND start_time < 1700000000123456790", mlflow));
}

TEST_CASE("search: params that are numbers compare with numbers in the full grammar") {
  const row run = row().param("lr", "0.010").param("net", "resnet");
  CHECK(matches(run, "params.lr = 0.01 AND params.lr < 0.1 AND params.lr IN (1, 1e-2)"));
  CHECK_FALSE(matches(run, "params.lr = '0.01'"));
  CHECK_FALSE(matches(run, "params.net != 5"));
  CHECK_FALSE(matches(run, "NOT params.net = 5"));
}

TEST_CASE("search: what looks like SQL in a text is text") {
  for (const std::string text :
       {"' OR '1'='1", "'; DROP TABLE runs; --", "x' UNION SELECT * FROM secrets --", "\\' OR 1=1 --", "%' AND '%'='",
        "admin'/*", "') OR ('a'='a", "\" OR \"\"=\"", "x\0y", "`", "\xff\xfe", "\n"}) {
    const row run = row().tag("t", text);
    const std::string quoted = ms::quoted_search_text(text);
    CHECK(matches(run, "tags.t = " + quoted));
    CHECK_FALSE(matches(row().tag("t", "other"), "tags.t = " + quoted));
    CHECK_FALSE(matches(row().tag("t", "other"), "tags.t IN (" + quoted + ", 'x')"));
    CHECK(matches(row().tag(text, "v"), "tags." + ms::quoted_search_key(text) + " = 'v'"));
    // Without quotes, it is no filter, or one that asks for what it says.
    const auto raw = ms::search_filter::make("tags.t = '" + text + "'", ms::run_schema);
    if (raw) CHECK_FALSE(raw->matches(row().tag("t", "other")));
  }
}

TEST_CASE("search: texts of 6,000 bytes and keys of any kind are found") {
  std::string text;
  while (text.size() < 6000) text += "it's \"50%\" \xc3\xa9\n";
  const row run = row().param("p", text).tag("a.b-c d/e:f`g'h\"i", "x");
  CHECK(matches(run, "params.p = " + ms::quoted_search_text(text)));
  CHECK_FALSE(matches(run, "params.p = " + ms::quoted_search_text(text + "x")));
  CHECK(matches(run, "params.p LIKE '%\"50%' AND params.p ILIKE 'IT''S%'"));
  CHECK(matches(run, "tags." + ms::quoted_search_key("a.b-c d/e:f`g'h\"i") + " = 'x'"));
  CHECK(ms::quoted_search_key("train.loss_1") == "train.loss_1");
  CHECK(ms::quoted_search_key("a b") == "`a b`");
}

TEST_CASE("search: MLflow's grammar leaves what is in quotes as MLflow leaves it") {
  const row run = row().param("a", "it''s").param("b", "it\\'s").param("c", "C:\\").attribute("run_id", "it's\t");
  CHECK(matches(run, "params.a = 'it''s' AND params.b = 'it\\'s'", mlflow));
  CHECK(matches(run, "params.c = 'C:\\'", mlflow));
  CHECK(matches(run, "run_id IN ('x', 'it\\'s\\t')", mlflow));
  CHECK(refusal("run_id IN ('\\x41')", mlflow) ==
        "filter of runs, byte 12: in a list, a backslash stands before \\, ', \", n, r or t");
  CHECK(matches(row().param("a", "it's").param("c", "C:\\"), "params.a = 'it''s' AND params.c = 'C:\\'"));
}

TEST_CASE("search: a refusal says where and what was expected") {
  CHECK(refusal("metrics.a >> 1") == "filter of runs, byte 12: expected a number, found \"> 1\"");
  CHECK(refusal("metrics.a") == "filter of runs, byte 10: expected =, !=, <, <=, > or >=, found the end");
  CHECK(refusal("tags.a") == "filter of runs, byte 7: expected =, != or another comparison, found the end");
  CHECK(refusal("tags.a = 'x") == "filter of runs, byte 10: the quote mark ' is not closed");
  CHECK(refusal("tags.a = x") == "filter of runs, byte 10: expected a text in quotes or a number, found \"x\"");
  CHECK(refusal("tags.a = 'x' tags") == "filter of runs, byte 14: expected AND, OR or the end, found \"tags\"");
  CHECK(refusal("(tags.a = 'x'") == "filter of runs, byte 14: expected AND, OR or `)`, found the end");
  CHECK(refusal("tags.a NOT = 'x'") ==
        "filter of runs, byte 12: expected IN, LIKE, ILIKE or BETWEEN behind NOT, found \"= 'x'\"");
  CHECK(refusal("metrics.a = '5'") == "filter of runs, byte 13: expected a number, without quotes");
  CHECK(refusal("run_id IN ('a', 5)", mlflow) == "filter of runs, byte 17: expected a text in quotes, found \"5)\"");
  CHECK(refusal("metrics.a IN (1)", mlflow) ==
        "filter of runs, byte 11: MLflow does not take this comparison for this key");
  CHECK(refusal(std::string("tags.a = \xff", 10)).size() < 200);
}

TEST_CASE("search: filters are bounded in size, conditions and depth") {
  std::string many = "metrics.a = 1";
  for (std::size_t i = 1; i < ms::max_search_conditions; ++i) many += " OR metrics.b" + std::to_string(i) + " = 1";
  CHECK(matches(row().metric("b999", 1), many));
  CHECK(refusal(many + " OR metrics.a = 1").find("more than 1000 conditions") != std::string::npos);
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '(') + "metrics.a = 1" + std::string(depth, ')');
  };
  CHECK(matches(row().metric("a", 1), nested(ms::max_search_depth - 1)));
  CHECK(refusal(nested(ms::max_search_depth)).find("nested more than 64 deep") != std::string::npos);
  CHECK(refusal(nested(100'000)).find("nested more than 64 deep") != std::string::npos);
  std::string negations;
  for (int i = 0; i < 100'000; ++i) negations += "NOT ";
  CHECK(refusal(negations).find("nested more than 64 deep") != std::string::npos);
  CHECK(refusal(std::string(ms::max_search_filter + 1, ' ')).find("1048576 at most") != std::string::npos);
  CHECK(refusal("tags.a LIKE '" + std::string(9000, '%') + "'").find("8000 at most") != std::string::npos);
}

TEST_CASE("search: a list of ten thousand ids is searched by halves, and has one form") {
  std::string list = "run_id IN ('none'";
  for (int i = 9999; i >= 0; --i) list += ", 'run" + std::to_string(i * 7) + "', 'run0'";
  const auto filter = ms::search_filter::make(list + ")", ms::run_schema, mlflow);
  REQUIRE(filter);
  CHECK(filter->nodes()[0].count == 10'001);
  for (int i = 0; i < 10'000; ++i) {
    const bool found = filter->matches(row().attribute("run_id", "run" + std::to_string(i)));
    if (found != (i % 7 == 0)) FAIL(i);
  }
  CHECK(to_text(*ms::search_filter::make("run_id in ('b','a','b')", ms::run_schema)) ==
        "attributes.run_id IN ('a', 'b')");
}

TEST_CASE("search: any bytes are a filter that is printed and read again, or are refused") {
  mr::random_engine draw(32);
  maker make(33);
  std::size_t taken = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = make.text(make.made_tree(2));
    for (std::size_t n = 1 + draw() % 2; n != 0; --n) {
      const std::size_t at = draw() % text.size();
      switch (draw() % 4) {
        case 0: text[at] = static_cast<char>(draw()); break;
        case 1: text.erase(at, 1 + draw() % 4); break;
        case 2: text.insert(at, std::string(1, "'\"`().%_- 0\\\0e"[draw() % 15])); break;
        default: text.resize(at);
      }
      if (text.empty()) text = " ";
    }
    for (const auto grammar : {ms::search_grammar::full, mlflow}) {
      const auto filter = ms::search_filter::make(text, ms::run_schema, grammar);
      if (!filter) {
        REQUIRE(filter.error().code() == mr::errc::invalid_argument);
        continue;
      }
      ++taken;
      const auto again = ms::search_filter::make(to_text(*filter), ms::run_schema);
      INFO(text << " is " << to_text(*filter));
      REQUIRE(again);
      REQUIRE(*again == *filter);
    }
  }
  CHECK(taken > 1000);
}
