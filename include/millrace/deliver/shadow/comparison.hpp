#ifndef MILLRACE_DELIVER_SHADOW_COMPARISON_HPP
#define MILLRACE_DELIVER_SHADOW_COMPARISON_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/deliver/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// What a comparison says of two predictions for one request.
struct difference {
  bool agrees = false;
  /// How far apart they are, 0 for the same; infinite or NaN where that cannot be said. What it measures says the
  /// comparison.
  double distance = 0;
};

/// A prediction that is one number, and one that is several: std::vector<double>, std::array. A text is neither.
template <class P>
concept number_prediction = std::floating_point<P> || (std::integral<P> && !std::same_as<P, char>);
template <class P>
concept numbers_prediction = requires(const P& made, std::size_t i) {
  { made.size() } -> std::convertible_to<std::size_t>;
  requires number_prediction<std::remove_cvref_t<decltype(made[i])>>;
};
/// Of those, scores: real numbers, and not labels.
template <class P>
concept scores_prediction = numbers_prediction<P> && requires(const P& made, std::size_t i) {
  requires std::floating_point<std::remove_cvref_t<decltype(made[i])>>;
};

/// Compares a candidate's prediction with the stable model's: returns a `difference`, or whether they agree.
template <class C, class Prediction>
concept comparison = requires(const C& compare, const Prediction& stable, const Prediction& candidate) {
  { compare(stable, candidate) } -> std::convertible_to<difference>;
} || requires(const C& compare, const Prediction& stable, const Prediction& candidate) {
  { compare(stable, candidate) } -> std::convertible_to<bool>;
};

namespace detail {

template <class Numbers>
bool has_nan(const Numbers& of) noexcept {
  for (std::size_t i = 0; i < of.size(); ++i)
    if (math::is_nan(static_cast<double>(of[i]))) return true;
  return false;
}

/// The index of the greatest number, of the first of equal ones.
template <class Numbers>
std::size_t arg_max(const Numbers& of) noexcept {
  std::size_t best = 0;
  for (std::size_t i = 1; i < of.size(); ++i)
    if (of[i] > of[best]) best = i;
  return best;
}

}  // namespace detail

/// Predictions agree if every number of one is near that of the other: their difference is at most `absolute`, or at
/// most `relative` times the greater of their magnitudes. Equal infinities agree; a NaN agrees with a NaN if
/// `nan_equals_nan`, and with nothing else. Of predictions that are neither a number nor numbers, equal ones agree.
/// The distance is the greatest absolute difference.
/// Source: the two tolerances are those of Python's math.isclose, PEP 485.
struct within {
  double absolute = 1e-9;
  double relative = 1e-6;
  bool nan_equals_nan = false;

  template <class P>
  difference operator()(const P& stable, const P& candidate) const {
    if constexpr (number_prediction<P>) {
      return of(static_cast<double>(stable), static_cast<double>(candidate));
    } else if constexpr (numbers_prediction<P>) {
      if (stable.size() != candidate.size()) return {false, __builtin_inf()};
      difference all{true, 0};
      for (std::size_t i = 0; i < stable.size(); ++i) {
        const difference one = of(static_cast<double>(stable[i]), static_cast<double>(candidate[i]));
        all.agrees = all.agrees && one.agrees;
        if (!detail::math::is_nan(all.distance) && !(one.distance <= all.distance)) all.distance = one.distance;
      }
      return all;
    } else {
      const bool same = stable == candidate;
      return {same, same ? 0.0 : 1.0};
    }
  }

 private:
  difference of(double a, double b) const noexcept {
    if (a == b) return {true, 0};
    if (detail::math::is_nan(a) && detail::math::is_nan(b))
      return {nan_equals_nan, nan_equals_nan ? 0 : detail::math::nan};
    const double apart = detail::math::absolute(a - b);
    if (!detail::math::is_finite(a) || !detail::math::is_finite(b)) return {false, apart};
    const double size = detail::math::fmax(detail::math::absolute(a), detail::math::absolute(b));
    return {apart <= absolute || apart <= relative * size, apart};
  }
};

