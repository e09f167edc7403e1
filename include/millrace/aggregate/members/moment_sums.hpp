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

/// A mean in twice the precision, value + rest, where rest is what rounding took from value. Means that lie far from
/// zero may differ by less than one double resolves, and a variance is made of such differences.
struct double_mean {
  double value = 0;
  double rest = 0;

  /// Adds `step`, then carries what has gathered in `rest` over to `value`: `all` is value + rest as rounded, and
  /// (all - value) the part of `rest` that went into it, without rounding while |rest| <= |value|; the remainder stays
  /// in `rest`.
  /// Source: T. Dekker (1971), fast two-sum.
  void add(double step) noexcept {
    add_compensated(value, rest, step);
    const double all = value + rest;
    rest -= all - value;
    value = all;
  }
  /// This mean minus the other.
  double less(const double_mean& other) const noexcept { return (value - other.value) + (rest - other.rest); }
  /// Half of this mean minus half of the other: the whole difference may be beyond double's range.
  double half_less(const double_mean& other) const noexcept {
    return (0.5 * value - 0.5 * other.value) + 0.5 * (rest - other.rest);
  }
};

/// The binary exponent, give or take one, of the square root of sum / weight * 4^exponent: of a standard deviation. For
/// a sum of zero -100'000, which is below every other exponent.
inline int root_exponent(double sum, double weight, int exponent) noexcept {
  return sum == 0 ? exponent_of(sum) : (exponent_of(sum) - exponent_of(weight)) / 2 + exponent;
}

/// The central sums of orders 2 to Order. A base class, so that for order 1 it takes no room.
template <unsigned Order>
struct central_sums {
  double sums[Order - 1] = {};
};
template <>
struct central_sums<1> {};

/// Do weight * deviation^k for all k up to Order lie so far inside double's range, in [1e-280, 1e280] for the last k,
/// that sums of them stay inside too? A quick test of the two numbers alone: the bounds on the deviation are those
/// whose power Order is 1e-240 and 1e240, and the weight may contribute 1e-40 to 1e40 more.
template <unsigned Order>
[[gnu::always_inline]] inline bool is_near(double deviation, double weight) noexcept {
  constexpr double most = Order <= 2 ? 1e120 : Order == 3 ? 1e80 : 1e60;
  return (is_within(deviation, 1 / most, most) || deviation == 0) && is_within(weight, 1e-40, 1e40);
}
/// The same, tested with the power itself, for deviations and weights that `is_near` does not pass: is the last power
/// within [1e-280, 1e280], both by itself and times the weight?
template <unsigned Order>
[[gnu::noinline, gnu::cold]] bool is_near_enough(double deviation, double weight) noexcept {
  const double size = math::absolute(deviation);
  double power = size;
  if constexpr (Order >= 2) power *= size;
  if constexpr (Order == 3) power *= size;
  if constexpr (Order == 4) power *= power;
  return deviation == 0 || (is_within(power, 1e-280, 1e280) && is_within(power * weight, 1e-280, 1e280));
}
/// Either test.
template <unsigned Order>
bool deviates_plainly(double deviation, double weight) noexcept {
  return is_near<Order>(deviation, weight) || is_near_enough<Order>(deviation, weight);
}

}  // namespace detail

/// The weight, the mean and the central sums of what was seen: central(k) is the sum of w (x - mean)^k.
///
/// Guarantee: merging adds relative errors of a few units in the last place to mean and central(2); central(3) and
/// central(4) lose digits only as far as their own terms cancel. Where powers of deviations, or weights, would leave
/// double's range, powers of two are kept apart from them, so that ratios (a mean, a standard deviation, a skewness)
/// are as good there as elsewhere.
/// Complexity: merge O(1), two divisions; 8 (Order + 3) bytes.
/// Allocates: never.
/// Source: Chan, Golub, LeVeque (1979); for orders three and four P. Pébay, SAND2008-6212, eq. 2.1, 3.1.
template <unsigned Order>
class moment_sums : detail::central_sums<Order> {
  static_assert(Order >= 1 && Order <= 4, "millrace[AGGREGATE-2]: moments are kept to an order from 1 to 4");

 public:
  constexpr moment_sums() noexcept = default;
  /// Of the single item x.
  constexpr moment_sums(double x, double weight) noexcept : weight_(weight), mean_{x} {}

  /// Of items of the given weight W in all, from powers[k-1] = S_k, their sums of w (x - shift)^k.
  ///
  /// With d = S_1 / W the mean is shift + d, and central(k) is the sum of w ((x - shift) - d)^k. Expanded by the
  /// binomial theorem, and with W d = S_1 in the last term, that is
  ///
  ///     k = 2:  S_2 - 2 d S_1 + d^2 W                           = S_2 - d S_1
  ///     k = 3:  S_3 - 3 d S_2 + 3 d^2 S_1 - d^3 W               = S_3 - 3 d S_2 + 2 d^2 S_1
  ///     k = 4:  S_4 - 4 d S_3 + 6 d^2 S_2 - 4 d^3 S_1 + d^4 W   = S_4 - 4 d S_3 + 6 d^2 S_2 - 3 d^3 S_1
  ///
  /// `around` below is d S_1. central(2) cannot be negative; rounding may make it so, which counts as 0.
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
  /// The sum of w (x - mean)^k, 2 <= k <= Order. Infinite, or zero, where it is beyond double's range.
  constexpr double central(unsigned k) const noexcept {
    const double sum = scaled_central(k);
    return is_plain() ? sum : detail::math::ldexp(sum, static_cast<int>(k) * exponent_ + weight_apart_);
  }

