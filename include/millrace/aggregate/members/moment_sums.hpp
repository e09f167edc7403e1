#ifndef MILLRACE_AGGREGATE_MEMBERS_MOMENT_SUMS_HPP
#define MILLRACE_AGGREGATE_MEMBERS_MOMENT_SUMS_HPP

#include <millrace/aggregate/kernels/detail/block_kernel.hpp>
#include <millrace/aggregate/members/detail/wide_range.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/saved/envelope.hpp>

#include <cstdint>
#include <limits>

namespace millrace {
inline namespace v0 {

namespace detail {

/// A mean in twice the precision, value + rest: two means far from zero differ by what the last places of one double do
/// not hold, and a variance is made of such differences.
struct double_mean {
  double value = 0;
  double rest = 0;

  void add(double step) noexcept {
    add_compensated(value, rest, step);
    const double all = value + rest;
    rest -= all - value;
    value = all;
  }
  double less(const double_mean& other) const noexcept { return (value - other.value) + (rest - other.rest); }
  /// Half of it: the whole may be too much for a double.
  double half_less(const double_mean& other) const noexcept {
    return (0.5 * value - 0.5 * other.value) + 0.5 * (rest - other.rest);
  }
};

/// The binary exponent of the root of sum / weight * 4^exponent; far below every other for a sum of zero.
inline int root_exponent(double sum, double weight, int exponent) noexcept {
  return sum == 0 ? exponent_of(sum) : (exponent_of(sum) - exponent_of(weight)) / 2 + exponent;
}

/// The central sums of moments of an order above one.
template <unsigned Order>
struct central_sums {
  double sums[Order - 1] = {};
};
template <>
struct central_sums<1> {};

/// Are a deviation and a weight so far from the ends of double's range that all their products up to the last power are
/// far enough from them, too?
template <unsigned Order>
[[gnu::always_inline]] inline bool is_near(double deviation, double weight) noexcept {
  constexpr double most = Order <= 2 ? 1e120 : Order == 3 ? 1e80 : 1e60;
  return (is_within(deviation, 1 / most, most) || deviation == 0) && is_within(weight, 1e-40, 1e40);
}
/// The same asked of those that are not: is the last power, by itself and weighted, as far from the ends as sums of it
/// need?
template <unsigned Order>
[[gnu::noinline, gnu::cold]] bool is_near_enough(double deviation, double weight) noexcept {
  const double size = math::absolute(deviation);
  double power = size;
  if constexpr (Order >= 2) power *= size;
  if constexpr (Order == 3) power *= size;
  if constexpr (Order == 4) power *= power;
  return deviation == 0 || (is_within(power, 1e-280, 1e280) && is_within(power * weight, 1e-280, 1e280));
}
template <unsigned Order>
bool deviates_plainly(double deviation, double weight) noexcept {
  return is_near<Order>(deviation, weight) || is_near_enough<Order>(deviation, weight);
}

}  // namespace detail

/// The weight, the mean and the central moments of what was seen, joined without loss of digits.
///
/// central(k) is the sum of w (x - mean)^k.
/// Guarantee: merging adds relative errors of a few units in the last place to mean and central(2); central(3) and
/// central(4) lose digits only as far as their own terms cancel. Where powers of deviations, or weights, would leave
/// double's range, powers of two are kept apart, so that ratios (a mean, a deviation, a skewness) are as good there as
/// elsewhere.
/// Complexity: merge O(1), two divisions; 8 (Order + 3) bytes.
/// Allocates: never.
/// Source: Chan, Golub, LeVeque (1979); for orders three and four P. Pébay, SAND2008-6212, eq. 2.1, 3.1.
template <unsigned Order>
class moment_sums : detail::central_sums<Order> {
  static_assert(Order >= 1 && Order <= 4, "millrace[AGGREGATE-2]: moments are kept to an order from 1 to 4");

 public:
  constexpr moment_sums() noexcept = default;
  /// One item.
  constexpr moment_sums(double x, double weight) noexcept : weight_(weight), mean_{x} {}

  /// From powers[k-1] = S_k, the sums of w (x - shift)^k over items of that weight W in all.
  ///
  /// With d = S_1 / W the mean is shift + d, and the sums around it are those of ((x - shift) - d)^k, expanded with
  /// W d = S_1:
  ///
  ///     k = 2:  S_2 - 2 d S_1 + d^2 W                           = S_2 - d S_1
  ///     k = 3:  S_3 - 3 d S_2 + 3 d^2 S_1 - d^3 W               = S_3 - 3 d S_2 + 2 d^2 S_1
  ///     k = 4:  S_4 - 4 d S_3 + 6 d^2 S_2 - 4 d^3 S_1 + d^4 W   = S_4 - 4 d S_3 + 6 d^2 S_2 - 3 d^3 S_1
  moment_sums(double weight, double shift, const double* powers) noexcept : weight_(weight) {
    const double d = powers[0] / weight;
    mean_.value = shift;
    mean_.add(d);
    if constexpr (Order >= 2) {
      const double around = times(powers[0], d);
      const double squares = powers[1] - around;
      central_sum(2) = squares > 0 ? squares : squares <= 0 ? 0 : std::numeric_limits<double>::infinity();
      if constexpr (Order >= 3) central_sum(3) = (powers[2] - times(3 * d, powers[1])) + times(2 * d, around);
      if constexpr (Order >= 4)
        central_sum(4) =
            (powers[3] - times(4 * d, powers[2])) + (times(6 * d * d, powers[1]) - times(3 * d * d, around));
    }
  }

  constexpr double weight() const noexcept {
    return weight_apart_ == 0 ? weight_ : detail::math::ldexp(weight_, weight_apart_);
  }
  /// NaN without any item.
  constexpr double mean() const noexcept {
    return weight_ == 0 ? std::numeric_limits<double>::quiet_NaN() : mean_.value;
  }
  /// 2 <= k <= Order. Infinite, or zero, where it is beyond double's range.
  constexpr double central(unsigned k) const noexcept {
    const double sum = scaled_central(k);
    return is_plain() ? sum : detail::math::ldexp(sum, static_cast<int>(k) * exponent_ + weight_apart_);
  }

  /// What ratios are made of: central(k) / weight() is scaled_central(k) / scaled_weight() * 2^(k exponent()), and
  /// these are finite. They are the weight and central(k) themselves while those are well within double's range.
  constexpr double scaled_weight() const noexcept { return weight_; }
  constexpr double scaled_central(unsigned k) const noexcept {
    if constexpr (Order >= 2)
      return this->sums[k - 2];
    else
      return 0;
  }
  constexpr int exponent() const noexcept { return exponent_; }

  void merge(const moment_sums& other) noexcept {
    if (other.weight_ == 0) return;
    if (weight_ == 0) {
      *this = other;
      return;
    }
    const double d = other.mean_.less(mean_);
    const double n = weight_ + other.weight_;
    const bool ordinary =
        is_plain() && other.is_plain() && detail::math::absolute(d) <= 1e300 && detail::is_plain(n) &&
        (Order == 1 || detail::deviates_plainly<Order>(d, weight_ < other.weight_ ? weight_ : other.weight_));
    if (!ordinary) [[unlikely]]
      return merge_far(other);
    join(other, d);
    mean_.add(times(d, other.weight_ / n));
    weight_ = n;
  }

  /// The reverse of merge, up to rounding; other must have been merged before.
  void unmerge(const moment_sums& other) noexcept {
    if (other.weight_ == 0) return;
    if (!is_plain() || !other.is_plain()) [[unlikely]]
      return unmerge_far(other);
    part_from(other, other.mean_.less(mean_));
  }

  /// Every weight times factor > 0.
  void scale(double factor) noexcept {
    if (is_plain() && detail::is_plain(weight_ * factor)) [[likely]] {
      weight_ *= factor;
      if constexpr (Order >= 2)
        for (double& c : this->sums) c *= factor;
      return;
    }
    int by = 0;
    const double half = detail::math::frexp(factor, &by);
    weight_ *= half;
    if constexpr (Order >= 2)
      for (double& c : this->sums) c *= half;
    settle(exponent_, weight_apart_ + by);
  }

  /// A NaN in front says that the powers of two that are kept apart follow.
  void save(envelope_writer& to) const {
    if (!is_plain()) {
      to.f64(std::numeric_limits<double>::quiet_NaN());
      to.i64(exponent_);
      to.i64(weight_apart_);
    }
    to.f64(weight_);
    to.f64(mean_.value);
    to.f64(mean_.rest);
    if constexpr (Order >= 2)
      for (const double c : this->sums) to.f64(c);
  }
  bool load(envelope_reader& from) {
    weight_ = from.f64();
    bool valid = true;
    if (weight_ != weight_) {
      const std::int64_t exponent = from.i64();
      const std::int64_t apart = from.i64();
      valid = exponent >= -4096 && exponent <= 4096 && apart >= -4096 && apart <= 4096;
      exponent_ = valid ? static_cast<std::int16_t>(exponent) : 0;
      weight_apart_ = valid ? static_cast<std::int16_t>(apart) : 0;
      valid = valid && !is_plain();
      weight_ = from.f64();
    }
    mean_.value = from.f64();
    mean_.rest = from.f64();
    if constexpr (Order >= 2)
      for (double& c : this->sums) c = from.f64();
    return valid && weight_ >= 0 && !(scaled_central(2) < 0);
  }

 private:
  static constexpr double times(double a, double b) noexcept {
    double product = a * b;
    detail::rounded(product);
    return product;
  }
  constexpr bool is_plain() const noexcept { return (exponent_ | weight_apart_) == 0; }
  /// 2 <= k <= Order
  template <class Sums = moment_sums>
  double& central_sum(unsigned k) noexcept {
    return static_cast<Sums&>(*this).sums[k - 2];
  }

  /// Adds the central sums of `other`, whose mean is greater by d; weight and mean stay as they are.
  ///
  /// Let a and b be the two weights, n = a + b, q = a / n, r = b / n, and A_k and B_k the two central sums, of which
  /// A_1 = B_1 = 0. The mean of both is r d above the first mean and q d below the second. So an item of the first part
  /// deviates from it by r d less than from its own mean, one of the second by q d more, and the sums of k-th powers
  /// are
  ///
  ///     sum over j of (k over j) [ (-r d)^j A_(k-j) + (q d)^j B_(k-j) ]    with A_0 = a, B_0 = b.
  ///
  /// The last terms, j = k, are d^k (a (-r)^k + b q^k). As b q = a r and q + r = 1, they are
  ///
  ///     k = 2:  d^2 a r (r + q)       = d^2 a r
  ///     k = 3:  d^3 a r (q^2 - r^2)   = d^3 a r (q - r)
  ///     k = 4:  d^4 a r (q^3 + r^3)   = d^4 a r (q^2 - q r + r^2)
  ///
  /// and those between, j = 1 for k = 3 and j = 1, 2 for k = 4,
  ///
  ///     k = 3:  3 d (q B_2 - r A_2)
  ///     k = 4:  4 d (q B_3 - r A_3) + 6 d^2 (q^2 B_2 + r^2 A_2).
  void join(const moment_sums& other, double d) noexcept {
    if constexpr (Order >= 2) {
      const double a = weight_;
      const double b = other.weight_;
      const double n = a + b;
      const double r = b / n;
      const double q = a / n;
      const double d2 = times(d, d);
      if constexpr (Order >= 4)
        central_sum(4) += other.scaled_central(4) +
                          times(times(times(d2, d2), times(a, r)), (times(q, q) - times(q, r)) + times(r, r)) +
                          times(6 * d2, times(q * q, other.scaled_central(2)) + times(r * r, central_sum(2))) +
                          times(4 * d, times(q, other.scaled_central(3)) - times(r, central_sum(3)));
      if constexpr (Order >= 3)
        central_sum(3) += other.scaled_central(3) + times(times(times(d2, d), times(a, r)), q - r) +
                          times(3 * d, times(q, other.scaled_central(2)) - times(r, central_sum(2)));
      central_sum(2) += other.scaled_central(2) + times(d2, times(a, r));
    }
  }
  /// Takes `other` away, whose mean is greater by d than that of all: `join` solved for the first part. The mean of all
  /// lies r d' above that part's, where d' is the distance between the two parts, and d = q d' below that of other.
  void part_from(const moment_sums& other, double d) noexcept {
    const double n = weight_;
    const double b = other.weight_;
    const double a = n - b;
    if (!(a > n * 0x1p-50)) {  // nothing is left but rounding
      *this = {};
      return;
    }
    d *= n / a;  // between the two parts
    const double r = b / n;
    const double q = a / n;
    mean_.add(-detail::math::ldexp(times(d, r), exponent_));
    if constexpr (Order >= 2) {
      const double d2 = times(d, d);
      const double squares = (central_sum(2) - other.scaled_central(2)) - times(d2, times(a, r));
      central_sum(2) = squares > 0 ? squares : 0;
      if constexpr (Order >= 3)
        central_sum(3) = (central_sum(3) - other.scaled_central(3)) - times(times(times(d2, d), times(a, r)), q - r) -
                         times(3 * d, times(q, other.scaled_central(2)) - times(r, central_sum(2)));
      if constexpr (Order >= 4)
        central_sum(4) = (central_sum(4) - other.scaled_central(4)) -
                         times(times(times(d2, d2), times(a, r)), (times(q, q) - times(q, r)) + times(r, r)) -
                         times(6 * d2, times(q * q, other.scaled_central(2)) + times(r * r, central_sum(2))) -
                         times(4 * d, times(q, other.scaled_central(3)) - times(r, central_sum(3)));
    }
    weight_ = a;
  }

  /// Keeps other powers of two apart than before.
  void rescale(int exponent, int weight_apart) noexcept {
    if constexpr (Order >= 2)
      for (unsigned k = 2; k <= Order; ++k)
        central_sum(k) = detail::math::ldexp(
            central_sum(k), static_cast<int>(k) * (exponent_ - exponent) + weight_apart_ - weight_apart);
    weight_ = detail::math::ldexp(weight_, weight_apart_ - weight_apart);
    exponent_ = static_cast<std::int16_t>(exponent);
    weight_apart_ = static_cast<std::int16_t>(weight_apart);
  }
  /// Takes the powers of two that sums are without, and keeps apart what has to be: nothing where all are plain.
  void settle(int exponent, int weight_apart) noexcept {
    exponent_ = static_cast<std::int16_t>(exponent);
    weight_apart_ = static_cast<std::int16_t>(weight_apart);
    const int apart = detail::kept_apart(detail::exponent_of(weight_) + weight_apart);
    bool plain = true;
    if constexpr (Order >= 2)
      for (unsigned k = 2; k <= Order; ++k)
        for (const int over : {weight_apart - apart, -detail::exponent_of(weight_)})  // in all, and by weight
          plain = plain &&
                  detail::kept_apart(detail::exponent_of(central_sum(k)) + static_cast<int>(k) * exponent + over) == 0;
    rescale(plain ? 0 : exponent, apart);
  }
  [[gnu::noinline, gnu::cold]] void merge_far(moment_sums other) noexcept {
    const double half = other.mean_.half_less(mean_);
    int exponent = detail::exponent_of(half) + 1;
    for (const moment_sums* const part : {this, &other}) {
      const int spread = detail::root_exponent(part->scaled_central(2), part->weight_, part->exponent_);
      exponent = spread > exponent ? spread : exponent;
    }
    if (exponent < -50'000) exponent = 0;  // no deviation at all
    const int mine = detail::exponent_of(weight_) + weight_apart_;
    const int theirs = detail::exponent_of(other.weight_) + other.weight_apart_;
    const int apart = mine > theirs ? mine : theirs;
    rescale(exponent, apart);
    other.rescale(exponent, apart);
    join(other, detail::math::ldexp(half, 1 - exponent));
    const double n = weight_ + other.weight_;
    const double step = times(half, other.weight_ / n);
    mean_.add(step);
    mean_.add(step);
    weight_ = n;
    settle(exponent, apart);
  }
  [[gnu::noinline, gnu::cold]] void unmerge_far(moment_sums other) noexcept {
    other.rescale(exponent_, weight_apart_);
    const double half = other.mean_.half_less(mean_);
    part_from(other, detail::math::ldexp(half, 1 - exponent_));
    settle(exponent_, weight_apart_);
  }

  double weight_ = 0;
  detail::double_mean mean_;
  std::int16_t exponent_ = 0;      // of deviations
  std::int16_t weight_apart_ = 0;  // of weights
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_MEMBERS_MOMENT_SUMS_HPP
