#ifndef MILLRACE_MODEL_TO_GRAPH_DETAIL_FEATURE_INPUTS_HPP
#define MILLRACE_MODEL_TO_GRAPH_DETAIL_FEATURE_INPUTS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/feature/tables/table.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/to_graph/graph_builder.hpp>
#include <millrace/tensor/dtype.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// A value of a graph that is made when it is first asked for.
class lazy_value {
 public:
  template <class Make>
  graph_builder::value operator()(const Make& make) {
    if (!made_) made_ = make();
    return *made_;
  }

 private:
  std::optional<graph_builder::value> made_;
};

/// Whole numbers as operators: those of `Div` and `Mod`, of which engines agree where nothing is negative.
struct integer_operators {
  graph_builder& to;

  using value = graph_builder::value;
  value number(std::int64_t x) const { return to.integers({x}); }
  value plus(value a, std::int64_t b) const { return to.call("Add", {a, number(b)}); }
  value times(value a, std::int64_t b) const { return to.call("Mul", {a, number(b)}); }
  value over(value a, std::int64_t b) const { return to.call("Div", {a, number(b)}); }
  value rest(value a, std::int64_t b) const { return to.call("Mod", {a, number(b)}); }
};

/// A column that features read, as an input of the graph of rows x 1, and what several features ask of it.
class feature_input {
 public:
  using value = graph_builder::value;

  feature_input(graph_builder& to, const feature::declared_column& from) : to_(&to), from_(from) {
    using feature::column_kind;
    if (from.name.empty()) to.refuse("a column without a name");  // by which ONNX means an input that is left out
    input_ = from.kind == column_kind::number ? to.add_input(from.name, to.element(), 1)
             : from.kind == column_kind::time ? to.add_input(from.name, tensor::dtype::i64, 1)
                                              : to.add_input_of_texts(from.name, 1);
  }

  const std::string& name() const noexcept { return from_.name; }
  feature::column_kind kind() const noexcept { return from_.kind; }
  value input() const noexcept { return input_; }

  // ---- of numbers: doubles, and which of them are missing or infinite

  value number() {
    return number_([&] { return to_->is_double() ? input_ : to_->cast(input_, tensor::dtype::f64); });
  }
  value is_infinite() {
    return infinite_([&] { return to_->call("IsInf", {number()}); });
  }
  /// NaN in the place of infinities.
  value finite() {
    return finite_([&] { return to_->call("Where", {is_infinite(), to_->doubles({&math::nan, 1}, {}), number()}); });
  }
  value is_nan() {
    return nan_([&] { return to_->call("IsNaN", {number()}); });
  }
  value is_not_finite() {
    return not_finite_([&] { return to_->call("IsNaN", {finite()}); });
  }

  // ---- of categories

  /// The place of a text among others, from 1 on; 0 for any other text, and -1 for one that is missing, which is empty.
  value place_among(const std::vector<std::string>& texts) {
    std::vector<std::string> keys{std::string()};
    std::vector<std::int64_t> places{-1};
    for (const std::string& text : texts) {
      keys.push_back(text);
      places.push_back(static_cast<std::int64_t>(keys.size() - 1));
    }
    return to_->call(
        "LabelEncoder", {input_},
        {{"default_int64", std::int64_t{0}}, {"keys_strings", std::move(keys)}, {"values_int64s", std::move(places)}},
        "ai.onnx.ml");
  }

  // ---- of times: nanoseconds since 1970-01-01T00:00:00Z

  value has_no_time() {
    return no_time_([&] { return to_->call("Equal", {input_, to_->integers({feature::column::no_time})}); });
  }
  value hour() {
    return hour_([&] { return whole().over(whole().rest(seconds(), 86'400), 3'600); });
  }
  /// From 0 on, which is Monday. The day from which `days` counts was a Thursday.
  value weekday() {
    return weekday_([&] { return whole().rest(whole().plus(days(), 3), 7); });
  }
  /// From 1 on.
  value day() {
    return day_([&] {
      const value before = whole().over(whole().plus(whole().times(month_after_february(), 153), 2), 5);
      return whole().plus(to_->call("Sub", {day_after_february(), before}), 1);
    });
  }
  value month() {
    return month_([&] {
      const value after = month_after_february();
      const value is_late = to_->cast(to_->call("Less", {whole().number(9), after}), tensor::dtype::i64);
      return to_->call("Sub", {whole().plus(after, 3), whole().times(is_late, 12)});
    });
  }

 private:
  integer_operators whole() const { return {*to_}; }

  /// Seconds since 400 years before 1970, a period of the calendar, so that none is negative. Whether `Div` rounds to
  /// zero or down, what is left below 0 takes one off.
  value seconds() {
    return seconds_([&] {
      constexpr std::int64_t second = 1'000'000'000;
      const value there = to_->call("Where", {has_no_time(), whole().number(0), input_});
      const value all = whole().over(there, second);
      const value left = to_->call("Sub", {there, whole().times(all, second)});
      const value is_below = to_->cast(to_->call("Less", {left, whole().number(0)}), tensor::dtype::i64);
      return whole().plus(to_->call("Sub", {all, is_below}), std::int64_t{146'097} * 86'400);
    });
  }
  value days() {
    return days_([&] { return whole().over(seconds(), 86'400); });
  }
  // A year that begins in March has its leap day at the end, and its months begin (153 m + 2) / 5 days after it does.
  // Source: Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
  value day_after_february() {
    return day_after_february_([&] {
      const value of_era = whole().rest(whole().plus(days(), 719'468), 146'097);
      const value leap = to_->call("Sub", {of_era, whole().over(of_era, 1'460)});
      const value centuries = to_->call("Add", {leap, whole().over(of_era, 36'524)});
      const value year = whole().over(to_->call("Sub", {centuries, whole().over(of_era, 146'096)}), 365);
      const value whole_years = to_->call("Add", {whole().times(year, 365), whole().over(year, 4)});
      return to_->call("Sub", {of_era, to_->call("Sub", {whole_years, whole().over(year, 100)})});
    });
  }
  value month_after_february() {
    return month_after_february_(
        [&] { return whole().over(whole().plus(whole().times(day_after_february(), 5), 2), 153); });
  }

  graph_builder* to_;
  feature::declared_column from_;
  value input_ = 0;
  lazy_value number_, infinite_, finite_, nan_, not_finite_;
  lazy_value no_time_, seconds_, days_, hour_, weekday_, day_, month_, day_after_february_, month_after_february_;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TO_GRAPH_DETAIL_FEATURE_INPUTS_HPP