  /// Finite stand-ins for weight() and central(k), for ratios: central(k) / weight() is
  /// scaled_central(k) / scaled_weight() * 2^(k exponent()). They are the weight and central(k) themselves, and
  /// exponent() is 0, while those are well within double's range.
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

  /// Reverses the merge of `other`, up to rounding. Precondition: it was merged before.
  void unmerge(const moment_sums& other) noexcept {
    if (other.weight_ == 0) return;
    if (!is_plain() || !other.is_plain()) [[unlikely]]
      return unmerge_far(other);
    part_from(other, other.mean_.less(mean_));
  }

  /// Multiplies every weight by factor > 0.
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

  /// Begins with a NaN and the powers of two that are kept apart, if there are any; a weight is never NaN.
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
  /// Precondition: 2 <= k <= Order. A template, so that it is not instantiated for order 1, which has no sums.
  template <class Sums = moment_sums>
  double& central_sum(unsigned k) noexcept {
    return static_cast<Sums&>(*this).sums[k - 2];
  }

  /// Adds the central sums of `other`, whose mean is greater by d; weight and mean stay as they are.
  ///
  /// Let a and b be the weights of this part and of `other`, n = a + b, q = a / n, r = b / n, and A_k and B_k their
  /// central sums, with A_0 = a, B_0 = b and, by the definition of a mean, A_1 = B_1 = 0. The mean of all items is r d
  /// above the mean of this part and q d below that of `other`. So an item of this part deviates from it by r d less
  /// than from its own part's mean, an item of `other` by q d more, and by the binomial theorem the sum of k-th powers
  /// is
  ///
  ///     the sum over j = 0 ... k of binomial(k, j) [ (-r d)^j A_(k-j) + (q d)^j B_(k-j) ].
  ///
  /// The terms j = 0 are A_k + B_k; those of j = k - 1 vanish with A_1 and B_1. The terms j = k are
  /// d^k (a (-r)^k + b q^k); as b q = a r and q + r = 1, they are
  ///
  ///     k = 2:  d^2 a r (r + q)       = d^2 a r
  ///     k = 3:  d^3 a r (q^2 - r^2)   = d^3 a r (q - r)
  ///     k = 4:  d^4 a r (q^3 + r^3)   = d^4 a r (q^2 - q r + r^2)
  ///
  /// and the remaining ones, j = 1 for k = 3 and j = 1, 2 for k = 4, are
  ///
  ///     k = 3:  3 d (q B_2 - r A_2)
  ///     k = 4:  4 d (q B_3 - r A_3) + 6 d^2 (q^2 B_2 + r^2 A_2).
  ///
  /// Higher orders are updated first, since they need the lower ones as they were.
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
  /// Removes `other`, whose mean is greater by d than the mean of all: `join` solved for the part that stays.
  ///
  /// With a, b, q and r as there and d' the distance from that part's mean to the mean of `other`, the mean of all lies
  /// r d' above the former and q d' below the latter. So d = q d', d' = d n / a, and the formulas of `join` with d' in
  /// place of d give A_k from the central sum of all. Lower orders come first, since the higher ones need A_2 and A_3.
  void part_from(const moment_sums& other, double d) noexcept {
    const double n = weight_;
    const double b = other.weight_;
    const double a = n - b;
    if (!(a > n * 0x1p-50)) {  // nothing is left but rounding
      *this = {};
      return;
    }
    d *= n / a;  // d'
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

  /// Changes the powers of two that are kept apart to these; what the numbers stand for stays as it was.
  void rescale(int exponent, int weight_apart) noexcept {
    if constexpr (Order >= 2)
      for (unsigned k = 2; k <= Order; ++k)
        central_sum(k) = detail::math::ldexp(
            central_sum(k), static_cast<int>(k) * (exponent_ - exponent) + weight_apart_ - weight_apart);
    weight_ = detail::math::ldexp(weight_, weight_apart_ - weight_apart);
    exponent_ = static_cast<std::int16_t>(exponent);
    weight_apart_ = static_cast<std::int16_t>(weight_apart);
  }
  /// Takes note of the powers of two that the numbers were computed without, then keeps apart what must be: of the
  /// weight as little as makes it plain, of the deviations nothing if all sums are plain without, else what was.
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
  /// `merge` where powers of deviations, or weights, may leave double's range: both parts are first rescaled so that
  /// the greatest deviation and the greater weight are near one.
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
    mean_.add(step);  // twice, for it is half the distance that the mean moves
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
  std::int16_t exponent_ = 0;      // central(k) is the sum of order k times 2^(k exponent_ + weight_apart_)
  std::int16_t weight_apart_ = 0;  // the weight is weight_ * 2^weight_apart_
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_MEMBERS_MOMENT_SUMS_HPP
