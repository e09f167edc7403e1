#ifndef MILLRACE_AGGREGATE_MEMBERS_SUMS_HPP
#define MILLRACE_AGGREGATE_MEMBERS_SUMS_HPP

#include <millrace/aggregate/kernels/detail/block_kernel.hpp>
#include <millrace/aggregate/members/member.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/core/detail/math.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace millrace {
inline namespace v0 {

/// A sum that keeps what rounding takes away: as good as adding in twice the precision.
///
/// Guarantee: after n additions the error is at most eps |sum| + 2 (n eps)^2 sum |x|, eps = 2^-53.
/// Beyond double's range it is infinite and stays so. Allocates: never.
/// Source: A. Neumaier (1974), with Knuth's two-sum in place of the comparison.
class compensated_sum {
 public:
  compensated_sum() = default;
  compensated_sum(double sum, double rest) noexcept : sum_(sum), rest_(rest) {}

  void add(double x) noexcept {
    double sum = sum_;
    double rest = rest_;
    detail::add_compensated(sum, rest, x);
    sum_ = sum;
    // Two stores, not one of both: the next addition needs the sum long before the rest is ready.
    asm("" : : "m"(sum_));
    rest_ = rest;
  }
  void merge(const compensated_sum& other) noexcept {
    // Two loads, as they were stored: one of both would wait until both stores have left the core.
    double sum = other.sum_;
    double rest = other.rest_;
    detail::keep_apart(sum);
    detail::keep_apart(rest);
    add(sum);
    rest_ += rest;
  }
  void unmerge(const compensated_sum& other) noexcept {
    add(-other.sum_);
    rest_ -= other.rest_;
  }
  void scale(double factor) noexcept {
    sum_ *= factor;
    rest_ *= factor;
  }
  double value() const noexcept {
    const double all = sum_ + rest_;
    return all == all ? all : sum_;  // past the range the rest is NaN
  }
  /// The sum as rounded, and what the rounding took: value() is of both.
  double rounded() const noexcept { return sum_; }
  double rest() const noexcept { return rest_; }

  void save(envelope_writer& to) const {
    to.f64(sum_);
    to.f64(rest_);
  }
  bool load(envelope_reader& from) {
    sum_ = from.f64();
    rest_ = from.f64();
    return true;
  }

 private:
  double sum_ = 0;
  double rest_ = 0;
};

/// Member: how many items, whatever their weight; those skipped for NaN are not among them.
struct count {
  static std::uint64_t value(const auto& a) { return a.items(); }
};

/// Member: the sum, compensated; with weights the weighted sum. 0 without items. 16 bytes.
struct sum {
  static constexpr std::string_view name = "sum";

  template <class T>
  class state {
   public:
    static constexpr bool finite_only = true;
    static constexpr bool invertible = true;
    static constexpr unsigned figures = detail::figure::total;

    state() = default;
    explicit state(const compensated_sum& sum) noexcept : sum_(sum) {}

    void update(double x) noexcept { sum_.add(x); }
    void update(double x, weight w) noexcept {
      double product = x * w.value;
      detail::rounded(product);
      sum_.add(product);
    }
    void absorb(const detail::block_figures& found, const double*, std::size_t, join) noexcept {
      sum_.add(found.total);
      sum_.add(found.total_rest);
    }
    void merge(const state& later) noexcept { sum_.merge(later.sum_); }
    void unmerge(const state& part) noexcept { sum_.unmerge(part.sum_); }
    void scale(double factor) noexcept { sum_.scale(factor); }
    double value() const noexcept { return sum_.value(); }
    const compensated_sum& total() const noexcept { return sum_; }
    void save(envelope_writer& to) const { sum_.save(to); }
    bool load(envelope_reader& from) { return sum_.load(from); }

   private:
    compensated_sum sum_;
  };

  static double value(const auto& a) {
    return detail::with_infinities(a.template state<sum>().value(), a.infinities());
  }
};

/// Member: the geometric mean of items >= 0; NaN once one was negative, or without items.
///
/// Guarantee: relative error below 1e-13 for any number of items: the product itself is kept, as
/// mantissa and exponent, so that no logarithm is taken for an item without a weight.
/// Complexity: update one multiplication; 48 bytes; allocates: never.
struct geometric_mean {
  static constexpr std::string_view name = "geometric_mean";

  template <class T>
  class state {
   public:
    static constexpr bool finite_only = true;
    static constexpr unsigned figures = detail::figure::logarithm | detail::figure::low;

    void update(double x) noexcept {
      weight_ += 1;
      if (!(x >= smallest)) [[unlikely]] {
        if (!(x > 0)) return refuse(x);
        x *= 0x1p54;  // below the normal numbers
        add_exponent(-54);
      }
      multiply(x);
    }
    void update(double x, weight w) noexcept {
      if (w.value == 1) return update(x);
      weight_ += w.value;
      if (!(x > 0)) return refuse(x);
      double term = w.value * detail::math::log2(x);
      detail::rounded(term);
      logarithms_.add(term);
    }
    void absorb(const detail::block_figures& found, const double* items, std::size_t count, join) noexcept {
      if (found.weights != nullptr) {
        for (std::size_t i = 0; i < count; ++i) update(items[i], weight(found.weights[i]));
        return;
      }
      if (!(found.low >= smallest)) [[unlikely]] {
        for (std::size_t i = 0; i < count; ++i) update(items[i]);
        return;
      }
      weight_ += found.mass;
      add_exponent(found.exponent);
      multiply(found.mantissa);
    }
    void merge(const state& later) noexcept {
      weight_ += later.weight_;
      add_exponent(later.exponent_);
      multiply(later.mantissa_);
      logarithms_.merge(later.logarithms_);
      zero_ = zero_ || later.zero_;
      negative_ = negative_ || later.negative_;
    }
    bool has_zero() const noexcept { return zero_; }
    bool has_negative() const noexcept { return negative_; }
    double value() const noexcept {
      if (weight_ == 0 || negative_) return std::numeric_limits<double>::quiet_NaN();
      if (zero_) return 0;
      const double product = static_cast<double>(exponent_) + detail::math::log2(mantissa_);
      return detail::math::exp2((product + logarithms_.value()) / weight_);
    }

    void save(envelope_writer& to) const {
      to.f64(weight_);
      to.f64(mantissa_);
      to.i64(exponent_);
      logarithms_.save(to);
      to.u8(static_cast<std::uint8_t>((zero_ ? 1 : 0) | (negative_ ? 2 : 0)));
    }
    bool load(envelope_reader& from) {
      weight_ = from.f64();
      mantissa_ = from.f64();
      exponent_ = from.i64();
      const bool valid = logarithms_.load(from);
      const std::uint8_t flags = from.u8();
      zero_ = (flags & 1U) != 0;
      negative_ = (flags & 2U) != 0;
      return valid && weight_ >= 0 && mantissa_ >= 1 && mantissa_ < 2 && flags < 4;
    }

   private:
    static constexpr double smallest = (std::numeric_limits<double>::min)();

    void refuse(double x) noexcept {
      if (x < 0)
        negative_ = true;
      else
        zero_ = true;
    }
    void multiply(double x) noexcept {
      std::int64_t exponent = 0;
      mantissa_ = detail::take_exponent(mantissa_ * detail::take_exponent(x, exponent), exponent);
      add_exponent(exponent);
    }
    void add_exponent(std::int64_t more) noexcept {  // wraps around, rather than being undefined
      exponent_ = static_cast<std::int64_t>(static_cast<std::uint64_t>(exponent_) + static_cast<std::uint64_t>(more));
    }

    double weight_ = 0;
    double mantissa_ = 1;
    std::int64_t exponent_ = 0;
    compensated_sum logarithms_;  // of the items with a weight
    bool zero_ = false;
    bool negative_ = false;
  };

  static double value(const auto& a) {
    const auto& s = a.template state<geometric_mean>();
    if (a.infinities() == 0) return s.value();
    const bool defined = a.infinities() > 0 && !s.has_zero() && !s.has_negative();
    return defined ? a.infinities() : std::numeric_limits<double>::quiet_NaN();
  }
};

/// Member: the harmonic mean of items >= 0; 0 once one was zero, NaN once one was negative, or without
/// items. 32 bytes.
struct harmonic_mean {
  static constexpr std::string_view name = "harmonic_mean";

  template <class T>
  class state {
   public:
    static constexpr unsigned figures = detail::figure::reciprocal | detail::figure::low;

    void update(double x) noexcept { update(x, weight(1)); }
    void update(double x, weight w) noexcept {
      weight_ += w.value;
      if (x > 0)
        reciprocals_.add(w.value / x);
      else if (x < 0)
        negative_ = true;
      else
        zero_ = true;
    }
    void absorb(const detail::block_figures& found, const double* items, std::size_t count, join) noexcept {
      if (!(found.low > 0)) [[unlikely]] {
        for (std::size_t i = 0; i < count; ++i)
          update(items[i], weight(found.weights == nullptr ? 1 : found.weights[i]));
        return;
      }
      weight_ += found.mass;
      reciprocals_.add(found.reciprocal);
    }
    void merge(const state& later) noexcept {
      weight_ += later.weight_;
      reciprocals_.merge(later.reciprocals_);
      zero_ = zero_ || later.zero_;
      negative_ = negative_ || later.negative_;
    }
    void scale(double factor) noexcept {
      weight_ *= factor;
      reciprocals_.scale(factor);
    }
    double value() const noexcept {
      if (weight_ == 0 || negative_) return std::numeric_limits<double>::quiet_NaN();
      return zero_ ? 0 : weight_ / reciprocals_.value();
    }

    void save(envelope_writer& to) const {
      to.f64(weight_);
      reciprocals_.save(to);
      to.u8(static_cast<std::uint8_t>((zero_ ? 1 : 0) | (negative_ ? 2 : 0)));
    }
    bool load(envelope_reader& from) {
      weight_ = from.f64();
      const bool valid = reciprocals_.load(from);
      const std::uint8_t flags = from.u8();
      zero_ = (flags & 1U) != 0;
      negative_ = (flags & 2U) != 0;
      return valid && weight_ >= 0 && flags < 4;
    }

   private:
    double weight_ = 0;
    compensated_sum reciprocals_;
    bool zero_ = false;
    bool negative_ = false;
  };

  static double value(const auto& a) { return a.template state<harmonic_mean>().value(); }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_MEMBERS_SUMS_HPP
