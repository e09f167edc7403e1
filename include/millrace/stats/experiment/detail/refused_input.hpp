#ifndef MILLRACE_STATS_EXPERIMENT_DETAIL_REFUSED_INPUT_HPP
#define MILLRACE_STATS_EXPERIMENT_DETAIL_REFUSED_INPUT_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/stats/evidence.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// The largest size of an experiment's input: the squares of 1e28 of them have a finite sum.
inline constexpr double most_input = 1e140;

/// Whether a metric can use its inputs, which are finite.
template <class Metric>
bool metric_takes(const double* inputs) noexcept {
  if constexpr (requires { Metric::takes(inputs); })
    return Metric::takes(inputs);
  else
    return true;
}

/// The input for which an experiment left a unit out.
struct refused_input {
  double value = 0;
  std::uint32_t metric = 0;  // its metric's number, from 1; 0: none was refused

  /// Looks at the inputs of the next metric, unless the culprit is found: first for one that is not finite or too
  /// large, then whether the metric takes them.
  template <class Metric>
  void look(std::uint32_t& number, const double*& inputs) noexcept {
    const double* const mine = inputs;
    inputs += Metric::inputs;
    ++number;
    for (std::size_t i = 0; i < Metric::inputs && metric == 0; ++i)
      if (!(math::absolute(mine[i]) <= most_input)) *this = {mine[i], number};
    if (metric == 0 && !metric_takes<Metric>(mine)) *this = {mine[0], number};
  }

  template <class Metric>
  std::string why() const {
    if (value != value) return std::string(Metric::name) + " was NaN";
    std::string text = std::string(Metric::name) + " was " + figure(value) + ", which is ";
    if (!math::is_finite(value)) return text + "not finite";
    if (!(math::absolute(value) <= most_input)) return text + "beyond 1e140";
    if constexpr (requires { std::string_view(Metric::domain); })
      return text + "not " + std::string(Metric::domain);
    else
      return text + "nothing that the metric takes";
  }
};

}  // namespace detail
}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_EXPERIMENT_DETAIL_REFUSED_INPUT_HPP
