#ifndef MILLRACE_EXAMPLES_LIFECYCLE_DATA_TABLE_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_DATA_TABLE_HPP

#include "../format.hpp"

#include <millrace/core/error.hpp>
#include <millrace/feature/tables/notation.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace lifecycle {

namespace mr = millrace;
using mr::feature::date_order;
using mr::feature::notation;

enum class column_type : std::uint8_t { number, category };

constexpr std::string_view to_string(column_type type) noexcept {
  return type == column_type::number ? "number" : "category";
}

/// The code of a missing cell in a category column; in a number column it is NaN.
inline constexpr std::uint32_t missing_code = std::numeric_limits<std::uint32_t>::max();

/// What a number column's present cells look like; all zero where there are none.
struct number_summary {
  double smallest = 0;
  double median = 0;
  double mean = 0;
  double deviation = 0;
  double largest = 0;
  double skewness = 0;
};

struct column {
  std::string name;
  column_type type = column_type::number;
  std::vector<double> numbers;          // a number column's cells
  std::vector<std::uint32_t> codes;     // a category column's cells, into `categories`
  std::vector<std::string> categories;  // in order of first appearance
  std::vector<std::size_t> counts;      // rows of each category
  std::size_t missing = 0;
  std::size_t distinct = 0;
  number_summary summary;
  notation written;     // how a number column's cells are written; dates are days since 1970
  std::string dropped;  // why it is no feature; empty where it is one
};

/// "number", "category", or "date" for numbers that are days.
constexpr std::string_view kind_of(const column& of) noexcept {
  return of.type == column_type::number && of.written.dates != date_order::iso ? "date" : to_string(of.type);
}

/// What is learned: one of two classes, one of several, or a number.
enum class task_kind : std::uint8_t { binary, classes, number };

constexpr std::string_view to_string(task_kind task) noexcept {
  return task == task_kind::binary ? "binary" : task == task_kind::classes ? "classes" : "number";
}

/// The most classes that a target may have.
inline constexpr std::size_t most_classes = 100;

/// The column to learn.
struct target_column {
  std::string name;
  task_kind task = task_kind::binary;
  std::string positive;  // of two classes
  std::string negative;
  std::vector<std::string> classes;  // of two: negative, positive; of several: in order; of numbers: empty
  std::vector<std::uint8_t> labels;  // into `classes`; of two, 1 is positive
  std::vector<double> values;        // of numbers
  std::size_t positives = 0;

  /// Rows of each class.
  std::vector<std::size_t> class_sizes() const {
    std::vector<std::size_t> sizes(classes.size());
    for (const std::uint8_t label : labels) ++sizes[label];
    return sizes;
  }
};

/// Columns of equal length. `lines[row]` is where a row began in its file.
struct table {
  std::string name;
  std::string digest;           // of the text it was read from: SHA-256, in hexadecimal digits
  std::vector<column> columns;  // without the target
  target_column target;         // empty where none was asked for
  std::vector<std::size_t> lines;
  std::vector<std::string> notes;  // what a reader should know about how it was read
  std::vector<std::string> leaks;  // columns that tell the target as if they were made from it

  std::size_t rows() const noexcept { return lines.size(); }
};

/// The error for a table without a feature.
inline mr::error nothing_to_learn_from(const table& of) {
  return mr::error(mr::errc::unsupported, of.name + " has no column to learn " + in_quotes(of.target.name) + " from");
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_DATA_TABLE_HPP
