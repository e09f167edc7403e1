#ifndef MILLRACE_AGGREGATE_MEMBERS_EXACT_MOMENTS_HPP
#define MILLRACE_AGGREGATE_MEMBERS_EXACT_MOMENTS_HPP

#include <millrace/aggregate/members/detail/fixed_point_sum.hpp>
#include <millrace/aggregate/members/member.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/core/detail/int128.hpp>
#include <millrace/core/detail/math.hpp>

#include <bit>
#include <cstdint>
#include <span>
#include <string_view>

namespace millrace {
inline namespace v0 {

/// The number, the sum and the sum of squares of finite numbers, without rounding. See the member `exact_moments`.
class exact_sums {
 public:
  void update(double x) {
    ++count_;
    const auto bits = std::bit_cast<std::uint64_t>(x);
    const auto field = static_cast<int>(bits >> 52 & 0x7ffU);
    const std::uint64_t fraction = bits & 0xf'ffff'ffff'ffffU;
    const std::uint64_t size = field == 0 ? fraction : fraction | std::uint64_t{1} << 52;
    if (size == 0) return;
    const int exponent = (field == 0 ? 1 : field) - 1075;
    sum_.add<3>(size, exponent, (bits >> 63) != 0);
    squares_.add<5>(static_cast<detail::uint128>(size) * size, 2 * exponent, false);
  }
  void update(std::span<const double> items) {
    for (const double x : items) update(x);
  }
  void merge(const exact_sums& later) {
    count_ += later.count_;
    sum_.merge(later.sum_);
    squares_.merge(later.squares_);
  }
  /// Removes items that were merged or updated before; nothing is left of them.
  void unmerge(const exact_sums& part) {
    count_ -= part.count_;
    sum_.merge(part.sum_, -1);
    squares_.merge(part.squares_, -1);
  }

  std::uint64_t count() const noexcept { return count_; }
  /// The sum, rounded once: the double nearest to it. Infinite where it is beyond double's range.
  double sum() const { return unscaled(detail::rounded(sum_.number())); }
  /// NaN without items. Sum and quotient are rounded once each.
  double mean() const {
    const detail::scaled_double sum = detail::rounded(sum_.number());
    if (count_ == 0) return detail::math::nan;
    return unscaled({sum.value / static_cast<double>(count_), sum.exponent});
  }
  /// The squared deviations from the mean, divided by count - 1 (a sample) or by count: value * 4^exponent, its
  /// relative error below 4e-16. NaN where the divisor is zero.
  ///
  /// With n items the squared deviations are (n Q - S^2) / n for the sum S and the sum of squares Q. The numerator is
  /// computed without rounding, so nothing cancels however far the items are from zero.
  detail::scaled_square mean_square(bool sample) const {
    const std::uint64_t divisor = sample && count_ != 0 ? count_ - 1 : count_;
    if (divisor == 0) return {};
    const detail::scaled_double over = detail::rounded(detail::product(detail::exact(count_), detail::exact(divisor)));
    const detail::scaled_double top = detail::rounded(numerator());
    const int exponent = top.exponent - over.exponent;
    const double value = top.value / over.value;
    if (value == 0) return {0, 0};
    // An odd power of two leaves one two with the value.
    const int half = exponent >= 0 ? exponent / 2 : (exponent - 1) / 2;
    return {exponent - 2 * half == 0 ? value : 2 * value, half};
  }

  void save(envelope_writer& to) const {
    to.u64(count_);
    sum_.save(to);
    squares_.save(to);
  }
  bool load(envelope_reader& from) {
    count_ = from.u64();
    const bool sum = sum_.load(from), squares = squares_.load(from);
    if (!from.ok() || !sum || !squares) return false;
    const detail::exact_number of_squares = squares_.number();
    if (of_squares.negative || (count_ == 0 && !of_squares.limbs.empty())) return false;
    bool below = false;
    (void)numerator(&below);
    return !below;
  }

 private:
  /// n Q - S^2, which no items make negative.
  detail::exact_number numerator(bool* impossible = nullptr) const {
    const detail::exact_number sum = sum_.number();
    bool below = false;
    detail::exact_number made =
        detail::difference(detail::product(detail::exact(count_), squares_.number()), detail::product(sum, sum), below);
    if (impossible != nullptr) *impossible = below;
    return made;
  }
  static double unscaled(detail::scaled_double number) noexcept {
    return number.value == 0 ? 0 : detail::math::ldexp(number.value, number.exponent);
  }

  std::uint64_t count_ = 0;
  detail::fixed_point_sum sum_;
  detail::fixed_point_sum squares_;
};

/// Member: sum and sum of squares without any rounding, from which `exact_sum`, `exact_mean`, `exact_variance` and
/// `exact_stddev` are computed. `get` returns `exact_sums`.
///
/// For results that must not depend on how work was divided: over threads, files, partitions of Spark, ranks of MPI.
/// Guarantee: any split of a stream, in any order of items and merges, leaves the same figures and the same saved
/// bytes, to the bit; `unmerge` leaves nothing of what it removes. The sum is the double nearest to the true sum; the
/// relative error of the mean is below 2.3e-16, that of variance and standard deviation below 5e-16.
/// Complexity: update O(1), some ten additions of integers and no division, five to ten times the time of `moments`; a
/// question O(r^2), r the range of binary exponents seen divided by 32. Memory: 72 bytes, and 12 r on the heap.
/// Allocates: when the range of exponents grows.
/// Source: detail/fixed_point_sum.hpp.
struct exact_moments {
  static constexpr std::string_view name = "exact_moments";

  template <class T>
  class state : public exact_sums {
   public:
    static constexpr bool finite_only = true;
    static constexpr bool invertible = true;
    static constexpr bool exactly_invertible = true;
  };

  static const auto& value(const auto& a) { return a.template state<exact_moments>(); }
};

/// Member: the sum, rounded once. 0 without items; infinite items make it infinite, items of both infinities NaN.
struct exact_sum {
  using needs = members<exact_moments>;
  static double value(const auto& a) {
    return detail::with_infinities(a.template state<exact_moments>().sum(), a.infinities());
  }
};
/// Member: the arithmetic mean of the exact sum. NaN without items; infinite items as for `mean`.
struct exact_mean {
  using needs = members<exact_moments>;
  static double value(const auto& a) {
    return detail::with_infinities(a.template state<exact_moments>().mean(), a.infinities());
  }
};
/// Member: the sample variance of the exact sums. NaN for fewer than two items, and once an item was infinite.
struct exact_variance {
  using needs = members<exact_moments>;
  static double value(const auto& a) {
    return detail::unless_infinite(a.template state<exact_moments>().mean_square(true).square(), a.infinities());
  }
};
/// Member: the square root of `exact_variance`; correct also where that is beyond double's range.
struct exact_stddev {
  using needs = members<exact_moments>;
  static double value(const auto& a) {
    return detail::unless_infinite(a.template state<exact_moments>().mean_square(true).root(), a.infinities());
  }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_MEMBERS_EXACT_MOMENTS_HPP
