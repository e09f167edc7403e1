#ifndef MILLRACE_MODEL_COMBINATION_DETAIL_MODEL_TUPLE_HPP
#define MILLRACE_MODEL_COMBINATION_DETAIL_MODEL_TUPLE_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/predictor.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <tuple>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// How many numbers of a row a combination keeps between its models: they stand on the stack, since asking allocates
/// nothing.
inline constexpr std::size_t most_outputs = 256;

/// Not a concept, because a compiler would print what each one consists of.
template <class... Models>
inline constexpr bool are_combinable = ((trainer<Models> && saved_as_bytes<Models>) && ...);

/// The models as a tuple, or the first error, with the place of its model.
template <class... Models>
result<std::tuple<Models...>> unpack(const std::string& name, std::tuple<result<Models>...>&& made) {
  return std::apply(
      [&](result<Models>&... each) -> result<std::tuple<Models...>> {
        std::size_t at = 0;
        result<void> right;
        ((right && !each ? void(right = std::move(each).error().wrap(name + ", model " + std::to_string(at))) : void(),
          ++at),
         ...);
        if (!right) return std::move(right).error();
        return std::tuple<Models...>(*std::move(each)...);
      },
      made);
}

/// Fits each model with its options.
template <class... Models>
result<std::tuple<Models...>> fit_each(const std::string& name, const matrix_view& rows, std::span<const float> targets,
                                       const std::tuple<typename Models::options_type...>& with,
                                       std::span<const float> weights) {
  return std::apply(
      [&](const typename Models::options_type&... each) {
        return unpack<Models...>(name, std::tuple<result<Models>...>{Models::fit(rows, targets, each, weights)...});
      },
      with);
}

template <class... Models>
void save_each(envelope_writer& to, const std::tuple<Models...>& models) {
  std::apply([&](const Models&... each) { (to.block(each.save()), ...); }, models);
}

/// Reads what `save_each` wrote. A reader that has failed gives a model an empty block, which it refuses.
template <class... Models>
result<std::tuple<Models...>> load_each(const std::string& name, envelope_reader& from) {
  return unpack<Models...>(name, std::tuple<result<Models>...>{Models::load(from.block())...});
}

/// Calls f(model) for each, in order.
template <class Tuple, class F>
void for_each_model(const Tuple& models, F f) {
  std::apply([&](const auto&... each) { (f(each), ...); }, models);
}

/// How many rows' outputs there is room for. Rows of too few columns have NaN for all of them, and none is left to ask.
inline std::size_t rows_with_room(const matrix_view& rows, std::size_t inputs, std::size_t outputs,
                                  std::span<double> out) noexcept {
  const std::size_t room = out.size() / outputs;
  const std::size_t count = rows.rows() < room ? rows.rows() : room;
  if (rows.columns() >= inputs) return count;
  for (double& one : out.first(count * outputs)) one = math::nan;
  return 0;
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_COMBINATION_DETAIL_MODEL_TUPLE_HPP
