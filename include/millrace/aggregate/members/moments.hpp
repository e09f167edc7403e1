#ifndef MILLRACE_AGGREGATE_MEMBERS_MOMENTS_HPP
#define MILLRACE_AGGREGATE_MEMBERS_MOMENTS_HPP

#include <millrace/aggregate/kernels/detail/block_kernel.hpp>
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
};

}  // namespace detail

/// The weight, the mean and the central moments of what was seen, joined without loss of digits.
///
/// central(k) is the sum of w (x - mean)^k.
/// Guarantee: merging adds relative errors of a few units in the last place to mean and central(2);
/// central(3) and central(4) lose digits only as far as their own terms cancel.
/// Complexity: merge O(1), two divisions; 8 (Order + 2) bytes, 32 at the first order; allocates: never.
/// Source: Chan, Golub, LeVeque (1979); for orders three and four P. Pébay, SAND2008-6212, eq. 2.1, 3.1.
template <unsigned Order>
class moment_sums {
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
      central_[0] = squares > 0 ? squares : squares <= 0 ? 0 : std::numeric_limits<double>::infinity();
      if constexpr (Order >= 3) central_[1] = (powers[2] - times(3 * d, powers[1])) + times(2 * d, around);
      if constexpr (Order >= 4)
        central_[2] = (powers[3] - times(4 * d, powers[2])) + (times(6 * d * d, powers[1]) - times(3 * d * d, around));
    }
  }

  constexpr double weight() const noexcept { return weight_; }
  /// NaN without any item.
  constexpr double mean() const noexcept {
    return weight_ == 0 ? std::numeric_limits<double>::quiet_NaN() : mean_.value;
  }
  /// 2 <= k <= Order
  constexpr double central(unsigned k) const noexcept { return central_[k - 2]; }

  void merge(const moment_sums& other) noexcept {
    if (other.weight_ == 0) return;
    if (weight_ == 0) {
      *this = other;
      return;
    }
    const double a = weight_;
    const double b = other.weight_;
    const double n = a + b;
    const double d = other.mean_.less(mean_);
    const double r = b / n;
    if (!(detail::math::absolute(d) <= 1e300)) [[unlikely]] {
      mean_ = {times(mean_.value, a / n) + times(other.mean_.value, r)};  // the difference would leave the range
    } else {
      mean_.add(times(d, r));
    }
    if constexpr (Order >= 2) {
      const double q = a / n;
      const double d2 = times(d, d);
      if constexpr (Order >= 4)
        central_[2] += other.central_[2] +
                       times(times(times(d2, d2), times(a, r)), (times(q, q) - times(q, r)) + times(r, r)) +
                       times(6 * d2, times(q * q, other.central_[0]) + times(r * r, central_[0])) +
                       times(4 * d, times(q, other.central_[1]) - times(r, central_[1]));
      if constexpr (Order >= 3)
        central_[1] += other.central_[1] + times(times(times(d2, d), times(a, r)), q - r) +
                       times(3 * d, times(q, other.central_[0]) - times(r, central_[0]));
      central_[0] += other.central_[0] + times(d2, times(a, r));
    }
    weight_ = n;
  }

  /// The reverse of merge, up to rounding; other must have been merged before.
  void unmerge(const moment_sums& other) noexcept {
    if (other.weight_ == 0) return;
    const double n = weight_;
    const double b = other.weight_;
    const double a = n - b;
    if (!(a > n * 0x1p-50)) {  // nothing is left but rounding
      *this = {};
      return;
    }
    const double d = other.mean_.less(mean_) * (n / a);  // between the two parts
    const double r = b / n;
    const double q = a / n;
    mean_.add(-times(d, r));
    if constexpr (Order >= 2) {
      const double d2 = times(d, d);
      const double squares = (central_[0] - other.central_[0]) - times(d2, times(a, r));
      central_[0] = squares > 0 ? squares : 0;
      if constexpr (Order >= 3)
        central_[1] = (central_[1] - other.central_[1]) - times(times(times(d2, d), times(a, r)), q - r) -
                      times(3 * d, times(q, other.central_[0]) - times(r, central_[0]));
      if constexpr (Order >= 4)
        central_[2] = (central_[2] - other.central_[2]) -
                      times(times(times(d2, d2), times(a, r)), (times(q, q) - times(q, r)) + times(r, r)) -
                      times(6 * d2, times(q * q, other.central_[0]) + times(r * r, central_[0])) -
                      times(4 * d, times(q, other.central_[1]) - times(r, central_[1]));
    }
    weight_ = a;
  }

  /// Every weight times factor > 0.
  void scale(double factor) noexcept {
    weight_ *= factor;
    for (double& c : central_) c *= factor;
  }

  void save(envelope_writer& to) const {
    to.f64(weight_);
    to.f64(mean_.value);
    to.f64(mean_.rest);
    if constexpr (Order >= 2)
      for (unsigned k = 2; k <= Order; ++k) to.f64(central(k));
  }
  bool load(envelope_reader& from) {
    weight_ = from.f64();
    mean_.value = from.f64();
    mean_.rest = from.f64();
    if constexpr (Order >= 2)
      for (unsigned k = 2; k <= Order; ++k) central_[k - 2] = from.f64();
    return weight_ >= 0 && !(central_[0] < 0);
  }

 private:
  static double times(double a, double b) noexcept {
    double product = a * b;
    detail::rounded(product);
    return product;
  }

  double weight_ = 0;
  detail::double_mean mean_;
  double central_[Order >= 2 ? Order - 1 : 1] = {};
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
/// as many more digits as it weighs less than all); blocks are joined by `moment_sums`. Squares of differences beyond
/// 1e150 overflow to infinity, below 1e-150 vanish (cubes 1e100, fourth powers 1e75); the mean does neither.
/// Complexity: update a few additions, no division; 8 (2 Order + 5) bytes, 64 at the first order; allocates: never.
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
      add(x - shift_, 1);
      close_if_full();
    }
    void update(double x, weight w) noexcept {
      open(x);
      add(x - shift_, w.value);
      close_if_full();
    }
    /// Finite, but so large that sums of differences may overflow.
    void update_huge(double x, double w) noexcept { closed_.merge(closed_type(x, w)); }

    void absorb(const detail::block_figures& found, const double*, std::size_t, join) noexcept {
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

/// Member: the sample variance, squares over weight - 1: weights are repetitions (what fades counts otherwise, see
/// `decayed`). NaN for a weight of one or less, and once an item was infinite.
struct variance {
  using needs = members<moments<2>>;
  static double value(const auto& a) {
    const auto& m = a.template state<moments<2>>();
    const double freedom = detail::freedom(a, m.weight());
    if (!(freedom > 0)) return std::numeric_limits<double>::quiet_NaN();
    return detail::unless_infinite(m.central(2) / freedom, a.infinities());
  }
};

/// Member: the variance of the items as the whole population, squares over weight.
struct population_variance {
  using needs = members<moments<2>>;
  static double value(const auto& a) {
    const auto& m = a.template state<moments<2>>();
    if (!(m.weight() > 0)) return std::numeric_limits<double>::quiet_NaN();
    return detail::unless_infinite(m.central(2) / m.weight(), a.infinities());
  }
};

/// Member: the root of `variance`.
struct stddev {
  using needs = members<variance>;
  static double value(const auto& a) { return detail::math::sqrt(variance::value(a)); }
};

/// Member: the root of `population_variance`.
struct population_stddev {
  using needs = members<population_variance>;
  static double value(const auto& a) { return detail::math::sqrt(population_variance::value(a)); }
};

/// Member: the third standardised moment of the items as the population (g1). NaN without spread.
struct skewness {
  using needs = members<moments<3>>;
  static double value(const auto& a) {
    const auto& m = a.template state<moments<3>>();
    const double spread = m.central(2);
    if (!(spread > 0)) return std::numeric_limits<double>::quiet_NaN();
    const double s = detail::math::sqrt(spread / m.weight());
    return detail::unless_infinite(m.central(3) / m.weight() / s / s / s, a.infinities());
  }
};

/// Member: the fourth standardised moment less three (excess, g2): 0 for a normal distribution. NaN
/// without spread.
struct kurtosis {
  using needs = members<moments<4>>;
  static double value(const auto& a) {
    const auto& m = a.template state<moments<4>>();
    const double spread = m.central(2) / m.weight();
    if (!(spread > 0)) return std::numeric_limits<double>::quiet_NaN();
    return detail::unless_infinite(m.central(4) / m.weight() / spread / spread - 3, a.infinities());
  }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_MEMBERS_MOMENTS_HPP
