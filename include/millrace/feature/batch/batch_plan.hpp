#ifndef MILLRACE_FEATURE_BATCH_BATCH_PLAN_HPP
#define MILLRACE_FEATURE_BATCH_BATCH_PLAN_HPP

#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/feature/batch/detail/object_reader.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/tables/findings.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {

/// What is found of one column. How many cells are there and how many are missing is always counted.
struct batch_value {
  std::string column;
  /// Sum, mean, variance, standard deviation, extremes; of numbers.
  bool statistics = true;
  /// p50, p90, p95 and p99 of the finite numbers, within 1 % of the value, by `ddsketch`.
  bool quantiles = false;
  /// How many different values there are, by `theta`: exact up to 4,096 of them.
  bool distinct = false;
  /// The values that come up most, by `frequent_items`; of categories and texts.
  bool frequent = false;
};

/// What a `batch_summary` finds: which columns it sums up, and for which rows together.
struct batch_plan {
  std::vector<batch_value> values{};
  /// Columns of categories or texts: rows with the same ones make a group. Empty: all rows are one.
  std::vector<std::string> by{};
  /// With a window above zero: the column of times, and how long each window of time is. Windows begin at its multiples
  /// since 1970. A column of numbers counts as seconds since 1970.
  std::string time{};
  duration window{};
  /// More groups than this, each window counted by itself, are refused.
  std::size_t most_groups = 100'000;

  static constexpr std::size_t most_groups_allowed = std::size_t{1} << 24;
};

namespace detail {

inline error bad_plan(std::string why) { return error(errc::invalid_argument, "batch plan: " + std::move(why)); }

inline result<void> check_names(const std::vector<std::string>& names, std::string_view what) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) return bad_plan("a column of " + std::string(what) + " has no name");
    for (std::size_t k = 0; k < i; ++k)
      if (names[k] == names[i]) return bad_plan(std::string(what) + " name " + quoted_cell(names[i]) + " twice");
  }
  return {};
}

/// Reads `["statistics", "quantiles"]`.
inline bool take_figures(object_reader& in, batch_value& into) {
  std::vector<std::string> names;
  in.take(names);
  into.statistics = false;
  for (const std::string& name : names) {
    if (name == "statistics")
      into.statistics = true;
    else if (name == "quantiles")
      into.quantiles = true;
    else if (name == "distinct")
      into.distinct = true;
    else if (name == "frequent")
      into.frequent = true;
    else if (name != "count")
      return in.refuse(quoted_cell(name) + " of column " + quoted_cell(into.column) +
                       " is unknown; there are count, statistics, quantiles, distinct and frequent");
  }
  return true;
}

/// A number of groups, or 0 if it is none.
inline std::size_t group_limit(double number) noexcept {
  const bool possible = number >= 1 && number <= static_cast<double>(batch_plan::most_groups_allowed);
  return possible ? static_cast<std::size_t>(number) : 0;
}

}  // namespace detail

/// Errors: invalid_argument, naming the column: no column; one twice, or without a name; a window without a column of
/// times, the reverse, or one below zero; no groups, or more than `most_groups_allowed`.
inline result<void> check_plan(const batch_plan& plan) {
  if (plan.values.empty()) return detail::bad_plan("it sums up no column");
  std::vector<std::string> names;
  for (const batch_value& one : plan.values) names.push_back(one.column);
  if (auto done = detail::check_names(names, "its values"); !done) return done;
  if (auto done = detail::check_names(plan.by, "its groups"); !done) return done;
  if (plan.window.nanoseconds < 0) return detail::bad_plan("its window is below zero");
  if (plan.time.empty() != (plan.window.nanoseconds == 0))
    return detail::bad_plan(plan.time.empty() ? "its window has no column of times" : "its times have no window");
  if (plan.most_groups == 0 || plan.most_groups > batch_plan::most_groups_allowed)
    return detail::bad_plan("it allows " + std::to_string(plan.most_groups) + " groups, not 1 to " +
                            std::to_string(batch_plan::most_groups_allowed));
  return {};
}

/// Reads a plan:
///
///     {"values": {"value": ["statistics", "quantiles"], "user": ["distinct", "frequent"]},
///      "by": ["service"], "time": "timestamp", "window_minutes": 60, "most_groups": 10000}
///
/// Errors: invalid_data: no JSON, an unknown or repeated key, a value of the wrong type, an unknown figure; those of
/// `check_plan`. A template, so that including it does not compile it.
template <class Plan = batch_plan>
result<Plan> batch_plan_of(std::string_view json) {
  Plan made;
  std::string_view values;
  detail::object_reader in(json, "batch plan");
  while (in.next()) {
    double number = 0;
    if (in.key() == "values") {
      in.take_raw(values);
    } else if (in.key() == "by") {
      in.take(made.by);
    } else if (in.key() == "time") {
      in.take(made.time);
    } else if (in.key() == "window_minutes") {
      in.take(number);
      made.window = seconds(60 * number);
    } else if (in.key() == "most_groups") {
      in.take(number);
      made.most_groups = detail::group_limit(number);
    } else {
      in.refuse(detail::quoted_cell(in.key()) +
                " is unknown; there are values, by, time, window_minutes and most_groups");
    }
  }
  if (auto done = in.finish(); !done) return std::move(done).error();
  if (!values.empty()) {
    detail::object_reader each(values, "batch plan, \"values\"");
    while (each.next()) {
      made.values.push_back({});
      made.values.back().column = each.key();
      detail::take_figures(each, made.values.back());
    }
    if (auto done = each.finish(); !done) return std::move(done).error();
  }
  if (auto done = check_plan(made); !done) return std::move(done).error();
  return made;
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_BATCH_BATCH_PLAN_HPP
