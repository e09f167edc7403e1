#include "fit_columns.hpp"

#include "../data/questions.hpp"
#include "../data/read_table.hpp"
#include "../stop.hpp"
#include "../work/load.hpp"

#include <millrace/feature/tables/csv.hpp>
#include <millrace/store/file.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lifecycle {

namespace {

constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();
constexpr std::size_t most_named = 12;

/// Whether cells are read as they stand, rather than as numbers.
bool are_words(outside_cell holds) noexcept {
  return holds == outside_cell::text || holds == outside_cell::word || holds == outside_cell::unused;
}

/// "a", "b" and 3 more.
std::string list_of(const std::vector<std::string>& names) {
  std::string list;
  for (std::size_t i = 0; i < (std::min)(names.size(), most_named); ++i)
    list += (i > 0 ? ", " : "") + in_quotes(names[i]);
  if (names.size() > most_named) list += " and " + grouped(names.size() - most_named) + " more";
  return list;
}

/// `text` with blanks as LightGBM writes them.
std::string without_blanks(std::string text) {
  std::replace(text.begin(), text.end(), ' ', '_');
  return text;
}

/// A name's letters and digits: what is left where others put - or . in the place of _, or a capital.
std::string bare(const std::string& name) {
  std::string made;
  for (const char c : lower_case(name))
    if (static_cast<unsigned char>(c) >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) made += c;
  return made.empty() ? name : made;
}

/// Names that a library made up because it was given none: Column_0, Column_1, ...
bool are_automatic(const std::vector<outside_input>& inputs) {
  static constexpr std::array<std::string_view, 5> starts{"Column_", "f", "x", "feature_", "Feature_"};
  return std::any_of(starts.begin(), starts.end(), [&](std::string_view start) {
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (inputs[i].name != std::string(start) + std::to_string(i)) return false;
    return true;
  });
}

/// The table's cells as texts, and what is wrong with them for a model.
class column_matcher {
 public:
  column_matcher(const options& asked, const outside_model& model) : asked_(asked), inputs_(model.inputs()) {
    read_texts();
    std::vector<std::string> left_out = asked.read.ignored;
    left_out.push_back(asked.read.target);
    for (const std::string& name : found_.header) {
      const bool is_left_out =
          std::any_of(left_out.begin(), left_out.end(), [&](const std::string& one) { return trimmed(one) == name; });
      if (!is_left_out) candidates_.push_back(name);
    }
    if (inputs_.empty()) inputs_.resize(candidates_.size());
  }

  /// The columns to read, in the model's order.
  std::vector<wanted_column> match() {
    by_name_ = has_names();
    if (by_name_)
      match_names();
    else
      match_places();
    check_types();
    if (!problems_.empty()) {
      std::string sentence = asked_.input + " does not fit the model " + asked_.model_file + ": " + problems_;
      if (is_missing_ && by_name_ && !unread().empty())
        sentence += "; the table's columns that the model does not read are " + list_of(unread());
      throw stop{is_missing_ ? exit_code::no_such_column : exit_code::bad_cell, sentence};
    }
    std::vector<wanted_column> wanted;
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      if (are_words(inputs_[i].holds))
        wanted.push_back({chosen_[i], column_type::category, {}, true});
      else
        wanted.push_back({chosen_[i], column_type::number, {}, false});
    return wanted;
  }

  /// These columns again, in which no cell is missing for what it spells.
  mr::feature::table spelled(const std::vector<std::string>& names) const {
    mr::feature::csv_options how = how_;
    how.missing.clear();
    how.declared_only = true;
    for (const std::string& name : names) how.columns.push_back({name, mr::feature::column_kind::text});
    std::string text = or_stop(mr::store::read_file(asked_.input), exit_code::no_input);
    return or_stop(mr::feature::read_csv(std::move(text), how), exit_code::not_a_table);
  }

  const std::vector<outside_input>& inputs() const noexcept { return inputs_; }
  std::string in_words() const {
    std::string text = counted(inputs_.size(), "column");
    if (!by_name_) return text + " by their place, since the model does not name them: " + list_of(chosen_);
    text += " by name";
    if (!unread().empty()) text += "; not read: " + list_of(unread());
    return text;
  }

 private:
  void read_texts() {
    std::string text = or_stop(mr::store::read_file(asked_.input), exit_code::no_input);
    if (is_json(text)) static_cast<void>(load(asked_, asked_.read));  // which says so
    how_ = asked_.read.file;
    how_.missing.insert(how_.missing.end(), asked_.read.missing.begin(), asked_.read.missing.end());
    how_.declared_only = true;
    static_cast<void>(mr::feature::read_csv(text, how_, &found_));  // for the header
    how_.declared_only = false;
    for (const std::string& name : found_.header)
      if (!name.empty() && !is_declared(name)) how_.columns.push_back({name, mr::feature::column_kind::text});
    auto read = mr::feature::read_csv(std::move(text), how_, &found_);
    // What is no table, or has no rows, is said as it is for every other table.
    if (!read || read->rows() == 0) {
      static_cast<void>(load(asked_, asked_.read));
      throw stop{exit_code::not_a_table, asked_.input + (read ? " has no rows" : ", " + read.error().describe())};
    }
    texts_ = *std::move(read);
    if (!asked_.read.target.empty())
      if (auto there = find_column(asked_.input, asked_.read.target, found_); !there)
        throw stop{exit_code::no_such_column, there.error().describe()};
    how_.columns.clear();
    how_.amounts = false;
  }
  bool is_declared(const std::string& name) const {
    return std::any_of(how_.columns.begin(), how_.columns.end(), [&](const auto& one) { return one.name == name; });
  }

