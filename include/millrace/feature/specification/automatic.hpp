#ifndef MILLRACE_FEATURE_SPECIFICATION_AUTOMATIC_HPP
#define MILLRACE_FEATURE_SPECIFICATION_AUTOMATIC_HPP

#include <millrace/feature/detail/diagnosis.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/policies.hpp>
#include <millrace/feature/specification/specification.hpp>
#include <millrace/feature/tables/table.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {

/// What `automatic` proposes.
struct automatic_options {
  /// Columns to leave alone: the target, and what is not known when a score is asked for.
  std::vector<std::string> except{};
  /// Numbers: `standardize`, for linear models and networks; trees need no scale.
  bool standardized = false;
  /// Categories: one column each, up to so many; those of columns with more become codes in one column. 0: always
  /// codes.
  std::size_t most_one_hot = 32;
  /// A category that fewer rows have is none of the columns of `one_hot`, but unknown.
  std::size_t least_rows = 1;
};

namespace detail {

/// What a column holds, as far as a proposal depends on it.
struct column_summary {
  std::size_t missing = 0;
  std::size_t different = 0;        // of numbers and times no more than 2 are told apart
  std::vector<std::size_t> counts;  // of categories and texts, code by code

  template <class Column>
  explicit column_summary(const Column& from) : counts(from.texts.size()) {
    const std::size_t rows = from.rows();
    std::size_t first = rows;
    for (std::size_t row = 0; row < rows; ++row) {
      if (from.missing(row)) {
        ++missing;
      } else if (from.kind == column_kind::category || from.kind == column_kind::text) {
        different += counts[from.codes[row]]++ == 0 ? 1U : 0U;
      } else if (first == rows) {
        first = row;
        different = 1;
      } else if (from.kind == column_kind::number ? from.numbers[row] != from.numbers[first]
                                                  : from.times[row] != from.times[first]) {
        different = 2;
      }
    }
  }
};

template <class Table>
class proposal {
 public:
  proposal(const Table& from, const automatic_options& how) : from_(from), how_(how) {}

  std::vector<specification> make() {
    for (std::size_t i = 0; i < from_.size(); ++i) {
      const column& one = from_[i];
      if (left_out(one.name)) continue;
      const column_summary seen(one);
      if (seen.different == 0 || (seen.different == 1 && seen.missing == 0)) continue;
      if (seen.different > 1) {
        if (one.kind == column_kind::number) add_number(one);
        if (one.kind == column_kind::category) add_category(one, seen);
        if (one.kind == column_kind::text) add(one, "text", {});
        if (one.kind == column_kind::time) add(one, "temporal", {{"parts", {"hour", "weekday", "day", "month"}}});
      }
      if (seen.missing != 0) add(one, "missing_flag", {}, "_missing");
    }
    return std::move(made_);
  }

 private:
  bool left_out(std::string_view name) const {
    for (const std::string& other : how_.except)
      if (other == name) return true;
    return false;
  }
  void add_number(const column& one) {
    if (!how_.standardized) return add(one, "impute", {{"with", "median"}});
    add(one, "standardize", {});
    made_.back().rules.push_back(missing(fill(0)));
  }
  void add_category(const column& one, const column_summary& seen) {
    std::vector<std::string> kept;
    for (std::size_t code = 0; code < seen.counts.size(); ++code)
      if (seen.counts[code] != 0 && seen.counts[code] >= how_.least_rows && !one.texts[code].empty())
        kept.push_back(one.texts[code]);
    if (kept.empty() || kept.size() > how_.most_one_hot)
      add(one, "categorical", {});
    else
      add(one, "one_hot", {parameter("categories", std::move(kept))});
  }
  void add(const column& one, const char* type, std::vector<parameter> parameters, const char* suffix = "") {
    std::string name = one.name;
    for (char& c : name)
      if (!is_name(std::string_view(&c, 1))) c = '_';
    name += suffix;
    while (taken(name, type)) name += '_';
    made_.push_back({std::move(name), type, {one.name}, std::move(parameters), {}});
  }
  /// The names that a specification stands for.
  static std::vector<std::string> names_of(const std::string& name, std::string_view type) {
    if (type == "text") return {name + "_length", name + "_words"};
    return {name};
  }
  bool taken(const std::string& name, std::string_view type) const {
    for (const specification& other : made_)
      for (const std::string& theirs : names_of(other.name, other.type))
        for (const std::string& ours : names_of(name, type))
          if (ours == theirs) return true;
    return false;
  }

  const Table& from_;
  const automatic_options& how_;
  std::vector<specification> made_;
};

}  // namespace detail

/// Proposes features for a table: of numbers `impute` with the median (or `standardize`), of categories `one_hot` or
/// codes, of texts their length and number of words, of times hour, weekday, day and month; and of each column that has
/// missing cells a `missing_flag`, named `COLUMN_missing`. Columns that have nothing to tell, since all their cells are
/// missing or the same, get none. Characters that no name has become '_'.
/// Complexity: one pass over the table.
template <class Table>
std::vector<specification> automatic(const Table& from, const automatic_options& how = {}) {
  return detail::proposal<Table>(from, how).make();
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_SPECIFICATION_AUTOMATIC_HPP
