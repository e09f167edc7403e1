#ifndef MILLRACE_AGGREGATE_MEMBERS_MOMENTS_HPP
#define MILLRACE_AGGREGATE_MEMBERS_MOMENTS_HPP

#include <millrace/aggregate/kernels/detail/block_kernel.hpp>
#include <millrace/aggregate/members/member.hpp>
#include <millrace/aggregate/members/moment_sums.hpp>
#include <millrace/core/detail/math.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace millrace {
inline namespace v0 {

namespace detail {
template <class M>
inline constexpr unsigned order_of_moments = 0;
}

/// Member: the moments up to order `Order`, from which mean, variance, skewness and kurtosis are computed. `get`
/// returns `moment_sums<Order>`.
///
/// The items are summed in blocks. In a block, powers of (x - shift) are summed, which costs no division; a full block
/// is moved to its mean and merged by `moment_sums`. The shift is
///   of items that come one by one: the first of each 256 items;
///   of a span: the mean of 32 items of each block;
///   of a span with weights: the block's weighted mean.
/// Guarantee: moving a block's squares to its mean loses at most three decimal digits to cancellation, whatever the
/// offset, order or outliers. With weights that come one by one it loses more if the first item is light: as many more
/// digits as the block's weight, divided by that item's, has. Items whose deviations' powers, or whose weights, would
/// leave double's range are merged one by one: ten times slower, and as exact.
/// Complexity: update O(1), a few additions and no division; 8 (2 Order + 5) bytes.
/// Allocates: never.
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
        if (!detail::is_near<Order>(d, 1)) [[unlikely]]
          return take_rare(x, 1);
      add(d, 1);
      close_if_full();
    }
    void update(double x, weight w) noexcept {
      open(x);
      const double d = x - shift_;
      if (!detail::is_near<Order>(d, w.value)) [[unlikely]]
        return take_rare(x, w.value);
      add(d, w.value);
      close_if_full();
    }
    /// x is finite, but so large (beyond 1e300) that sums of differences may overflow.
    void update_huge(double x, double w) noexcept { closed_.merge(closed_type(x, w)); }

    void absorb(const detail::block_figures& found, const double* items, std::size_t count, merge_offset) noexcept {
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

    /// The closed blocks and the open one, merged.
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
    static constexpr std::uint32_t most = 256;  // items in a block

    /// Begins a block with x as its shift, if none is open.
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
      if (++items_ == most) [[unlikely]]
        close_block();
    }
    [[gnu::noinline]] void close_block() noexcept {
      closed_.merge(closed_type(weight_, shift_, power_));
      items_ = 0;
    }

    /// Takes an item that `is_near`, which looks at exponents alone, did not pass.
    [[gnu::noinline, gnu::cold]] void take_rare(double x, double w) noexcept {
      const double d = x - shift_;
      if (!(detail::is_near_enough<Order>(d, w) && detail::is_near_enough<1>(d, w) && detail::is_plain(w)))
        return take_far(x, w);
      add(d, w);
      close_if_full();
    }
    /// Merges an item whose powers would leave double's range by itself, after closing the open block.
    [[gnu::noinline, gnu::cold]] void take_far(double x, double w) noexcept {
      closed_ = closed();
      items_ = 0;
      closed_.merge(closed_type(x, w));
    }
    /// Did no power of a deviation that matters in the block's sums leave double's range? If one did, its sum is far
    /// too small, too large, or not finite.
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
        constexpr double greatest = Order == 2 ? 1e240 : Order == 3 ? 1e160 : 1e120;
        if (found.power[1] > 1 / greatest && found.power[1] < greatest &&
            detail::math::absolute(found.power[Order - 1]) < 1e300) [[likely]]
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

    [[no_unique_address]] closed_type closed_;  // items_ lies in its last bytes, which are padding
    std::uint32_t items_ = 0;
    double weight_ = 0;  // of the open block, as are all below; meaningless while items_ is 0
    double shift_ = 0;
    double power_[Order] = {};
  };

  static auto value(const auto& a) { return a.template state<moments>(); }
};

namespace detail {
template <unsigned Order>
inline constexpr unsigned order_of_moments<moments<Order>> = Order;

/// The mean of all items, where `finite` is the mean of the finite ones and `infinities` the sum of the infinite ones,
/// 0 if there are none: any infinite item outweighs all finite ones.
inline double with_infinities(double finite, double infinities) noexcept {
  return infinities == 0 ? finite : infinities;
}
/// NaN if there are infinite items, for figures that are not defined with them.
inline double unless_infinite(double finite, double infinities) noexcept {
  return infinities == 0 ? finite : std::numeric_limits<double>::quiet_NaN();
}
}  // namespace detail

/// Member: the arithmetic mean. NaN without items. An infinite item makes it that infinity; items of both infinities
/// make it NaN.
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

/// A square that may lie beyond double's range though its root does not: value * 4^exponent.
struct scaled_square {
  double value = std::numeric_limits<double>::quiet_NaN();
  int exponent = 0;

  double square() const noexcept { return exponent == 0 ? value : math::ldexp(value, 2 * exponent); }
  double root() const noexcept {
    const double scaled = math::sqrt(value);
    return exponent == 0 ? scaled : math::ldexp(scaled, exponent);
  }
};
/// The mean square deviation of the items of aggregate a, of a sample or of the population; NaN where the divisor is
/// not above zero, or an item is infinite.
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

/// Member: the sample variance, the sum of squared deviations divided by (weight - 1): a weight counts repetitions of
/// an item. (`faded` divides by another number, since faded weights are no repetitions.) NaN for a weight of one or
/// less, and once an item was infinite.
struct variance {
  using needs = members<moments<2>>;
  static double value(const auto& a) { return detail::mean_square<true>(a).square(); }
};

/// Member: the variance of the items as the whole population: the sum of squared deviations divided by the weight.
struct population_variance {
  using needs = members<moments<2>>;
  static double value(const auto& a) { return detail::mean_square<false>(a).square(); }
};

/// Member: the square root of `variance`; correct also where the variance is beyond double's range.
struct stddev {
  using needs = members<variance>;
  static double value(const auto& a) { return detail::mean_square<true>(a).root(); }
};

/// Member: the square root of `population_variance`; correct also where that is beyond double's range.
struct population_stddev {
  using needs = members<population_variance>;
  static double value(const auto& a) { return detail::mean_square<false>(a).root(); }
};

/// Member: the third standardised moment of the items as the population (g1). NaN if all items are equal, or one was
/// infinite.
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

/// Member: the excess kurtosis of the items as the population (g2), the fourth standardised moment minus three: 0 for a
/// normal distribution. NaN if all items are equal, or one was infinite.
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