  bool has_names() const {
    if (std::any_of(inputs_.begin(), inputs_.end(), [](const outside_input& one) { return one.name.empty(); }))
      return false;
    const bool none = std::none_of(inputs_.begin(), inputs_.end(),
                                   [&](const outside_input& one) { return place_of(one.name) != nowhere; });
    return !none || !(are_automatic(inputs_) || (inputs_.size() == 1 && candidates_.size() == 1));
  }
  /// Which candidate has this name, or had it before a library put _ in the place of blanks.
  std::size_t place_of(const std::string& name) const {
    const auto exact = std::find(candidates_.begin(), candidates_.end(), name);
    if (exact != candidates_.end()) return static_cast<std::size_t>(exact - candidates_.begin());
    std::size_t found = nowhere;
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      if (without_blanks(candidates_[i]) != without_blanks(name)) continue;
      if (found != nowhere) return nowhere;
      found = i;
    }
    return found;
  }

  void add(const std::string& problem) { problems_ += (problems_.empty() ? "" : "; ") + problem; }

  void match_names() {
    std::vector<std::string> missing;
    for (const outside_input& one : inputs_) {
      const std::size_t at = place_of(one.name);
      chosen_.push_back(at == nowhere ? "" : candidates_[at]);
      if (at == nowhere)
        missing.push_back(one.name);
      else if (std::count(candidates_.begin(), candidates_.end(), candidates_[at]) > 1)
        add("more than one of its columns is named " + in_quotes(one.name));
    }
    if (missing.empty()) return;
    is_missing_ = true;
    std::string text = "it has no column " + list_of(missing);
    for (const std::string& one : missing) {
      const auto alike = std::find_if(candidates_.begin(), candidates_.end(),
                                      [&](const std::string& other) { return bare(other) == bare(one); });
      if (alike != candidates_.end()) text += ", but " + in_quotes(*alike);
    }
    if (std::find(missing.begin(), missing.end(), trimmed(asked_.read.target)) != missing.end())
      text += " (" + in_quotes(asked_.read.target) + " is the target, and the model reads it)";
    add(text);
  }
  void match_places() {
    if (candidates_.size() == inputs_.size()) {
      chosen_ = candidates_;
      return;
    }
    is_missing_ = true;
    add("the model reads " + counted(inputs_.size(), "column") + " that its file does not name, and the table has " +
        std::to_string(candidates_.size()) + (asked_.read.target.empty() ? "" : " besides the target") + ": " +
        list_of(candidates_) +
        (candidates_.size() > inputs_.size()
             ? "; --ignore COLUMN leaves one out" +
                   std::string(asked_.read.target.empty() ? ", and --target names the one to be predicted" : "")
             : ""));
  }
  /// What the cells of number columns are that are no numbers.
  void check_types() {
    for (std::size_t i = 0; i < chosen_.size(); ++i) {
      if (are_words(inputs_[i].holds) || chosen_[i].empty()) continue;
      mr::feature::csv_options how = how_;
      how.columns = {{chosen_[i], mr::feature::column_kind::number}};
      mr::feature::csv_findings found;
      const auto column = mr::feature::reread(texts_, chosen_[i], how, &found);
      if (!column) {
        add(std::string(column.error().message()) + detail::answers_to(found.refused, found, how));
      } else if (inputs_[i].holds == outside_cell::whole) {
        for (std::size_t row = 0; row < column->numbers.size(); ++row)
          if (const double x = column->numbers[row]; !(std::fabs(x) <= inputs_[i].largest) || x != std::floor(x)) {
            add("column " + in_quotes(chosen_[i]) + " is " + (std::isnan(x) ? "missing" : shortest(x)) + " on line " +
                std::to_string(texts_.line(row)) + ", and the model reads a whole number there");
            break;
          }
      }
    }
  }

  std::vector<std::string> unread() const {
    std::vector<std::string> names;
    for (const std::string& name : candidates_)
      if (std::find(chosen_.begin(), chosen_.end(), name) == chosen_.end()) names.push_back(name);
    return names;
  }

  const options& asked_;
  std::vector<outside_input> inputs_;
  mr::feature::csv_options how_;
  mr::feature::csv_findings found_;
  mr::feature::table texts_;
  std::vector<std::string> candidates_;  // the table's columns without the target and what is ignored
  std::vector<std::string> chosen_;      // for each input
  std::string problems_;
  bool is_missing_ = false;
  bool by_name_ = true;
};