/// Predictions agree if they name the same class: numbers by the place of the greatest one, the first of equal ones; a
/// single real number by whether it is above the threshold; labels, such as integers and texts, by being equal. Where a
/// number is NaN, or there is another number of them, nothing agrees. The distance is 0 or 1.
struct same_class {
  double threshold = 0.5;

  template <class P>
  difference operator()(const P& stable, const P& candidate) const {
    const bool same = agree(stable, candidate);
    return {same, same ? 0.0 : 1.0};
  }

 private:
  template <class P>
  bool agree(const P& stable, const P& candidate) const {
    if constexpr (std::floating_point<P>) {
      return stable == stable && candidate == candidate && is_above(stable) == is_above(candidate);
    } else if constexpr (scores_prediction<P>) {
      if (stable.size() != candidate.size() || stable.size() == 0) return false;
      if (detail::has_nan(stable) || detail::has_nan(candidate)) return false;
      if (stable.size() == 1)
        return is_above(static_cast<double>(stable[0])) == is_above(static_cast<double>(candidate[0]));
      return detail::arg_max(stable) == detail::arg_max(candidate);
    } else {
      return stable == candidate;
    }
  }
  template <class T>
  bool is_above(T score) const noexcept {
    return static_cast<double>(score) > threshold;
  }
};

/// Predictions, which are the scores of the same items, agree if the `top` items of the highest scores are the same in
/// the same order; of equal scores the first is the higher. The distance is the share of the stable model's top items
/// that are not among the candidate's. Where a score is NaN, or there is another number of them, nothing agrees.
/// Complexity: O(top * items). Allocates: two lists of `top` numbers.
struct same_ranking {
  std::size_t top = 10;

  template <numbers_prediction P>
  difference operator()(const P& stable, const P& candidate) const {
    if (stable.size() != candidate.size() || detail::has_nan(stable) || detail::has_nan(candidate))
      return {false, detail::math::nan};
    const std::vector<std::size_t> wanted = first(stable);
    const std::vector<std::size_t> found = first(candidate);
    std::size_t missing = wanted.size();
    for (const std::size_t item : wanted)
      for (const std::size_t other : found) missing -= item == other ? 1U : 0U;
    const auto count = static_cast<double>(wanted.size());
    return {wanted == found, wanted.empty() ? 0 : static_cast<double>(missing) / count};
  }

 private:
  template <class P>
  std::vector<std::size_t> first(const P& scores) const {
    std::vector<std::size_t> kept;  // the best so far, the highest first
    for (std::size_t i = 0; i < scores.size(); ++i) {
      std::size_t at = kept.size();
      while (at > 0 && scores[i] > scores[kept[at - 1]]) --at;
      if (at >= top) continue;
      kept.insert(kept.begin() + static_cast<std::ptrdiff_t>(at), i);
      if (kept.size() > top) kept.pop_back();
    }
    return kept;
  }
};

namespace detail {

/// The number that stands for a prediction where the outputs of both arms are compared as distributions: itself; of
/// several its only one or the class; of a comparison that has `figure(prediction)`, that. False: it has none.
template <class Prediction, class Compare>
bool figure_of(const Prediction& made, const Compare& compare, double& to) {
  if constexpr (requires {
                  { compare.figure(made) } -> std::convertible_to<double>;
                }) {
    to = compare.figure(made);
  } else if constexpr (number_prediction<Prediction>) {
    to = static_cast<double>(made);
  } else if constexpr (numbers_prediction<Prediction>) {
    if (made.size() == 0) return false;
    to = made.size() == 1 ? static_cast<double>(made[0]) : static_cast<double>(arg_max(made));
  } else {
    return false;
  }
  return math::is_finite(to);
}

template <class Compare, class Prediction>
difference difference_by(const Compare& compare, const Prediction& stable, const Prediction& candidate) {
  if constexpr (requires {
                  { compare(stable, candidate) } -> std::convertible_to<difference>;
                }) {
    return compare(stable, candidate);
  } else {
    const bool same = static_cast<bool>(compare(stable, candidate));
    return {same, same ? 0.0 : 1.0};
  }
}

}  // namespace detail

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SHADOW_COMPARISON_HPP
