#ifndef MILLRACE_EXAMPLES_LIFECYCLE_WORK_PREDICTIONS_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_WORK_PREDICTIONS_HPP

#include "../data/questions.hpp"
#include "../data/table.hpp"
#include "../format.hpp"
#include "serve.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// A model's answers for the rows of a table, as a file and in words.
namespace lifecycle {

/// What answers are about.
struct asked_target {
  std::string name;
  task_kind task = task_kind::binary;
  std::vector<std::string> classes;
};

namespace detail {

/// A cell as CSV has it: in quotes where it needs them.
inline std::string csv_cell(const std::string& text) {
  if (!text.empty() && text.find_first_of(",\"\r\n") == text.npos && trimmed(text) == text) return text;
  std::string cell = "\"";
  for (const char c : text) cell.append(c == '"' ? 2 : 1, c);
  return cell += '"';
}

}  // namespace detail

inline std::string predictions_csv(const asked_target& target, const table& data,
                                   const std::vector<served_row>& answers) {
  const bool number = target.task == task_kind::number;
  std::string text = number ? "row,line,answer\n" : "row,line,probability,answer\n";
  for (std::size_t i = 0; i < answers.size(); ++i) {
    text += std::to_string(i + 1) + ',' + std::to_string(data.lines[i]) + ',';
    text += number ? shortest(answers[i].value)
                   : fixed(answers[i].value, 6) + ',' + detail::csv_cell(target.classes[answers[i].answer]);
    text += '\n';
  }
  return text;
}

/// What the answers were, in a few words.
inline std::string answers_in_words(const asked_target& target, const std::vector<served_row>& answers) {
  const std::string name = clipped(target.name, 40);
  if (target.task == task_kind::number) {
    double sum = 0;
    for (const served_row& one : answers) sum += one.value;
    return "the mean " + name + " is " + brief(sum / static_cast<double>(answers.size()));
  }
  std::vector<std::uint64_t> rows(target.classes.size());
  for (const served_row& one : answers) ++rows[one.answer];
  if (rows.size() == 2) return grouped(rows[1]) + " of them " + name + " = " + clipped(target.classes[1], 40);
  std::string text = name + " is";
  for (std::size_t k = 0; k < rows.size(); ++k)
    text += (k > 0 ? ", " : " ") + grouped(rows[k]) + " times " + clipped(target.classes[k], 40);
  return text;
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_WORK_PREDICTIONS_HPP
