#ifndef MILLRACE_DELIVER_SPLIT_WEIGHTS_HPP
#define MILLRACE_DELIVER_SPLIT_WEIGHTS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/deliver/split/assignment.hpp>
#include <millrace/deliver/split/unit_hash.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace millrace {
inline namespace v0 {
namespace deliver {

namespace detail {

/// Where the variants [low, high) part into two halves: first the first variant from all others, then halves.
constexpr std::size_t middle_of(std::size_t low, std::size_t high) noexcept {
  return low == 0 ? 1 : low + (high - low) / 2;
}

/// Fills `bounds[middle]` with the part of the weight of [low, high) that [middle, high) has, for each node of the
/// tree. Returns the sum.
constexpr double fill_bounds(const double* weights, double* bounds, std::size_t low, std::size_t high) noexcept {
  if (high - low == 1) return weights[low];
  const std::size_t middle = middle_of(low, high);
  const double lower = fill_bounds(weights, bounds, low, middle);
  const double upper = fill_bounds(weights, bounds, middle, high);
  bounds[middle] = upper > 0 ? upper / (lower + upper) : 0;
  return lower + upper;
}

/// The variant of a hash among `count`. See `any_weights`.
constexpr std::uint32_t variant_of(const double* bounds, std::size_t count, std::uint64_t hash) noexcept {
  if (count == 1) return 0;
  const bool not_first = unit_point(hash) < bounds[1];
  if (count == 2) return not_first ? 1 : 0;  // no branch, which would be mispredicted
  if (!not_first) return 0;
  std::size_t low = 1;
  std::size_t high = count;
  while (high - low > 1) {
    const std::size_t middle = middle_of(low, high);
    const bool upper = unit_point(splitmix64(hash)) < bounds[middle];
    low = upper ? middle : low;
    high = upper ? high : middle;
  }
  return static_cast<std::uint32_t>(low);
}

}  // namespace detail

/// The weights of up to 32 variants, known at run time.
///
/// A tree decides: its root parts variant 0 from all others, and each node below parts its variants [low, high) at
/// low + (high - low) / 2. A unit goes to the upper part if its point is less than the part of the node's weight that
/// is there. The point at the root is `unit_point` of the unit's hash; at the next levels it is `unit_point` of the
/// first, second, ... output of SplitMix64 with the hash as its state. So with two variants a unit has variant 1 if and
/// only if its point is less than the share of variant 1.
///
/// Guarantee, up to the rounding of a bound by 2^-53: if the weight of one variant grows and the other weights stay, so
/// that the others give in proportion, nobody leaves that variant: at each node above it its side's part grows, and
/// below its leaf there is nothing. If one weight shrinks, nobody enters its variant. If all weights but the first grow
/// by one factor and the first gives, nobody leaves a variant other than the first. A variant of weight 0 has nobody.
/// Units of the other variants may change places. That nobody moves but from the first variant into the one that grows
/// cannot be had from weights alone: three variants beside a first could each grow to a half while the first gives,
/// and any two of the three would have to be apart. `split_percentage` has places for that.
/// Complexity: log2(variants) comparisons. Allocates: never.
class any_weights {
 public:
  /// One variant that has everybody.
  any_weights() noexcept { shares_[0] = 1; }
  /// Weights that sum to `total`: 1 for shares, 100 for percentages; a sum that differs by rounding is accepted.
  /// Errors: invalid_argument: no weight or more than 32, one that is negative, another sum; not_finite.
  static result<any_weights> make(std::span<const double> values, double total = 1);
  static result<any_weights> make(std::initializer_list<double> values, double total = 1) {
    return make(std::span<const double>(values.begin(), values.size()), total);
  }

  std::size_t size() const noexcept { return size_; }
  /// Of variant `i` < size(): in [0, 1].
  double share(std::size_t i) const noexcept { return shares_[i]; }
  std::uint32_t variant(std::uint64_t hash) const noexcept { return detail::variant_of(bounds_.data(), size_, hash); }

 private:
  std::size_t size_ = 1;
  std::array<double, max_variants> shares_{};
  std::array<double, max_variants> bounds_{};
};

inline result<any_weights> any_weights::make(std::span<const double> values, double total) {
  const auto refused = [](errc code, std::size_t at, double value, const char* why) {
    return error(code, "the weight of variant " + std::to_string(at) + " is " + detail::number_text(value) + why);
  };
  if (values.empty()) return error(errc::invalid_argument, "a split needs at least one weight");
  if (values.size() > max_variants)
    return error(errc::invalid_argument, std::to_string(values.size()) + " weights; a split has at most " +
                                             std::to_string(max_variants) + " variants");
  if (!(total > 0) || !detail::math::is_finite(total))
    return error(errc::invalid_argument, "weights cannot sum to " + detail::number_text(total));
  any_weights made;
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!detail::math::is_finite(values[i])) return refused(errc::not_finite, i, values[i], "");
    if (values[i] < 0) return refused(errc::invalid_argument, i, values[i], "; it must not be negative");
    sum += values[i];
    made.shares_[i] = values[i];
  }
  if (!(detail::math::absolute(sum - total) <= 1e-9 * total))
    return error(errc::invalid_argument,
                 "the weights sum to " + detail::number_text(sum) + ", not to " + detail::number_text(total));
  made.size_ = values.size();
  detail::fill_bounds(made.shares_.data(), made.bounds_.data(), 0,
                      made.size_);  // as given: the same for the same numbers
  for (std::size_t i = 0; i < made.size_; ++i) made.shares_[i] /= sum;
  return made;
}

