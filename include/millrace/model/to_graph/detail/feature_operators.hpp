#ifndef MILLRACE_MODEL_TO_GRAPH_DETAIL_FEATURE_OPERATORS_HPP
#define MILLRACE_MODEL_TO_GRAPH_DETAIL_FEATURE_OPERATORS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/feature/policies.hpp>
#include <millrace/feature/specification/specification.hpp>
#include <millrace/feature/tables/table.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/to_graph/detail/feature_inputs.hpp>
#include <millrace/model/to_graph/graph_builder.hpp>
#include <millrace/tensor/dtype.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// log(1 + x) of doubles: the rounding of u = 1 + x is made up for by x / (u - 1), but where u is x, or 1.
/// Source: Goldberg, "What Every Computer Scientist Should Know About Floating-Point Arithmetic", theorem 4.
inline graph_builder::value add_log1p(graph_builder& to, graph_builder::value x) {
  constexpr double one = 1;
  const graph_builder::value unit = to.doubles({&one, 1}, {});
  const graph_builder::value u = to.call("Add", {x, unit});
  const graph_builder::value quotient = to.call("Div", {x, to.call("Sub", {u, unit})});
  const graph_builder::value made_up = to.call("Where", {to.call("Equal", {u, x}), unit, quotient});
  const graph_builder::value product = to.call("Mul", {to.call("Log", {u}), made_up});
  return to.call("Where", {to.call("Equal", {u, unit}), x, product});
}

/// The transforms of features as operators, one by one. Numbers are computed in doubles, whatever the builder's element
/// is, and rounded to floats once, as the transforms do it.
class feature_operators {
 public:
  using value = graph_builder::value;
  using specification = feature::specification;
  using trouble = feature::trouble;
  using reaction = feature::reaction;

  feature_operators(graph_builder& to, const std::vector<feature::declared_column>& columns) : to_(to) {
    for (const feature::declared_column& one : columns) inputs_.emplace_back(to, one);
  }

  /// A transform, of which all parameters are given.
  void add(const specification& one) {
    const std::string& type = one.type;
    feature_input* const from = input_of(one);
    if (type == "one_hot" || type == "categorical") {
      if (is_kind(one, from, feature::column_kind::category)) add_category(one, *from);
    } else if (type == "missing_flag") {
      if (is_there(one, from)) add_missing_flag(*from);
    } else if (type == "temporal") {
      if (is_kind(one, from, feature::column_kind::time)) add_temporal(one, *from);
    } else if (is_number(type)) {
      if (is_kind(one, from, feature::column_kind::number)) add_number(one, *from);
    } else {
      to_.refuse("feature \"" + one.name + "\": " + type + ", which ONNX has no operators for");
    }
  }

  /// The columns of all transforms, floats.
  value rows() {
    if (parts_.empty()) return 0;  // all were refused
    return parts_.size() == 1 ? parts_[0] : to_.beside(std::move(parts_));
  }
  /// Which rows a rule refuses, truth values of rows x 1; none: no rule refuses.
  std::optional<value> refused() const noexcept { return refused_; }

 private:
  static constexpr double most = double{(std::numeric_limits<float>::max)()};

  // ---- what specifications say

  static bool is_number(std::string_view type) noexcept {
    constexpr std::string_view known[] = {"numerical", "log",    "log1p",  "clip",       "standardize",
                                          "min_max",   "bucket", "impute", "aggregation"};
    for (const std::string_view one : known)
      if (one == type) return true;
    return false;
  }
  /// The column that it reads: its source, or one that is called as it is.
  feature_input* input_of(const specification& one) {
    const bool own_name = one.sources.empty() || one.type == "aggregation";
    const std::string& name = own_name ? one.name : one.sources[0];
    for (feature_input& input : inputs_)
      if (input.name() == name) return &input;
    return nullptr;
  }
  bool is_kind(const specification& one, const feature_input* from, feature::column_kind wanted) {
    using feature::column_kind;
    const auto words = [](column_kind kind) { return kind == column_kind::text || kind == column_kind::category; };
    const bool is_wanted = from == nullptr || from->kind() == wanted || (words(wanted) && words(from->kind()));
    return is_there(one, is_wanted ? from : nullptr);
  }
  bool is_there(const specification& one, const feature_input* from) {
    if (from == nullptr) to_.refuse("feature \"" + one.name + "\": no column that " + one.type + " could read");
    return from != nullptr;
  }
  const feature::parameter* parameter_of(const specification& one, std::string_view name) {
    for (const feature::parameter& each : one.parameters)
      if (each.name == name && (!each.numbers.empty() || !each.texts.empty())) return &each;
    to_.refuse("feature \"" + one.name + "\": " + one.type + " without \"" + std::string(name) + '"');
    return nullptr;
  }
  double number_of(const specification& one, std::string_view name) {
    const feature::parameter* const found = parameter_of(one, name);
    return found == nullptr || found->numbers.empty() ? 0 : found->numbers[0];
  }
  static feature::specified_rule rule_of(const specification& one, trouble what) noexcept {
    for (const feature::specified_rule& each : one.rules)
      if (each.about == what) return each;
    return {what, what == trouble::not_finite ? reaction::as_missing : reaction::keep};
  }
  static bool fills(reaction then) noexcept { return then == reaction::fill || then == reaction::fill_and_flag; }
  static bool flags(reaction then) noexcept { return then == reaction::flag || then == reaction::fill_and_flag; }