/// Cells that are missing for what they spell, such as ? or NA: of those that `is_word`, a category after all; the
/// others, with their rows, for a note.
class spelled_as_missing {
 public:
  template <class IsWord>
  spelled_as_missing(const mr::feature::column& spelled, std::span<const std::size_t> rows, column& to,
                     const IsWord& is_word) {
    for (std::size_t row = 0; row < to.codes.size(); ++row) {
      if (to.codes[row] != missing_code) continue;
      const std::string_view text = spelled.text(rows[row]);
      if (text.empty()) continue;
      if (is_word(text)) {
        const std::size_t code = place_in(to.categories, text);
        to.counts.resize(to.categories.size());
        ++to.counts[code];
        --to.missing;
        to.codes[row] = static_cast<std::uint32_t>(code);
      } else {
        place_in(left_, text);
        ++rows_;
      }
    }
    to.distinct = to.categories.size();
  }

  /// Empty where no cell stayed missing.
  std::string note(const std::string& name) const {
    if (rows_ == 0) return {};
    return "column " + in_quotes(name) + ": " + counted(rows_, "row") + (rows_ == 1 ? " holds " : " hold ") +
           list_of(left_) + (rows_ == 1 ? ", which is" : ", which are") +
           " taken for missing: by --missing, or as what often stands for it and is no word of the model";
  }

 private:
  static std::size_t place_in(std::vector<std::string>& words, std::string_view word) {
    const auto found = std::find(words.begin(), words.end(), word);
    const auto place = static_cast<std::size_t>(found - words.begin());
    if (found == words.end()) words.emplace_back(word);
    return place;
  }

  std::vector<std::string> left_;
  std::size_t rows_ = 0;
};

/// A model's words are words, whatever else often stands for a missing cell: where ? or NA was a category in training,
/// it is one here. What --missing names is missing.
void keep_words(const options& asked, const outside_model& model, const column_matcher& matcher, fitted_columns& made) {
  std::vector<column>& columns = made.data.columns;
  const auto is_asked = [&](std::size_t i) {
    const outside_cell holds = matcher.inputs()[i].holds;
    return are_words(holds) && holds != outside_cell::unused && columns[i].missing > 0;
  };
  std::vector<std::string> names;
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (is_asked(i)) names.push_back(columns[i].name);
  if (names.empty()) return;
  const mr::feature::table spelled = matcher.spelled(names);
  std::vector<std::size_t> rows;  // of `spelled`, which has those without a target too
  for (std::size_t row = 0; row < spelled.rows(); ++row)
    if (rows.size() < made.data.rows() && spelled.line(row) == made.data.lines[rows.size()]) rows.push_back(row);
  const std::vector<std::string>& missing = asked.read.missing;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!is_asked(i)) continue;
    const spelled_as_missing found(*spelled.find(columns[i].name), rows, columns[i], [&](std::string_view text) {
      return std::find(missing.begin(), missing.end(), text) == missing.end() && model.knows(i, text);
    });
    if (std::string note = found.note(columns[i].name); !note.empty()) made.notes.push_back(std::move(note));
  }
}

outside_cells cells_of(const column& from, const outside_model& model, std::size_t input, outside_cell holds,
                       std::vector<std::string>& notes) {
  if (!are_words(holds)) return {from.numbers, {}};
  outside_cells made;
  if (holds == outside_cell::text) {
    for (const std::uint32_t code : from.codes)
      made.texts.push_back(code == missing_code ? std::string_view() : std::string_view(from.categories[code]));
    return made;
  }
  made.numbers.assign(from.codes.size(), model.place_of(input, ""));
  if (holds == outside_cell::unused) return made;
  std::vector<double> places;
  std::vector<std::string> unknown;
  std::size_t rows = 0;
  for (std::size_t i = 0; i < from.categories.size(); ++i) {
    places.push_back(model.place_of(input, from.categories[i]));
    if (!std::isnan(places[i])) continue;
    unknown.push_back(from.categories[i]);
    rows += from.counts[i];
  }
  if (!unknown.empty())
    notes.push_back("column " + in_quotes(from.name) + ": " + counted(rows, "row") +
                    (rows == 1 ? " holds " : " hold ") + list_of(unknown) +
                    ", which the model does not know and takes for missing");
  for (std::size_t row = 0; row < from.codes.size(); ++row)
    if (from.codes[row] != missing_code) made.numbers[row] = places[from.codes[row]];
  return made;
}

}  // namespace

fitted_columns fit_columns(const options& asked, const outside_model& model) {
  column_matcher matcher(asked, model);
  reading how = asked.read;
  how.wanted = matcher.match();
  how.ignored.clear();
  fitted_columns made;
  made.data = load(asked, how);
  made.how = matcher.in_words();
  keep_words(asked, model, matcher, made);
  for (std::size_t i = 0; i < made.data.columns.size(); ++i)
    made.cells.push_back(cells_of(made.data.columns[i], model, i, matcher.inputs()[i].holds, made.notes));
  return made;
}

}  // namespace lifecycle