/// Weights known at compile time, as whole numbers that sum to 100 (percentages), 1,000 or 10,000: `weights<80, 20>`.
/// Units are placed exactly as by `any_weights` of the same numbers.
/// Complexity: as any_weights. Allocates: never.
template <unsigned... Parts>
class weights {
  static constexpr std::size_t sum = (std::size_t{0} + ... + Parts);
  static_assert(sizeof...(Parts) > 0 && sizeof...(Parts) <= max_variants,
                "millrace[SPLIT-1]: weights<...> has 1 to 32 variants");
  static_assert(sizeof...(Parts) == 0 || sum == 100 || sum == 1'000 || sum == 10'000,
                "millrace[SPLIT-2]: the numbers of weights<...> must sum to 100 (percentages), 1,000 or 10,000");

 public:
  static constexpr std::size_t size() noexcept { return sizeof...(Parts); }
  static constexpr double share(std::size_t i) noexcept { return tree_.shares[i]; }
  static constexpr std::uint32_t variant(std::uint64_t hash) noexcept {
    return detail::variant_of(tree_.bounds.data(), size(), hash);
  }

 private:
  struct tree {
    std::array<double, sizeof...(Parts) + 1> shares{static_cast<double>(Parts)...};
    std::array<double, sizeof...(Parts) + 1> bounds{};
    constexpr tree() noexcept {
      const double all = detail::fill_bounds(shares.data(), bounds.data(), 0, sizeof...(Parts));
      for (double& share : shares) share /= all;
    }
  };
  static constexpr tree tree_{};
};

/// `weights<...>` or `any_weights`, or what has their members.
template <class W>
concept split_weights = requires(const W& weights, std::size_t i, std::uint64_t hash) {
  { weights.size() } noexcept -> std::convertible_to<std::size_t>;
  { weights.share(i) } noexcept -> std::convertible_to<double>;
  { weights.variant(hash) } noexcept -> std::convertible_to<std::uint32_t>;
};

namespace detail {

/// A split by weights: the variant of a hash, or of a random number.
template <class Weights>
class weighted {
  static_assert(sizeof(Weights) > 0);  // before the concept is asked, so that weights<...> speaks for itself
  static_assert(requirement<split_weights<Weights>, Weights>,
                "millrace[SPLIT-4]: a split takes weights<80, 20>, any_weights, or a class with size(), share(i) and "
                "variant(hash), all noexcept");

 public:
  constexpr explicit weighted(Weights weights = {}) noexcept : weights_(weights) {}

  constexpr std::size_t variants() const noexcept { return weights_.size(); }
  constexpr const Weights& weights() const noexcept { return weights_; }
  /// The assignment of a unit whose hash is known.
  constexpr assignment place(std::uint64_t hash) const noexcept {
    const std::uint32_t variant = weights_.variant(hash);
    return {variant, placement::by_weights, weights_.share(variant)};
  }

 private:
  [[no_unique_address]] Weights weights_;
};

}  // namespace detail

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SPLIT_WEIGHTS_HPP