  // ---- numbers

  value constant(double x) { return to_.doubles({&x, 1}, {}); }
  value below(value x, double bound) { return to_.call("Less", {x, constant(bound)}); }
  value above(value x, double bound) { return to_.call("Greater", {x, constant(bound)}); }
  /// By Where, since engines' Clip, Min and Max do not all keep NaN.
  value between(value x, double low, double high) {
    const value not_above = to_.call("Where", {above(x, high), constant(high), x});
    return to_.call("Where", {below(x, low), constant(low), not_above});
  }

  value bucket(const specification& one, value x) {
    const feature::parameter* const edges = parameter_of(one, "edges");
    if (edges == nullptr) return x;
    const auto count = static_cast<std::int64_t>(edges->numbers.size());
    const value is_below = to_.call("Less", {to_.doubles(edges->numbers, {1, count}), x});
    return to_.call("ReduceSum", {to_.cast(is_below, tensor::dtype::f64), to_.integers({1})});
  }
  value min_max(const specification& one, value x) {
    const double low = number_of(one, "low");
    const double high = number_of(one, "high");
    const double length = high - low;
    if (math::is_infinite(length))
      return to_.call("Div", {to_.call("Sub", {to_.call("Div", {x, constant(2)}), constant(low / 2)}),
                              constant(high / 2 - low / 2)});
    return to_.call("Div", {to_.call("Sub", {x, constant(low)}), constant(length > 0 ? length : 1)});
  }
  /// What the transform makes of a number, before it becomes a float.
  value formula(const specification& one, value x) {
    if (one.type == "log") return to_.call("Where", {above(x, 0), to_.call("Log", {x}), constant(math::nan)});
    if (one.type == "log1p") return to_.call("Where", {above(x, -1), add_log1p(to_, x), constant(math::nan)});
    if (one.type == "clip") return between(x, number_of(one, "low"), number_of(one, "high"));
    if (one.type == "standardize")
      return to_.call("Div",
                      {to_.call("Sub", {x, constant(number_of(one, "mean"))}), constant(number_of(one, "stddev"))});
    if (one.type == "min_max") return min_max(one, x);
    if (one.type == "bucket") return bucket(one, x);
    return x;
  }
  /// Whether what the formula makes may be no float.
  bool may_exceed(const specification& one) {
    if (one.type == "clip") return number_of(one, "low") < -most || number_of(one, "high") > most;
    if (one.type == "log" || one.type == "log1p" || one.type == "bucket") return false;
    return one.type == "standardize" || one.type == "min_max" || to_.is_double();
  }
  /// Which numbers are `outside`: x, of which the formula makes y.
  value is_outside(const specification& one, value x, value y) {
    if (one.type == "log") return to_.call("LessOrEqual", {x, constant(0)});
    if (one.type == "log1p") return to_.call("LessOrEqual", {x, constant(-1)});
    if (one.type == "bucket") return never(x);
    const value is_large = above(to_.call("Abs", {y}), most);
    if (one.type != "clip" && one.type != "min_max") return is_large;
    const value is_beyond = to_.call("Or", {below(x, number_of(one, "low")), above(x, number_of(one, "high"))});
    return one.type == "clip" ? to_.call("Or", {is_beyond, is_large}) : is_beyond;
  }
  value never(value x) { return to_.call("Less", {x, x}); }

  void add_number(const specification& one, feature_input& from) {
    const bool as_missing = rule_of(one, trouble::not_finite).then == reaction::as_missing;
    const value x = as_missing ? from.finite() : from.number();
    const auto is_missing = [&] { return as_missing ? from.is_not_finite() : from.is_nan(); };
    const value made = formula(one, x);
    value y = made;
    if (may_exceed(one)) {
      y = between(made, -most, most);
      if (!as_missing && one.type != "clip") y = to_.call("Where", {from.is_infinite(), made, y});
    }
    if (one.type == "bucket") y = to_.call("Where", {is_missing(), constant(math::nan), y});
    if (one.type == "impute") y = to_.call("Where", {is_missing(), constant(number_of(one, "with")), y});

    met_.clear();
    met(one, trouble::missing, is_missing);
    if (!as_missing) met(one, trouble::not_finite, [&] { return from.is_infinite(); });
    met(one, trouble::outside, [&] {
      const value is_beyond = is_outside(one, x, made);
      return as_missing ? is_beyond : to_.call("And", {is_beyond, to_.call("Not", {from.is_infinite()})});
    });
    finish(one, to_.cast(y, tensor::dtype::f32), x);
  }

  // ---- categories, times, what is missing

