#ifndef MILLRACE_MIDDLEWARE_VALIDATION_RULES_HPP
#define MILLRACE_MIDDLEWARE_VALIDATION_RULES_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/field.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/tensor/summary.hpp>
#include <millrace/tensor/traits.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {

/// What a validation checks besides NaN and infinities: a class that lists, in `fields`, the fields it needs, and whose
/// `result<void> operator()(const auto& ctx) const` is called with a context in which all of them have been written.
/// One of your own takes three lines.
template <class R>
concept validation_rule = requires { typename detail::to_field_list_t<typename R::fields>; };

namespace detail {

/// The fields of a rule; none for a type that is no rule, about which a static_assert of `validation` complains.
template <class R>
struct fields_of_rule {
  using type = field_list<>;
};
template <validation_rule R>
struct fields_of_rule<R> {
  using type = to_field_list_t<typename R::fields>;
};

inline std::string quoted_field(std::string_view name) { return "field \"" + std::string(name) + '"'; }

/// A number as messages spell it; NaN and infinities without the quotes that JSON puts around them.
inline std::string number_text(double value) {
  std::string text;
  append_json(text, value);
  if (text.front() == '"') return text.substr(1, text.size() - 2);  // NaN and infinities
  return text;
}

/// The extent of a tensor's first axis. Errors: shape_mismatch for a number, which has no axis.
template <auto Field>
result<std::size_t> rows_of(const auto& ctx) {
  const tensor::tensor_view view = tensor::view_of(ctx[Field]);
  if (view.rank() == 0) return error(errc::shape_mismatch, quoted_field(Field.name) + " is a number and has no rows");
  return view.shape()[0];
}

}  // namespace detail

/// Rule: two fields have the same number of rows, as a batch and its labels.
template <auto First, auto Second>
struct same_rows {
  using fields = millrace::fields<First, Second>;
  result<void> operator()(const auto& ctx) const {
    result<std::size_t> first = detail::rows_of<First>(ctx);
    if (!first) return std::move(first).error();
    result<std::size_t> second = detail::rows_of<Second>(ctx);
    if (!second) return std::move(second).error();
    if (*first == *second) return {};
    return error(errc::shape_mismatch, detail::quoted_field(First.name) + " has " + std::to_string(*first) + " rows, " +
                                           detail::quoted_field(Second.name) + " has " + std::to_string(*second));
  }
};

/// Stands for any extent in `has_shape`.
inline constexpr std::size_t any_extent = ~std::size_t{0};

/// Rule: a field has this shape: `mr::has_shape<batch>{{mr::any_extent, 30}}`.
template <auto Field>
struct has_shape {
  using fields = millrace::fields<Field>;
  tensor::tensor_shape expected;

  result<void> operator()(const auto& ctx) const {
    const tensor::tensor_view view = tensor::view_of(ctx[Field]);
    bool same = view.rank() == expected.rank();
    for (std::size_t axis = 0; same && axis < expected.rank(); ++axis)
      same = expected[axis] == any_extent || expected[axis] == view.shape()[axis];
    if (same) return {};
    std::string wanted = "[";
    for (std::size_t axis = 0; axis < expected.rank(); ++axis) {
      if (axis != 0) wanted += ", ";
      wanted += expected[axis] == any_extent ? "any" : std::to_string(expected[axis]);
    }
    return error(errc::shape_mismatch, detail::quoted_field(Field.name) + " has shape " + to_string(view.shape()) +
                                           ", expected " + wanted + "]");
  }
};

/// Rule: every element of a field lies in [low, high]; NaN does not.
template <auto Field>
struct in_range {
  using fields = millrace::fields<Field>;
  double low;
  double high;

  result<void> operator()(const auto& ctx) const {
    result<void> verdict;
    tensor::for_each_tensor(ctx[Field], [&](const tensor::tensor_view& view) {
      const auto found = tensor::find_out_of_range(view, low, high);
      if (found)
        verdict = error(errc::out_of_range,
                        detail::quoted_field(Field.name) + (view.rank() == 0 ? std::string(" is ") : " holds ") +
                            detail::number_text(found->value) +
                            (view.rank() == 0 ? std::string() : " at " + to_string(found->position)) +
                            ", outside of [" + detail::number_text(low) + ", " + detail::number_text(high) + "]");
      return !found;
    });
    return verdict;
  }
};

/// Rule, for gradients: the Euclidean norm over all tensors of a field is at most `limit`.
template <auto Field>
struct max_norm {
  using fields = millrace::fields<Field>;
  double limit;

  result<void> operator()(const auto& ctx) const {
    double norm = 0;
    tensor::for_each_tensor(ctx[Field], [&](const tensor::tensor_view& view) {
      norm = detail::math::hypot(norm, summarize(view).l2_norm);
    });
    if (norm <= limit) return {};
    return error(errc::out_of_range, detail::quoted_field(Field.name) + " has norm " + detail::number_text(norm) +
                                         ", above " + detail::number_text(limit));
  }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MIDDLEWARE_VALIDATION_RULES_HPP
