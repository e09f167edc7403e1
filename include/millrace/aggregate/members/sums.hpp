#ifndef MILLRACE_AGGREGATE_MEMBERS_SUMS_HPP
#define MILLRACE_AGGREGATE_MEMBERS_SUMS_HPP

#include <millrace/aggregate/kernels/detail/block_kernel.hpp>
#include <millrace/aggregate/members/detail/wide_range.hpp>
#include <millrace/aggregate/members/member.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/core/detail/math.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace millrace {
inline namespace v0 {

/// A sum that keeps what rounding takes away in a second double: as good as adding in twice the precision.
///
/// Guarantee: after n additions the error is at most eps |sum| + 2 (n eps)^2 sum |x|, eps = 2^-53. A sum that has left
/// double's range is infinite, or NaN, from then on.
/// Allocates: never.
/// Source: A. Neumaier (1974), with Knuth's two-sum in place of the comparison.
class compensated_sum {
 public:
  compensated_sum() = default;
  /// From the two parts that `rounded` and `rest` return.
  compensated_sum(double sum, double rest) noexcept : sum_(sum), rest_(rest) {}

  void add(double x) noexcept {
    double sum = sum_;
    double rest = rest_;
    detail::add_compensated(sum, rest, x);
    sum_ = sum;
    // Keeps the compiler from storing both as one vector: the next addition needs the sum long before the rest is
    // ready.
    asm("" : : "m"(sum_));
    rest_ = rest;
  }
  void merge(const compensated_sum& other) noexcept {
    // Loads each by itself, as it was stored: a load of both as one vector cannot be forwarded from two stores that are
    // still in the core's store buffer, and would wait for them.
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
  /// Adds term * 2^apart to a sum that may lie beyond double's range and is value() * 2^kept; `kept` changes if the sum
  /// then needs another power of two kept apart. See detail::add_far.
  void add_far(double term, int apart, std::int16_t& kept) noexcept { detail::add_far(sum_, rest_, kept, term, apart); }
  double value() const noexcept {
    const double all = sum_ + rest_;
    return all == all ? all : sum_;  // past the range the rest is NaN
  }
  /// The rounded sum, and what rounding took from it so far: value() adds the two.
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

/// Member: the number of items, whatever their weights. Items that the NaN policy skips do not count.
struct count {
  static std::uint64_t value(const auto& a) { return a.items(); }
};

/// Member: the sum, compensated (see `compensated_sum`); with weights the weighted sum. 0 without items. Once the sum
/// of the items so far has left double's range it stays infinite, or NaN, whatever comes after. 16 bytes.
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
    void absorb(const detail::block_figures& found, const double*, std::size_t, merge_offset) noexcept {
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

namespace detail {

/// The sum of weights and a sum of terms, for their ratio. Both may leave double's range: each then keeps a power of
/// two apart, so that the ratio is right all the same.
class wide_ratio {
 public:
  void add_weight(double weight) noexcept {
    if (weight_apart_ == 0 && is_plain(weight)) [[likely]]
      weight_ += weight;
    else
      add_far(weight_, weight_apart_, weight, 0);
  }
  void add_term(double term) noexcept {
    if (term_apart_ == 0 && is_plain(term)) [[likely]]
      terms_.add(term);
    else
      terms_.add_far(term, 0, term_apart_);
  }
  /// Adds term * 2^apart.
  void add_term(double term, int apart) noexcept { terms_.add_far(term, apart, term_apart_); }
  void merge(const wide_ratio& later) noexcept {
    if (!kept_apart() && !later.kept_apart()) [[likely]] {
      weight_ += later.weight_;
      terms_.merge(later.terms_);
      return;
    }
    add_far(weight_, weight_apart_, later.weight_, later.weight_apart_);
    terms_.add_far(later.terms_.rounded(), later.term_apart_, term_apart_);
    terms_.add_far(later.terms_.rest(), later.term_apart_, term_apart_);
  }
  void scale(double factor) noexcept {
    if (!kept_apart() && is_plain(weight_ * factor) && is_plain(terms_.value() * factor)) [[likely]] {
      weight_ *= factor;
      terms_.scale(factor);
      return;
    }
    int exponent = 0;
    const double half = math::frexp(factor, &exponent);
    const wide_ratio before = *this;
    *this = {};
    add_far(weight_, weight_apart_, before.weight_ * half, before.weight_apart_ + exponent);
    terms_.add_far(before.terms_.rounded() * half, before.term_apart_ + exponent, term_apart_);
    terms_.add_far(before.terms_.rest() * half, before.term_apart_ + exponent, term_apart_);
  }
  bool empty() const noexcept { return weight_ == 0; }
  double terms_over_weight() const noexcept {
    return unless_far(terms_.value() / weight_, term_apart_ - weight_apart_);
  }
  double weight_over_terms() const noexcept {
    return unless_far(weight_ / terms_.value(), weight_apart_ - term_apart_);
  }

  void save_weight(envelope_writer& to) const { to.f64(weight_); }
  bool load_weight(envelope_reader& from) {
    weight_ = from.f64();
    return weight_ >= 0;
  }
  /// Saves the terms, then a byte: two flags of the caller's in its low bits and, in bit 2, whether the powers of two
  /// that are kept apart follow.
  void save_terms(envelope_writer& to, unsigned flags) const {
    terms_.save(to);
    to.u8(static_cast<std::uint8_t>(flags | (kept_apart() ? 4U : 0U)));
    if (!kept_apart()) return;
    to.i64(weight_apart_);
    to.i64(term_apart_);
  }
  bool load_terms(envelope_reader& from, unsigned& flags) {
    (void)terms_.load(from);
    const unsigned found = from.u8();
    flags = found & 3U;
    if (found < 4) return true;
    const std::int64_t apart[] = {from.i64(), from.i64()};
    for (const std::int64_t one : apart)
      if (one < -4096 || one > 4096) return false;
    weight_apart_ = static_cast<std::int16_t>(apart[0]);
    term_apart_ = static_cast<std::int16_t>(apart[1]);
    return found < 8 && kept_apart();
  }

 private:
  bool kept_apart() const noexcept { return (weight_apart_ | term_apart_) != 0; }
  static double unless_far(double ratio, int apart) noexcept { return apart == 0 ? ratio : math::ldexp(ratio, apart); }

  double weight_ = 0;
  compensated_sum terms_;
  std::int16_t weight_apart_ = 0;  // the weight is weight_ * 2^weight_apart_
  std::int16_t term_apart_ = 0;
};

}  // namespace detail

/// Member: the geometric mean of items >= 0; NaN once one was negative, or without items.
///
/// Guarantee: relative error below 1e-13 for any number of items without weights: the product itself is kept, as
/// mantissa and exponent, so that no logarithm of an item is taken. With weights the sum of w log2(x) is kept, and the
/// error grows by that sum's relative error times the logarithm of the mean; weights may leave double's range.
/// Complexity: update O(1), one multiplication, with a weight one logarithm; 48 bytes.
/// Allocates: never.
struct geometric_mean {
  static constexpr std::string_view name = "geometric_mean";

  template <class T>
  class state {
   public:
    static constexpr bool finite_only = true;
    static constexpr unsigned figures = detail::figure::logarithm | detail::figure::low;

    void update(double x) noexcept {
      sums_.add_weight(1);
      if (!(x >= smallest)) [[unlikely]] {
        if (!(x > 0)) return refuse(x);
        x *= 0x1p54;  // a subnormal number becomes a normal one
        add_exponent(-54);
      }
      multiply(x);
    }
    void update(double x, weight w) noexcept {
      if (w.value == 1) return update(x);
      sums_.add_weight(w.value);
      if (!(x > 0)) return refuse(x);
      const double logarithm = detail::math::log2(x);
      if (detail::is_plain(w.value)) [[likely]] {
        double term = w.value * logarithm;
        detail::rounded(term);
        sums_.add_term(term);
      } else {
        int exponent = 0;
        const double half = detail::math::frexp(w.value, &exponent);
        sums_.add_term(half * logarithm, exponent);
      }
    }
    void absorb(const detail::block_figures& found, const double* items, std::size_t count, merge_offset) noexcept {
      if (found.weights != nullptr) {
        for (std::size_t i = 0; i < count; ++i) update(items[i], weight(found.weights[i]));
        return;
      }
      if (!(found.low >= smallest)) [[unlikely]] {
        for (std::size_t i = 0; i < count; ++i) update(items[i]);
        return;
      }
      sums_.add_weight(found.mass);
      add_exponent(found.exponent);
      multiply(found.mantissa);
    }
    void merge(const state& later) noexcept {
      sums_.merge(later.sums_);
      add_exponent(later.exponent_);
      multiply(later.mantissa_);
      zero_ = zero_ || later.zero_;
      negative_ = negative_ || later.negative_;
    }
    bool has_zero() const noexcept { return zero_; }
    bool has_negative() const noexcept { return negative_; }
    double value() const noexcept {
      if (sums_.empty() || negative_) return std::numeric_limits<double>::quiet_NaN();
      if (zero_) return 0;
      detail::wide_ratio all = sums_;
      all.add_term(static_cast<double>(exponent_) + detail::math::log2(mantissa_));
      // The logarithm of the largest double rounds to 1024, whose power is infinite. No mean of finite items is above
      // it.
      const double mean = detail::math::exp2(all.terms_over_weight());
      constexpr double largest = (std::numeric_limits<double>::max)();
      return mean > largest ? largest : mean;
    }

    void save(envelope_writer& to) const {
      sums_.save_weight(to);
      to.f64(mantissa_);
      to.i64(exponent_);
      sums_.save_terms(to, (zero_ ? 1U : 0U) | (negative_ ? 2U : 0U));
    }
    bool load(envelope_reader& from) {
      const bool valid = sums_.load_weight(from);
      mantissa_ = from.f64();
      exponent_ = from.i64();
      unsigned flags = 0;
      const bool possible = sums_.load_terms(from, flags);
      zero_ = (flags & 1U) != 0;
      negative_ = (flags & 2U) != 0;
      return valid && possible && mantissa_ >= 1 && mantissa_ < 2;
    }

   private:
    static constexpr double smallest = (std::numeric_limits<double>::min)();

    /// Notes an item that is not above zero: it decides what the mean is.
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

    double mantissa_ = 1;
    std::int64_t exponent_ = 0;
    [[no_unique_address]] detail::wide_ratio sums_;  // of all weights, and of w log2(x) for items of weight w != 1
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

/// Member: the harmonic mean of items >= 0; 0 once one was zero, NaN once one was negative, or without items. 32 bytes.
/// Guarantee: correct also where the sum of reciprocals, or of weights, leaves double's range.
struct harmonic_mean {
  static constexpr std::string_view name = "harmonic_mean";

  template <class T>
  class state {
   public:
    static constexpr unsigned figures = detail::figure::reciprocal | detail::figure::low;

    void update(double x) noexcept { update(x, weight(1)); }
    void update(double x, weight w) noexcept {
      sums_.add_weight(w.value);
      if (!(x > 0)) return refuse(x);
      const double term = w.value / x;
      if (detail::is_plain(term)) [[likely]]
        sums_.add_term(term);
      else
        add_far(x, w.value);
    }
    void absorb(const detail::block_figures& found, const double* items, std::size_t count, merge_offset) noexcept {
      if (!(found.low > 0) || !detail::is_plain(found.reciprocal)) [[unlikely]] {
        for (std::size_t i = 0; i < count; ++i)
          update(items[i], weight(found.weights == nullptr ? 1 : found.weights[i]));
        return;
      }
      sums_.add_weight(found.mass);
      sums_.add_term(found.reciprocal);
    }
    void merge(const state& later) noexcept {
      sums_.merge(later.sums_);
      zero_ = zero_ || later.zero_;
      negative_ = negative_ || later.negative_;
    }
    void scale(double factor) noexcept { sums_.scale(factor); }
    double value() const noexcept {
      if (sums_.empty() || negative_) return std::numeric_limits<double>::quiet_NaN();
      return zero_ ? 0 : sums_.weight_over_terms();
    }

    void save(envelope_writer& to) const {
      sums_.save_weight(to);
      sums_.save_terms(to, (zero_ ? 1U : 0U) | (negative_ ? 2U : 0U));
    }
    bool load(envelope_reader& from) {
      const bool valid = sums_.load_weight(from);
      unsigned flags = 0;
      const bool possible = sums_.load_terms(from, flags);
      zero_ = (flags & 1U) != 0;
      negative_ = (flags & 2U) != 0;
      return valid && possible;
    }

   private:
    void refuse(double x) noexcept {
      if (x < 0)
        negative_ = true;
      else
        zero_ = true;
    }
    /// Adds w / x where that is not plain. An infinite item adds nothing: its reciprocal is zero.
    [[gnu::noinline, gnu::cold]] void add_far(double x, double w) noexcept {
      if (w / x == 0 && 1 / x == 0) return;
      int of_x = 0;
      int of_w = 0;
      const double half_x = detail::math::frexp(x, &of_x);
      const double half_w = detail::math::frexp(w, &of_w);
      sums_.add_term(half_w / half_x, of_w - of_x);
    }

    [[no_unique_address]] detail::wide_ratio sums_;  // of all weights, and of w / x
    bool zero_ = false;
    bool negative_ = false;
  };

  static double value(const auto& a) { return a.template state<harmonic_mean>().value(); }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_MEMBERS_SUMS_HPP
