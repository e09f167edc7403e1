#ifndef MILLRACE_EXAMPLES_LIFECYCLE_OPTIONS_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_OPTIONS_HPP

#include "data/payments.hpp"
#include "data/read_table.hpp"
#include "data/split.hpp"
#include "model/decisions.hpp"
#include "model/learn.hpp"
#include "stop.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lifecycle {

struct options {
  std::string input;  // empty: made-up payments
  std::size_t rows = 100'000;
  std::string use;  // empty: train
  std::string out = "out";
  reading read;
  split_shares shares;
  training_options training;
  mistake_costs costs;
  std::uint64_t seed = 42;
};

inline constexpr const char* exit_codes_help =
    "Without --input it makes up card payments and learns which are fraud.\n\n"
    "Missing values: an empty cell, NA, N/A, null, None and ? are missing (and what --missing adds). A missing number\n"
    "becomes the median, and a second number says that it was missing; a missing category is a category of its own. A\n"
    "cell that says NaN or infinity is an error, unless --nan missing is given. A row without a target is an error, "
    "unless\n"
    "--drop-missing-target is given.\n\n"
    "Numbers: 1,020 and 1 020 and 1'020 are read as 1020, $7.25 and 7.25 EUR as 7.25, 12 % as 12, and dates as days\n"
    "since 1970. What was assumed is said in the description; what may mean two things is asked.\n\n"
    "Exit codes: 0 done; 1 internal error; 2 wrong options; 3 the file cannot be read; 4 it is no table; 5 it has no\n"
    "rows; 6 no such column; 7 the target is not two classes; 8 a cell is no number; 9 the folder cannot be written;\n"
    "10 training or serving failed; 130 interrupted.";

/// What the one at the keyboard called: tools/demo says so, when it is that.
inline const char* program_name() noexcept {
  const char* const called = std::getenv("LIFECYCLE_CALLED_AS");
  return called != nullptr && *called != '\0' ? called : "lifecycle";
}

