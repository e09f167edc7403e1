#include "options.hpp"

#include "data/payments.hpp"
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

namespace {

constexpr const char* exit_codes_help =
    "Without --input it makes up card payments and learns which are fraud.\n\n"
    "Models: a linear one (logistic or ridge regression), boosted trees, a random forest and a neural network are "
    "compared\n"
    "by cross-validation, and the one with the least loss is fitted to all training rows. The seed decides what comes "
    "out,\n"
    "unless the budget runs out before all are compared.\n\n"
    "Missing values: an empty cell, NA, N/A, n/a, null, NULL, None and ? are missing (and what --missing adds), "
    "unless\n"
    "the model of --model-file knows such a word as one of a column's categories. A missing number\n"
    "becomes the median, and a second number says that it was missing; a missing category is a category of its own. A\n"
    "cell that says NaN or infinity is an error, unless --nan missing is given. A row without a target is an error, "
    "unless\n"
    "--drop-missing-target is given.\n\n"
    "Numbers: 1,020 and 1 020 and 1'020 are read as 1020, $7.25 and 7.25 EUR as 7.25, 12 % as 12, and dates as days\n"
    "since 1970. What was assumed is said in the description; what may mean two things is asked.\n\n"
    "Exit codes: 0 done; 1 internal error; 2 wrong options; 3 the file cannot be read; 4 it is no table; 5 it has no\n"
    "rows; 6 no such column; 7 the target cannot be learned; 8 a cell is no number; 9 the folder cannot be written;\n"
    "10 training or serving failed; 11 the budget ran out before a model was compared; 12 the model's file cannot be "
    "used;\n"
    "13 the store cannot be used; 130 interrupted.";

/// How many letters must be put in, left out or changed to make one word of the other.
std::size_t distance(std::string_view one, std::string_view other) {
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
void refuse_extras(const CLI::App& app) {
  const std::vector<std::string> extras = app.remaining();
  if (extras.empty()) return;
  const std::string& word = extras.front();
  std::string like;
  std::size_t least = 3;
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = option->get_name();
    if (least == 3 && name.size() > 4 && word.starts_with(name)) like = name;  // --output
    if (const std::size_t far = distance(word, name); far < least) {
      least = far;
      like = name;
    }
  }
  throw stop{exit_code::usage, word + (word.starts_with('-') ? " is no option" : " was not expected") +
                                   (like.empty() ? "" : "; did you mean " + like + "?") + " (see --help)"};
}

/// What stands on the command line and is no option of the job yet.
struct option_words {
  std::string delimiter;
  std::string comment;
  std::string decimal;
  std::string thousands;
  std::string dates;
  std::string nan = "refuse";
  std::string cost;
  std::string task;
  std::string model;
  std::string budget;
  std::string inject;
};

void add_reading_options(CLI::App& app, options& read, option_words& words) {
  app.add_option("--delimiter", words.delimiter, "what stands between cells; \"tab\" for a tab [the one that fits]");
  app.add_option("--comment", words.comment,
                 "what a line begins with that is passed over, or none [#, in front of what is no row]");
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
std::vector<CLI::Option*> add_learning_options(CLI::App& app, options& read, option_words& words) {
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

/// Options of training; a model from elsewhere has it behind it.
std::vector<CLI::Option*> add_training_options(CLI::App& app, options& read, option_words& words) {
  app.add_option("--seed", read.seed, "for the split, the network's start and made-up payments")->capture_default_str();
  return {app.add_option("--store", read.store,
                         "the file that keeps runs and models, and that a run is compared with [millrace.db in --out]"),
          app.add_option("--epochs", read.training.epochs, "the network's passes over the training rows, at most")
              ->capture_default_str()
              ->check(CLI::Range(1, 100'000)),
          app.add_option("--model", words.model,
                         "fit this family alone: linear, boosted_trees, random_forest or network [the best of them]")
              ->check(CLI::IsMember({"linear", "boosted_trees", "random_forest", "network"})),
          app.add_option("--budget", words.budget,
                         "how long to try models, such as 30s or 2min; fitting the best to all rows comes on top "
                         "[30s]"),
          app.add_option("--inject", words.inject,
                         "do this to the new model while it is let at requests, to see it taken back: errors, latency "
                         "or drift")
              ->check(CLI::IsMember({"errors", "latency", "drift"}))};
}

/// One character, as the shell can give it. Ends the job where it is none.
char one_character(std::string_view option, std::string_view word) {
  if (word == "tab" || word == "\\t") return '\t';
  if (word.size() != 1 || word.find_first_of("\"\r\n") != word.npos)
    throw stop{exit_code::usage, std::string(option) + " is one character, such as ; or tab"};
  return word[0];
}

void apply_words(reading& read, const option_words& words) {
  mr::feature::csv_options& file = read.file;
  if (!words.delimiter.empty()) file.delimiter = one_character("--delimiter", words.delimiter);
  if (!words.comment.empty()) file.comment = words.comment == "none" ? '\0' : one_character("--comment", words.comment);
  if (!words.decimal.empty()) file.decimal = words.decimal == "comma" ? ',' : '.';
  if (words.thousands == words.decimal && !words.decimal.empty())
    throw stop{exit_code::usage, "--decimal and --thousands cannot both be " + words.decimal};
  if (!words.thousands.empty())
    file.thousands = words.thousands == "comma"        ? ','
                     : words.thousands == "point"      ? '.'
                     : words.thousands == "space"      ? ' '
                     : words.thousands == "apostrophe" ? '\''
                                                       : '\0';
  if (words.thousands == "point") file.decimal = ',';  // a point cannot be both
  if (!words.dates.empty()) file.dates = words.dates == "day" ? date_order::day_first : date_order::month_first;
  if (words.nan == "missing") file.not_finite = mr::feature::not_finite_cells::missing;
}

/// "1:20" as the costs of a false alarm and of a miss. Ends the job where it is no such thing.
mistake_costs read_costs(const std::string& word) {
  const std::size_t colon = word.find(':');
  const parsed_cell alarm = parse_number(std::string_view(word).substr(0, colon));
  const parsed_cell miss = colon == word.npos ? alarm : parse_number(std::string_view(word).substr(colon + 1));
  if (colon == word.npos || alarm.kind != cell_kind::number || miss.kind != cell_kind::number || !(alarm.number > 0) ||
      !(miss.number > 0))
    throw stop{exit_code::usage, "--cost is what a false alarm and a miss cost, two numbers above 0, such as 1:20"};
  return {alarm.number, miss.number};
}

/// "30s", "2min" or "45" as seconds. Ends the job where it is no such thing.
double read_budget(const std::string& word) {
  std::string_view digits = word;
  double unit = 1;
  const auto take = [&](std::string_view suffix, double seconds) {
    if (!digits.ends_with(suffix)) return false;
    digits.remove_suffix(suffix.size());
    unit = seconds;
    return true;
  };
  if (!take("ms", 1e-3) && !take("min", 60)) take("s", 1);
  const parsed_cell number = parse_number(digits);
  if (number.kind != cell_kind::number || !(number.number > 0))
    throw stop{exit_code::usage, "--budget is a time above 0, such as 30s or 2min"};
  return number.number * unit;
}

/// What was said about the target and the models.
void apply_learning_words(options& read, const option_words& words) {
  if (!words.cost.empty()) read.costs = read_costs(words.cost);
  if (!words.model.empty()) read.only = family_of(words.model);
  if (!words.budget.empty()) read.budget = read_budget(words.budget);
  if (!words.inject.empty()) read.fault = *fault_of(words.inject);
  if (words.task.empty()) return;
  read.read.task = words.task == "number"    ? task_kind::number
                   : words.task == "classes" ? task_kind::classes
                                             : task_kind::binary;
  if (!read.read.positive.empty() && read.read.task != task_kind::binary)
    throw stop{exit_code::usage, "--positive is for two classes, and --task asks for something else"};
}

/// Ends the job where options contradict each other.
void check(const options& read) {
  if (!read.input.empty() && read.use.empty() && read.model_file.empty() && read.read.target.empty())
    throw stop{exit_code::usage, "--input needs --target: which of its columns is to be learned?"};
  if (read.input.empty() && !read.read.target.empty())
    throw stop{exit_code::usage, "--target needs --input: which file has that column?"};
  for (const auto* names : {&read.read.words, &read.read.ignored})
    if (std::find(names->begin(), names->end(), read.read.target) != names->end() && !read.read.target.empty())
      throw stop{exit_code::usage, in_quotes(read.read.target) + " is the target; --category and --ignore name others"};
}

}  // namespace

const char* program_name() noexcept {
  const char* const called = std::getenv("LIFECYCLE_CALLED_AS");
  return called != nullptr && *called != '\0' ? called : "lifecycle";
}

std::optional<options> read_options(int argc, const char* const* argv) {
  options read;
  option_words words;
  CLI::App app("Trains, judges and serves a model on a table, under millrace's production middleware.", program_name());
  app.footer(exit_codes_help);
  auto* input = app.add_option("--input", read.input, "the table: a CSV file whose first line names the columns");
  auto* target = app.add_option("--target", read.read.target, "the column to learn: classes or numbers");
  app.add_option("--positive", read.read.positive, "the target's value to learn against the rest");
  auto* task = app.add_option("--task", words.task,
                              "what the target is: binary, classes or number [what the column shows: two values are "
                              "binary, numbers beyond ten values or with fractions are numbers, all else classes]")
                   ->check(CLI::IsMember({"binary", "classes", "number"}));
  auto* out =
      app.add_option("--out", read.out, "the folder for what comes out [out; with --use or --model-file: predictions]");
  auto* use = app.add_option("--use", read.use,
                             "do not train: use the model in this folder, an earlier run's --out, on "
                             "--input, and write predictions.csv");
  auto* model_file =
      app.add_option("--model-file", read.model_file,
                     "do not train: judge this model from elsewhere on --input, by --target where it is "
                     "given, and write predictions.csv; ONNX, XGBoost's JSON or UBJSON, LightGBM's text, "
                     "CatBoost's JSON or TensorFlow Lite");
  app.add_option("--rows", read.rows, "how many payments to make up")
      ->capture_default_str()
      ->check(CLI::Range(1'000, 10'000'000))
      ->excludes(input);
  for (CLI::Option* option : add_training_options(app, read, words)) {
    option->excludes(model_file);
    if (option->get_name() == "--store") option->excludes(use);
  }
  add_reading_options(app, read, words);
  for (CLI::Option* option : add_learning_options(app, read, words)) {
    option->excludes(use);
    if (option->get_name() == "--category") option->excludes(model_file);  // the model says which are
  }
  target->excludes(use);
  task->excludes(use)->needs(input);
  use->needs(input)->excludes(model_file);
  model_file->needs(input);
  app.allow_extras();
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    app.exit(asked);
    return std::nullopt;
  } catch (const CLI::ParseError& why) {
    throw stop{exit_code::usage, std::string(why.what()) + " (see --help)"};
  }
  refuse_extras(app);
  if ((!read.use.empty() || !read.model_file.empty()) && out->count() == 0) read.out = "predictions";
  apply_words(read.read, words);
  apply_learning_words(read, words);
  check(read);
  if (read.input.empty()) read.read.target = std::string(payments_target);
  read.training.seed = read.seed;
  return read;
}

}  // namespace lifecycle
