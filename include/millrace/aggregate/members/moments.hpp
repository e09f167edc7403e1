#ifndef MILLRACE_AGGREGATE_MEMBERS_MOMENTS_HPP
#define MILLRACE_AGGREGATE_MEMBERS_MOMENTS_HPP

#include <millrace/aggregate/kernels/detail/block_kernel.hpp>
#include <millrace/aggregate/members/detail/wide_range.hpp>
#include <millrace/aggregate/members/member.hpp>
#include <millrace/core/detail/math.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace millrace {
inline namespace v0 {

namespace detail {

/// A mean in twice the precision: two means far from zero differ by what their last places do not hold,
/// and a variance is made of such differences.
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

/// Is a deviation's last power, by itself and weighted, as far from the ends of double's range as sums of it need?
template <unsigned Order>
bool deviates_plainly(double deviation, double weight) noexcept {
  constexpr double least = 1e-280;
  constexpr double most = 1e280;
  const double size = math::absolute(deviation);
  double power = size;
  if constexpr (Order >= 2) power *= size;
  if constexpr (Order == 3) power *= size;
  if constexpr (Order == 4) power *= power;
  const double weighted = power * weight;
  return (power >= least && power <= most && weighted >= least && weighted <= most) || deviation == 0;
}

}  // namespace detail

/// The weight, the mean and the central moments of what was seen, joined without loss of digits.
///
/// central(k) is the sum of w (x - mean)^k.
/// Guarantee: merging adds relative errors of a few units in the last place to mean and central(2);
/// central(3) and central(4) lose digits only as far as their own terms cancel. Where powers of deviations, or weights,
/// would leave double's range, powers of two are kept apart, so that ratios (a mean, a deviation, a skewness) are as
/// good there as elsewhere.
/// Complexity: merge O(1), two divisions; 8 (Order + 3) bytes; allocates: never.
/// Source: Chan, Golub, LeVeque (1979); for orders three and four P. Pébay, SAND2008-6212, eq. 2.1, 3.1.
template <unsigned Order>
class moment_sums : detail::central_sums<Order> {
  static_assert(Order >= 1 && Order <= 4, "millrace[AGGREGATE-2]: moments are kept to an order from 1 to 4");

 public:
  constexpr moment_sums() noexcept = default;
  /// One item.
  constexpr moment_sums(double x, double weight) noexcept : weight_(weight), mean_{x} {}

  /// From sums of (x - shift)^k over items of that weight in all.
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
    const bool near = is_plain() && other.is_plain() && detail::math::absolute(d) <= 1e300 && detail::is_plain(n) &&
                      (Order == 1 || detail::deviates_plainly<Order>(d, weight_ < other.weight_ ? weight_ : other.weight_));
    if (!near) [[unlikely]]
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
  double& central_sum(unsigned k) noexcept { return this->sums[k - 2]; }

  /// Joins the central sums of other, whose mean is greater by d; weight and mean are as before.
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
  /// Takes other away, whose mean is greater than that of all by d.
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
          plain = plain && detail::kept_apart(detail::exponent_of(central_sum(k)) + static_cast<int>(k) * exponent +
                                              over) == 0;
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

namespace detail {
template <class M>
inline constexpr unsigned order_of_moments = 0;
}

/// Member: moments to an order, kept in shifted blocks; what mean, variance, skewness and kurtosis
/// stand on. `get` answers `moment_sums<Order>`.
///
/// Guarantee: the squares about a block's mean lose at most three digits to cancellation, whatever
/// the offset, order or outliers (the shift is one of the block's own items, or the mean of 32 of
/// them; of weights in a span, their weighted mean; of weights one by one, the first item of 256, which costs
/// as many more digits as it weighs less than all); blocks are joined by `moment_sums`. Deviations whose powers leave
/// double's range, and such weights, are joined one by one there: ten times slower, and as exact.
/// Complexity: update a few additions, no division; 8 (2 Order + 7) bytes; allocates: never.
template <unsigned Order>
struct moments {
  template <class Other>
  static constexpr bool covers = detail::order_of_moments<Other> != 0 && detail::order_of_moments<Other> <= Order;
  static constexpr std::string_view name =
      std::string_view("moments1moments2moments3moments4").substr(8 * (Order - 1), 8);

  template <class T>
  class state {
   public:
    static constexpr bool finite_only = true;
    static constexpr bool invertible = true;
    static constexpr unsigned figures = (1U << Order) - 1;
    using closed_type = moment_sums<Order>;

    void update(double x) noexcept {
      open(x);
      const double d = x - shift_;
      if constexpr (Order >= 2)
        if (!detail::deviates_plainly<Order>(d, 1)) [[unlikely]]
          return take_far(x, 1);
      add(d, 1);
      close_if_full();
    }
    void update(double x, weight w) noexcept {
      open(x);
      const double d = x - shift_;
      if (!deviates_plainly(d, w.value)) [[unlikely]]
        return take_far(x, w.value);
      add(d, w.value);
      close_if_full();
    }
    /// Finite, but so large that sums of differences may overflow.
    void update_huge(double x, double w) noexcept { closed_.merge(closed_type(x, w)); }

    void absorb(const detail::block_figures& found, const double* items, std::size_t count, join) noexcept {
      if (!deviates_plainly(found, items, count)) [[unlikely]]
        return absorb_far(found.weights, items, count);
      closed_.merge(closed_type(found.mass, found.shift, found.power));
    }
    void merge(const state& later) noexcept { closed_.merge(later.closed()); }
    void merge(const closed_type& later) noexcept { closed_.merge(later); }
    void unmerge(const closed_type& part) noexcept {
      closed_ = closed();
      weight_ = 0;
      items_ = 0;
      closed_.unmerge(part);
    }
    void scale(double factor) noexcept {
      closed_ = closed();
      weight_ = 0;
      items_ = 0;
      closed_.scale(factor);
    }

    /// All there is, in one.
    closed_type closed() const noexcept {
      closed_type all = closed_;
      if (items_ != 0) all.merge(closed_type(weight_, shift_, power_));
      return all;
    }

    void save(envelope_writer& to) const {
      closed_.save(to);
      to.u32(items_);
      if (items_ == 0) return;
      to.f64(weight_);
      to.f64(shift_);
      for (const double p : power_) to.f64(p);
    }
    bool load(envelope_reader& from) {
      bool valid = closed_.load(from);
      items_ = from.u32();
      if (items_ == 0) return valid;
      weight_ = from.f64();
      shift_ = from.f64();
      for (double& p : power_) p = from.f64();
      return valid && items_ < most && weight_ > 0;
    }

   private:
    static constexpr std::uint32_t most = 256;

    void open(double x) noexcept {
      if (items_ != 0) return;
      weight_ = 0;
      shift_ = x;
      for (double& p : power_) p = 0;
    }
    void add(double d, double w) noexcept {
      weight_ += w;
      double term = w * d;
      for (unsigned k = 0;;) {
        detail::rounded(term);
        power_[k] += term;
        if (++k == Order) break;
        term *= d;
      }
    }
    void close_if_full() noexcept {
      if (++items_ != most) return;
      closed_.merge(closed_type(weight_, shift_, power_));
      items_ = 0;
    }

    static bool deviates_plainly(double d, double w) noexcept {
      return detail::deviates_plainly<Order>(d, w) && (Order == 1 || detail::deviates_plainly<1>(d, w)) &&
             detail::is_plain(w);
    }
    /// An item whose powers would leave double's range goes alone, and what was about another shift before it.
    [[gnu::noinline, gnu::cold]] void take_far(double x, double w) noexcept {
      closed_ = closed();
      items_ = 0;
      closed_.merge(closed_type(x, w));
    }
    /// Are the powers of a block's deviations, as far as they matter in its sums, within double's range?
    static bool deviates_plainly(const detail::block_figures& found, const double* items, std::size_t count) noexcept {
      const double least = 1e-30 * static_cast<double>(count);
      if (found.weights != nullptr && !(found.mass >= least && found.mass <= 1e30)) return false;
      if constexpr (Order == 1) {
        if (found.weights == nullptr || detail::math::absolute(found.shift) > 1e-200) [[likely]]
          return true;
        for (std::size_t i = 0; i < count; ++i)
          if (detail::math::absolute(items[i]) > 1e-200) return true;
        return false;
      } else {
        // Of n squares the largest is at least their sum / n.
        constexpr double most = Order == 2 ? 1e240 : Order == 3 ? 1e160 : 1e120;
        if (found.power[1] > 1 / most && found.power[1] < most && detail::math::absolute(found.power[Order - 1]) < 1e300)
            [[likely]]
          return true;
        if (found.power[1] != 0) return false;
        for (std::size_t i = 1; i < count; ++i)
          if (items[i] != items[0]) return false;
        return true;
      }
    }
    [[gnu::noinline, gnu::cold]] void absorb_far(const double* weights, const double* items,
                                                 std::size_t count) noexcept {
      for (std::size_t i = 0; i < count; ++i) take_far(items[i], weights == nullptr ? 1 : weights[i]);
    }

    closed_type closed_;
    double weight_ = 0;  // of the open block, as are all below; meaningless while items_ is 0
    double shift_ = 0;
    double power_[Order] = {};
    std::uint32_t items_ = 0;
  };

  static auto value(const auto& a) { return a.template state<moments>(); }
};

namespace detail {
template <unsigned Order>
inline constexpr unsigned order_of_moments<moments<Order>> = Order;

/// Infinite items stand beside the moments: their sum is what they make of the mean.
inline double with_infinities(double finite, double infinities) noexcept {
  return infinities == 0 ? finite : infinities;
}
inline double unless_infinite(double finite, double infinities) noexcept {
  return infinities == 0 ? finite : std::numeric_limits<double>::quiet_NaN();
}
}  // namespace detail

/// Member: the arithmetic mean. NaN without items; an infinity if there was one, NaN if both.
struct mean {
  using needs = members<moments<1>>;
  static double value(const auto& a) {
    return detail::with_infinities(a.template state<moments<1>>().mean(), a.infinities());
  }
};

/// Member: the sum of all weights; without weights the number of finite items.
struct total_weight {
  using needs = members<moments<1>>;
  static double value(const auto& a) { return a.template state<moments<1>>().weight(); }
};

namespace detail {

/// A square whose root's power of two is kept apart.
struct scaled_square {
  double value = std::numeric_limits<double>::quiet_NaN();
  int exponent = 0;

  double square() const noexcept { return exponent == 0 ? value : math::ldexp(value, 2 * exponent); }
  double root() const noexcept {
    const double scaled = math::sqrt(value);
    return exponent == 0 ? scaled : math::ldexp(scaled, exponent);
  }
};
/// The mean square deviation of the items of aggregate a, of a sample or of the population; NaN where there is none.
template <bool Sample>
scaled_square mean_square(const auto& a) {
  const auto& m = a.template state<moments<2>>();
  const double weight = m.scaled_weight();
  double over = weight;
  if constexpr (Sample) over = freedom(a, weight);
  if (!(over > 0)) return {};
  return {unless_infinite(m.scaled_central(2) / over, a.infinities()), m.exponent()};
}

}  // namespace detail

/// Member: the sample variance, squares over weight - 1: weights are repetitions (what fades counts otherwise, see
/// `decayed`). NaN for a weight of one or less, and once an item was infinite.
struct variance {
  using needs = members<moments<2>>;
  static double value(const auto& a) { return detail::mean_square<true>(a).square(); }
};

/// Member: the variance of the items as the whole population, squares over weight.
struct population_variance {
  using needs = members<moments<2>>;
  static double value(const auto& a) { return detail::mean_square<false>(a).square(); }
};

/// Member: the root of `variance`; right also where the variance is beyond double's range.
struct stddev {
  using needs = members<variance>;
  static double value(const auto& a) { return detail::mean_square<true>(a).root(); }
};

/// Member: the root of `population_variance`, likewise.
struct population_stddev {
  using needs = members<population_variance>;
  static double value(const auto& a) { return detail::mean_square<false>(a).root(); }
};

/// Member: the third standardised moment of the items as the population (g1). NaN without spread.
struct skewness {
  using needs = members<moments<3>>;
  static double value(const auto& a) {
    const auto& m = a.template state<moments<3>>();
    const double spread = m.scaled_central(2);
    if (!(spread > 0)) return std::numeric_limits<double>::quiet_NaN();
    const double s = detail::math::sqrt(spread / m.scaled_weight());
    return detail::unless_infinite(m.scaled_central(3) / spread / s, a.infinities());
  }
};

/// Member: the fourth standardised moment less three (excess, g2): 0 for a normal distribution. NaN
/// without spread.
struct kurtosis {
  using needs = members<moments<4>>;
  static double value(const auto& a) {
    const auto& m = a.template state<moments<4>>();
    const double spread = m.scaled_central(2);
    if (!(spread > 0)) return std::numeric_limits<double>::quiet_NaN();
    return detail::unless_infinite(m.scaled_central(4) / spread * (m.scaled_weight() / spread) - 3, a.infinities());
  }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_MEMBERS_MOMENTS_HPP