  void add_category(const specification& one, feature_input& from) {
    const feature::parameter* const known = parameter_of(one, "categories");
    if (known == nullptr) return;
    const value place = from.place_among(known->texts);
    const auto is_missing = [&] { return to_.call("Equal", {place, to_.integers({-1})}); };
    value y = place;
    if (one.type == "one_hot") {
      std::vector<std::int64_t> each;
      for (std::size_t i = 0; i < known->texts.size(); ++i) each.push_back(static_cast<std::int64_t>(i + 1));
      y = to_.cast(to_.call("Equal", {place, to_.integers(std::move(each))}), tensor::dtype::f32);
    } else {
      y = to_.call("Where", {is_missing(), float_constant(math::nan), to_.cast(place, tensor::dtype::f32)});
    }
    met_.clear();
    met(one, trouble::missing, is_missing);
    met(one, trouble::unknown, [&] { return to_.call("Equal", {place, to_.integers({0})}); });
    finish(one, y, place);
  }

  void add_missing_flag(feature_input& from) {
    using feature::column_kind;
    const value is_missing = from.kind() == column_kind::number ? from.is_nan()
                             : from.kind() == column_kind::time
                                 ? from.has_no_time()
                                 : to_.call("Equal", {from.place_among({}), to_.integers({-1})});
    parts_.push_back(to_.cast(is_missing, tensor::dtype::f32));
  }

  void add_temporal(const specification& one, feature_input& from) {
    const feature::parameter* const parts = parameter_of(one, "parts");
    if (parts == nullptr) return;
    std::vector<value> columns;
    for (const std::string& part : parts->texts) columns.push_back(part_of_time(from, part));
    const value all = columns.size() == 1 ? columns[0] : to_.beside(std::move(columns));
    const value is_missing = from.has_no_time();
    met_.clear();
    met(one, trouble::missing, [&] { return is_missing; });
    finish(one, to_.call("Where", {is_missing, float_constant(math::nan), all}), from.input());
  }
  value part_of_time(feature_input& from, std::string_view part) {
    constexpr std::string_view cyclic = "cyclic ";
    const bool turns = part.substr(0, cyclic.size()) == cyclic;
    if (turns) part.remove_prefix(cyclic.size());
    const std::int64_t first = part == "day" || part == "month" ? 1 : 0;
    const std::int64_t period = part == "hour" ? 24 : part == "weekday" ? 7 : part == "day" ? 31 : 12;
    const value number = part == "hour"      ? from.hour()
                         : part == "weekday" ? from.weekday()
                         : part == "day"     ? from.day()
                                             : from.month();
    if (!turns) return to_.cast(number, tensor::dtype::f32);
    // Sine and cosine of all that it can be, as the transform computes them.
    std::vector<float> all;
    for (std::int64_t i = 0; i < period; ++i) {
      const double turn = static_cast<double>(i) / static_cast<double>(period);
      all.push_back(static_cast<float>(math::sin(6.283185307179586 * turn)));
      all.push_back(static_cast<float>(math::cos(6.283185307179586 * turn)));
    }
    const value place = to_.call("Squeeze", {integer_operators{to_}.plus(number, -first), to_.integers({1})});
    return to_.call("Gather", {to_.floats(all, {period, 2}), place}, {{"axis", std::int64_t{0}}});
  }

  // ---- what is done about troubles

  value float_constant(double x) {
    const auto narrow = static_cast<float>(x);
    return to_.floats({&narrow, 1}, {});
  }
  struct met_trouble {
    feature::specified_rule rule;
    value where = 0;
  };
  /// Notes which rows a trouble is in, if anything is done about it.
  template <class Where>
  void met(const specification& one, trouble what, const Where& where) {
    if (const feature::specified_rule rule = rule_of(one, what); rule.then != reaction::keep)
      met_.push_back({rule, where()});
  }
  /// The columns, floats that hold what `keep` keeps, and the flags behind them. `any`: numbers of rows x 1.
  void finish(const specification& one, value y, value any) {
    for (const met_trouble& each : met_) {
      if (fills(each.rule.then)) y = to_.call("Where", {each.where, float_constant(double{each.rule.value}), y});
      if (each.rule.then == reaction::refuse)
        refused_ = refused_ ? to_.call("Or", {*refused_, each.where}) : each.where;
    }
    parts_.push_back(y);
    for (const trouble what :
         {trouble::missing, trouble::not_finite, trouble::outside, trouble::unknown, trouble::mistyped}) {
      if (!flags(rule_of(one, what).then)) continue;
      std::optional<value> where;
      for (const met_trouble& each : met_)
        if (each.rule.about == what) where = each.where;
      // A trouble that is not met, as no input is mistyped, is nowhere.
      parts_.push_back(to_.cast(where ? *where : never(any), tensor::dtype::f32));
    }
  }

  graph_builder& to_;
  std::vector<feature_input> inputs_;
  std::vector<value> parts_;
  std::vector<met_trouble> met_;  // of the transform in the making
  std::optional<value> refused_;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TO_GRAPH_DETAIL_FEATURE_OPERATORS_HPP
