#ifndef MILLRACE_EXAMPLES_LIFECYCLE_DATA_QUESTIONS_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_DATA_QUESTIONS_HPP

#include "../format.hpp"

#include <millrace/core/error.hpp>
#include <millrace/feature/tables/csv.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// What a reader found and asks, with the options of the command line that say otherwise.
namespace lifecycle {

namespace mr = millrace;

/// `text` without the blanks around it.
inline std::string trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return std::string(text);
}

namespace detail {

/// A delimiter as the shell wants it.
inline std::string shell_spelling(char delimiter) {
  if (delimiter == '\t') return "tab";
  return delimiter == ',' ? "," : std::string("'") + delimiter + "'";
}

/// What would help where another delimiter fits better than the one that was asked for.
inline std::string other_delimiter(const mr::feature::csv_findings& found) {
  return found.likely_delimiter == found.as.delimiter
             ? ""
             : "; --delimiter " + shell_spelling(found.likely_delimiter) + " would take it apart";
}

/// The options that answer a question, which stopped the job.
inline std::string answers_to(const mr::feature::table_note& asked, const mr::feature::csv_findings& found,
                              const mr::feature::csv_options& how) {
  using mr::feature::table_matter;
  const std::string column = in_quotes(asked.column);
  const bool comma = how.decimal == ',';
  switch (asked.about) {
    case table_matter::decimal: return "; --decimal comma reads it so, --decimal point takes it for a word";
    case table_matter::thousands:
      return std::string("; ") +
             (comma ? "leave --decimal comma out to read the former" : "--thousands point reads the former") +
             ", --thousands none reads the latter";
    case table_matter::unit:
      return "; --category " + column + " takes them for words, --ignore " + column + " leaves the column out";
    case table_matter::percents:
      return "; write all cells in one way, or --ignore " + column + " leaves the column out";
    case table_matter::dates:
      return "; --dates day or --dates month says which of them stands first, --category " + column +
             " takes it for a word";
    case table_matter::strays:
    case table_matter::kind:
      return "; if it means that the value is missing, say so with --missing " + in_quotes(asked.cell);
    case table_matter::not_finite: return "; --nan missing treats such cells as missing";
    case table_matter::cells:
    case table_matter::nothing:
      return (found.header.size() == 1 && !other_delimiter(found).empty() && asked.about == table_matter::cells
                  ? ", " + in_quotes(found.header[0])
                  : "") +
             other_delimiter(found);
    default: return "";
  }
}

/// What says otherwise than was assumed.
inline std::string alternatives_to(const mr::feature::table_note& assumed) {
  using mr::feature::table_matter;
  switch (assumed.about) {
    case table_matter::delimiter: return assumed.text.ends_with("says") ? "" : "; --delimiter names another character";
    case table_matter::thousands:
      return std::count(assumed.cell.begin(), assumed.cell.end(), ',') == 1 &&
                     assumed.cell.find('.') == std::string::npos
                 ? "; --decimal comma with --thousands none would take them for decimal commas"
                 : "";
    case table_matter::dates:
      return ", as days since 1970; --category " + in_quotes(assumed.column) + " takes them for words";
    case table_matter::strays:
      return "; if that means that the value is missing, --missing " + in_quotes(assumed.cell) + " says so";
    default: return "";
  }
}

}  // namespace detail

/// Why a reader refused a file, and what to do about it.
inline mr::error refusal_in_words(std::string_view file, const mr::error& why, const mr::feature::csv_findings& found,
                                  const mr::feature::csv_options& how) {
  return mr::error(why.code(),
                   std::string(file) + ", " + why.describe() + detail::answers_to(found.refused, found, how));
}

/// What a reader took for granted.
inline std::vector<std::string> notes_in_words(const mr::feature::csv_findings& found) {
  std::vector<std::string> notes;
  for (const mr::feature::table_note& one : found.notes) notes.push_back(one.text + detail::alternatives_to(one));
  using reason = mr::feature::passed_line::reason;
  const auto passed = [&](reason as, auto say) {
    std::size_t count = 0;
    const mr::feature::passed_line* first = nullptr;
    for (const mr::feature::passed_line& one : found.passed)
      if (one.as == as && count++ == 0) first = &one;
    if (first != nullptr) notes.push_back(say(count, *first));
  };
  const auto were = [](std::size_t count) { return count == 1 ? " was" : " were"; };
  passed(reason::comment, [&](std::size_t count, const mr::feature::passed_line& first) {
    return counted(count, "line") + (count == 1 ? " that begins with " : " that begin with ") + first.text[0] +
           were(count) + " passed over, the first being line " + std::to_string(first.line) +
           "; --comment none reads them as rows";
  });
  passed(reason::banner, [&](std::size_t count, const mr::feature::passed_line& first) {
    return counted(count, "line") + " above the header" + were(count) + " passed over: " + in_quotes(first.text);
  });
  passed(reason::header, [&](std::size_t count, const mr::feature::passed_line& first) {
    return counted(count, "row") + (count == 1 ? " that says" : " that say") + " the header again" + were(count) +
           " passed over, the first being line " + std::to_string(first.line);
  });
  return notes;
}

/// The error for a column that is not there, or there more than once; nothing to say where it is there once.
inline mr::result<void> find_column(std::string_view file, const std::string& wanted,
                                    const mr::feature::csv_findings& found) {
  const std::vector<std::string>& header = found.header;
  const std::string name = trimmed(wanted);
  const auto times = std::count(header.begin(), header.end(), name);
  if (times == 1) return {};
  if (times > 1)
    return mr::error(mr::errc::not_found, std::string(file) + " has more than one column named " + in_quotes(wanted) +
                                              ": rename all but the one that is meant");
  std::string message = std::string(file) + " has no column named " + in_quotes(wanted);
  const auto alike = std::find_if(header.begin(), header.end(),
                                  [&](const std::string& one) { return lower_case(one) == lower_case(name); });
  if (alike != header.end())
    return mr::error(mr::errc::not_found, message + "; did you mean " + in_quotes(*alike) + "?");
  if (header.size() == 1 && !detail::other_delimiter(found).empty())
    return mr::error(mr::errc::not_found, message + ": the whole header is one cell, " + in_quotes(header[0]) +
                                              detail::other_delimiter(found));
  for (const mr::feature::passed_line& one : found.passed)
    if (one.as == mr::feature::passed_line::reason::comment && one.text.find(name) != std::string::npos)
      return mr::error(mr::errc::not_found, message + "; line " + std::to_string(one.line) +
                                                " names it, and was passed over because it begins with " + one.text[0] +
                                                ": --comment none reads it");
  message += "; its columns are ";
  constexpr std::size_t most = 20;
  for (std::size_t i = 0; i < (std::min)(header.size(), most); ++i)
    message += (i > 0 ? ", " : "") + clipped(header[i].empty() ? "column " + std::to_string(i + 1) : header[i], 60);
  if (header.size() > most) message += ", and " + std::to_string(header.size() - most) + " more";
  return mr::error(mr::errc::not_found, std::move(message));
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_DATA_QUESTIONS_HPP