namespace detail {

/// How many letters must be put in, left out or changed to make one word of the other.
inline std::size_t distance(std::string_view one, std::string_view other) {
  std::vector<std::size_t> row(other.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= one.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= other.size(); ++j) {
      const std::size_t changed = diagonal + (one[i - 1] == other[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = (std::min)({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

/// Ends the job at the first word that is no option, and says which one it resembles.
inline void refuse_extras(const CLI::App& app) {
  const std::vector<std::string> extras = app.remaining();
  if (extras.empty()) return;
  const std::string& word = extras.front();
  std::string like;
  std::size_t least = 3;
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = option->get_name();
    if (const std::size_t far = distance(word, name); far < least) {
      least = far;
      like = name;
    }
  }
  throw stop{exit_code::usage, word + (word.starts_with('-') ? " is no option" : " was not expected") +
                                   (like.empty() ? "" : "; did you mean " + like + "?") + " (see --help)"};
}

}  // namespace detail

namespace detail {

/// What stands on the command line and is no option of the job yet.
struct option_words {
  std::string delimiter;
  std::string comment = "#";
  std::string decimal;
  std::string thousands;
  std::string dates;
  std::string nan = "refuse";
  std::string cost;
};

inline void add_reading_options(CLI::App& app, options& read, option_words& words) {
  app.add_option("--delimiter", words.delimiter, "what stands between cells; \"tab\" for a tab [the one that fits]");
  app.add_option("--comment", words.comment, "what a line begins with that is passed over, or none")
      ->capture_default_str();
  app.add_option("--decimal", words.decimal,
                 "what stands before a number's fraction: point or comma [point, and a column of cells such as 3,14 is "
                 "asked about]")
      ->check(CLI::IsMember({"point", "comma"}));
  app.add_option("--thousands", words.thousands,
                 "what stands between groups of three digits: comma, point, space, apostrophe or none [what the "
                 "column shows, which is said]")
      ->check(CLI::IsMember({"comma", "point", "space", "apostrophe", "none"}));
  app.add_option("--dates", words.dates, "what stands first in dates such as 03/04/2024: day or month")
      ->check(CLI::IsMember({"day", "month"}));
  app.add_option("--missing", read.read.missing, "a further spelling of \"missing\"; may be repeated")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--nan", words.nan, "what cells are that say NaN or infinity: refuse or missing")
      ->capture_default_str()
      ->check(CLI::IsMember({"refuse", "missing"}));
}

/// Options that say what to make of a table's columns and rows; a model that is used has them from its training.
inline std::vector<CLI::Option*> add_learning_options(CLI::App& app, options& read, option_words& words) {
  const auto repeated = [](CLI::Option* option) {
    return option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  };
  return {
      app.add_flag("--drop-missing-target", read.read.drop_missing_target, "leave out rows whose target is missing"),
      repeated(app.add_option("--category", read.read.words,
                              "a column whose cells are words, whatever they look "
                              "like; may be repeated")),
      repeated(app.add_option("--ignore", read.read.ignored, "a column to leave out; may be repeated")),
      app.add_option("--cost", words.cost,
                     "what a false alarm and a miss cost, such as 1:20; a row counts as positive where that is "
                     "the cheaper mistake [1:1]")};
}

inline void add_training_options(CLI::App& app, options& read) {
  app.add_option("--seed", read.seed, "for the split, the network's start and made-up payments")->capture_default_str();
  app.add_option("--epochs", read.training.epochs, "passes over the training rows, at most")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
}

/// One character, as the shell can give it. Ends the job where it is none.
inline char one_character(std::string_view option, std::string_view word) {
  if (word == "tab" || word == "\\t") return '\t';
  if (word.size() != 1 || word.find_first_of("\"\r\n") != word.npos)
    throw stop{exit_code::usage, std::string(option) + " is one character, such as ; or tab"};
  return word[0];
}

inline void apply_words(reading& read, const option_words& words) {
  if (!words.delimiter.empty()) read.format.delimiter = one_character("--delimiter", words.delimiter);
  read.format.comment = words.comment == "none" ? '\0' : one_character("--comment", words.comment);
  notation_wishes& numbers = read.numbers;
  if (!words.decimal.empty())
    numbers.decimal = words.decimal == "comma" ? decimal_mark::comma : decimal_mark::point_surely;
  if (words.thousands == words.decimal && !words.decimal.empty())
    throw stop{exit_code::usage, "--decimal and --thousands cannot both be " + words.decimal};
  if (!words.thousands.empty())
    numbers.thousands = words.thousands == "comma"        ? ','
                        : words.thousands == "point"      ? '.'
                        : words.thousands == "space"      ? ' '
                        : words.thousands == "apostrophe" ? '\''
                                                          : '\0';
  if (words.thousands == "point") numbers.decimal = decimal_mark::comma;  // a point cannot be both
  if (!words.dates.empty()) numbers.dates = words.dates == "day" ? date_order::day_first : date_order::month_first;
  read.nan_is_missing = words.nan == "missing";
}

/// "1:20" as the costs of a false alarm and of a miss. Ends the job where it is no such thing.
inline mistake_costs read_costs(const std::string& word) {
  const std::size_t colon = word.find(':');
  const parsed_cell alarm = parse_number(std::string_view(word).substr(0, colon), {});
  const parsed_cell miss = colon == word.npos ? alarm : parse_number(std::string_view(word).substr(colon + 1), {});
  if (colon == word.npos || alarm.kind != cell_kind::number || miss.kind != cell_kind::number || !(alarm.number > 0) ||
      !(miss.number > 0))
    throw stop{exit_code::usage, "--cost is what a false alarm and a miss cost, two numbers above 0, such as 1:20"};
  return {alarm.number, miss.number};
}

/// Ends the job where options contradict each other.
inline void check(const options& read) {
  if (!read.input.empty() && read.use.empty() && read.read.target.empty())
    throw stop{exit_code::usage, "--input needs --target: which of its columns is to be learned?"};
  if (read.input.empty() && !read.read.target.empty())
    throw stop{exit_code::usage, "--target needs --input: which file has that column?"};
  for (const auto* names : {&read.read.words, &read.read.ignored})
    if (std::find(names->begin(), names->end(), read.read.target) != names->end() && !read.read.target.empty())
      throw stop{exit_code::usage, in_quotes(read.read.target) + " is the target; --category and --ignore name others"};
}

}  // namespace detail

/// Reads the command line. Ends the job where it makes no sense; returns nothing where it asked for help, which is
/// printed then.
inline std::optional<options> read_options(int argc, const char* const* argv) {
  options read;
  detail::option_words words;
  CLI::App app("Trains, judges and serves a model on a table, under millrace's production middleware.", program_name());
  app.footer(exit_codes_help);
  auto* input = app.add_option("--input", read.input, "the table: a CSV file whose first line names the columns");
  auto* target = app.add_option("--target", read.read.target, "the column to learn: two classes");
  app.add_option("--positive", read.read.positive, "the target's value to learn against the rest");
  auto* out = app.add_option("--out", read.out, "the folder for what comes out [out; with --use: predictions]");
  auto* use = app.add_option("--use", read.use,
                             "do not train: use the model in this folder, an earlier run's --out, on "
                             "--input, and write predictions.csv");
  app.add_option("--rows", read.rows, "how many payments to make up")
      ->capture_default_str()
      ->check(CLI::Range(1'000, 10'000'000))
      ->excludes(input);
  detail::add_training_options(app, read);
  detail::add_reading_options(app, read, words);
  for (CLI::Option* option : detail::add_learning_options(app, read, words)) option->excludes(use);
  target->excludes(use);
  use->needs(input);
  app.allow_extras();
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    app.exit(asked);
    return std::nullopt;
  } catch (const CLI::ParseError& why) {
    throw stop{exit_code::usage, std::string(why.what()) + " (see --help)"};
  }
  detail::refuse_extras(app);
  if (!read.use.empty() && out->count() == 0) read.out = "predictions";
  detail::apply_words(read.read, words);
  if (!words.cost.empty()) read.costs = detail::read_costs(words.cost);
  detail::check(read);
  if (read.input.empty()) read.read.target = std::string(payments_target);
  read.training.seed = read.seed;
  return read;
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_OPTIONS_HPP
