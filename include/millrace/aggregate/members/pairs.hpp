#ifndef MILLRACE_AGGREGATE_MEMBERS_PAIRS_HPP
#define MILLRACE_AGGREGATE_MEMBERS_PAIRS_HPP

#include <millrace/aggregate/kernels/detail/pair_kernel.hpp>
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/member.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/core/detail/math.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {

/// The weight, the means and the second moments of pairs: sums of w (x - mean x)^2, w (y - mean y)^2 and of
/// the products. Joined as in `moment_sums`, with as little loss. 64 bytes; allocates: never.
/// Source: Chan, Golub, LeVeque (1979); J. Bennett et al., "Numerically stable, single-pass, parallel
/// statistics algorithms", IEEE Cluster 2009.
class comoment_sums {
 public:
  comoment_sums() noexcept = default;
  comoment_sums(const xy& p, double weight) noexcept : weight_(weight), mean_x_{p.x}, mean_y_{p.y} {}
  /// From sums over items around a shift.
  comoment_sums(double weight, const xy& shift, const detail::pair_powers& p) noexcept : weight_(weight) {
    const double dx = p.x / weight;
    const double dy = p.y / weight;
    mean_x_.value = shift.x;
    mean_y_.value = shift.y;
    mean_x_.add(dx);
    mean_y_.add(dy);
    xx_ = not_below_zero(p.xx - times(p.x, dx));
    yy_ = not_below_zero(p.yy - times(p.y, dy));
    xy_ = p.xy - times(p.x, dy);
  }

  double weight() const noexcept { return weight_; }
  xy mean() const noexcept { return {mean_x_.value, mean_y_.value}; }
  double xx() const noexcept { return xx_; }
  double yy() const noexcept { return yy_; }
  double xy_product() const noexcept { return xy_; }

  void merge(const comoment_sums& other) noexcept {
    if (other.weight_ == 0) return;
    if (weight_ == 0) {
      *this = other;
      return;
    }
    const double n = weight_ + other.weight_;
    const double r = other.weight_ / n;
    const double dx = other.mean_x_.less(mean_x_);
    const double dy = other.mean_y_.less(mean_y_);
    const double between = times(weight_, r);
    xx_ += other.xx_ + times(dx * dx, between);
    yy_ += other.yy_ + times(dy * dy, between);
    xy_ += other.xy_ + times(dx * dy, between);
    mean_x_.add(times(dx, r));
    mean_y_.add(times(dy, r));
    weight_ = n;
  }
  void unmerge(const comoment_sums& other) noexcept {
    if (other.weight_ == 0) return;
    const double n = weight_;
    const double left = n - other.weight_;
    if (!(left > n * 0x1p-50)) {  // nothing but rounding
      *this = {};
      return;
    }
    const double r = other.weight_ / n;
    const double dx = other.mean_x_.less(mean_x_) * (n / left);
    const double dy = other.mean_y_.less(mean_y_) * (n / left);
    const double between = times(left, r);
    xx_ = not_below_zero((xx_ - other.xx_) - times(dx * dx, between));
    yy_ = not_below_zero((yy_ - other.yy_) - times(dy * dy, between));
    xy_ = (xy_ - other.xy_) - times(dx * dy, between);
    mean_x_.add(-times(dx, r));
    mean_y_.add(-times(dy, r));
    weight_ = left;
  }
  void scale(double factor) noexcept {
    for (double* const p : {&weight_, &xx_, &yy_, &xy_}) *p *= factor;
  }

  void save(envelope_writer& to) const {
    for (const double v : {weight_, mean_x_.value, mean_x_.rest, mean_y_.value, mean_y_.rest, xx_, yy_, xy_}) to.f64(v);
  }
  bool load(envelope_reader& from) {
    for (double* const p : {&weight_, &mean_x_.value, &mean_x_.rest, &mean_y_.value, &mean_y_.rest, &xx_, &yy_, &xy_})
      *p = from.f64();
    return weight_ >= 0 && !(xx_ < 0) && !(yy_ < 0);
  }

 private:
  static double times(double a, double b) noexcept {
    double product = a * b;
    detail::rounded(product);
    return product;
  }
  static double not_below_zero(double x) noexcept { return x < 0 ? 0 : x; }

  double weight_ = 0;
  detail::double_mean mean_x_;
  detail::double_mean mean_y_;
  double xx_ = 0;
  double yy_ = 0;
  double xy_ = 0;
};

/// Member of aggregates of pairs: what covariance, correlation and trend stand on, kept like `moments`:
/// in shifted blocks. `get` answers `comoment_sums`. 136 bytes; allocates: never.
struct comoments {
  using sample = xy;
  static constexpr std::string_view name = "comoments";

  template <class T>
  class state {
   public:
    static constexpr bool finite_only = true;
    static constexpr bool invertible = true;
    using closed_type = comoment_sums;

    void update(const xy& p) noexcept { update(p, weight(1)); }
    void update(const xy& p, weight w) noexcept {
      if (items_ == 0) {
        weight_ = 0;
        shift_ = p;
        powers_ = {};
      }
      weight_ += w.value;
      powers_.add(p.x - shift_.x, p.y - shift_.y, w.value);
      if (++items_ != most) return;
      closed_.merge(comoment_sums(weight_, shift_, powers_));
      items_ = 0;
    }
    void update_huge(const xy& p, double w) noexcept { closed_.merge(comoment_sums(p, w)); }
    void update(std::span<const xy> pairs) noexcept {
      const xy shift = pairs[0];
      closed_.merge(comoment_sums(static_cast<double>(pairs.size()), shift,
                                  detail::scan_pairs<false>(pairs.data(), nullptr, pairs.size(), shift)));
    }
    void update(std::span<const xy> pairs, std::span<const double> weights) noexcept {
      const detail::pair_center about = detail::weighted_center(pairs.data(), weights.data(), pairs.size());
      closed_.merge(comoment_sums(about.mass, about.mean,
                                  detail::scan_pairs<true>(pairs.data(), weights.data(), pairs.size(), about.mean)));
    }

    void merge(const state& later) noexcept { closed_.merge(later.closed()); }
    void merge(const closed_type& later) noexcept { closed_.merge(later); }
    void unmerge(const closed_type& part) noexcept {
      close_all();
      closed_.unmerge(part);
    }
    void scale(double factor) noexcept {
      close_all();
      closed_.scale(factor);
    }
    closed_type closed() const noexcept {
      closed_type all = closed_;
      if (items_ != 0) all.merge(comoment_sums(weight_, shift_, powers_));
      return all;
    }

    void save(envelope_writer& to) const {
      closed_.save(to);
      to.u32(items_);
      if (items_ == 0) return;
      for (const double v : {weight_, shift_.x, shift_.y}) to.f64(v);
      for (const double v : {powers_.x, powers_.y, powers_.xx, powers_.yy, powers_.xy}) to.f64(v);
    }
    bool load(envelope_reader& from) {
      const bool valid = closed_.load(from);
      items_ = from.u32();
      if (items_ == 0) return valid;
      for (double* const p : {&weight_, &shift_.x, &shift_.y}) *p = from.f64();
      for (double* const p : {&powers_.x, &powers_.y, &powers_.xx, &powers_.yy, &powers_.xy}) *p = from.f64();
      return valid && items_ < most && weight_ > 0;
    }

   private:
    static constexpr std::uint32_t most = 256;

    void close_all() noexcept {
      closed_ = closed();
      items_ = 0;
    }

    comoment_sums closed_;
    double weight_ = 0;
    xy shift_;
    detail::pair_powers powers_;
    std::uint32_t items_ = 0;
  };

  static auto value(const auto& a) { return a.template state<comoments>(); }
};

/// Member: sample covariance of x and y, products over weight - 1 (`decayed`: as `variance`). NaN for a weight of one
/// or less, and once a pair was infinite.
struct covariance {
  using needs = members<comoments>;
  using sample = xy;
  static double value(const auto& a) {
    const comoment_sums m = a.template state<comoments>();
    const double freedom = detail::freedom(a, m.weight());
    if (!(freedom > 0) || a.infinities() != 0) return std::numeric_limits<double>::quiet_NaN();
    return m.xy_product() / freedom;
  }
};

/// Member: covariance of the pairs as the whole population, products over weight.
struct population_covariance {
  using needs = members<comoments>;
  using sample = xy;
  static double value(const auto& a) {
    const comoment_sums m = a.template state<comoments>();
    if (!(m.weight() > 0) || a.infinities() != 0) return std::numeric_limits<double>::quiet_NaN();
    return m.xy_product() / m.weight();
  }
};

/// Member: Pearson's correlation, in [-1, 1]. NaN where x or y has no spread.
struct correlation {
  using needs = members<comoments>;
  using sample = xy;
  static double value(const auto& a) {
    const comoment_sums m = a.template state<comoments>();
    const double spread = detail::math::sqrt(m.xx()) * detail::math::sqrt(m.yy());
    if (!(spread > 0) || a.infinities() != 0) return std::numeric_limits<double>::quiet_NaN();
    const double r = m.xy_product() / spread;
    return r > 1 ? 1 : r < -1 ? -1 : r;
  }
};

/// A straight line through pairs.
struct line {
  double slope = std::numeric_limits<double>::quiet_NaN();
  double intercept = std::numeric_limits<double>::quiet_NaN();
  double r_squared = std::numeric_limits<double>::quiet_NaN();  ///< NaN where y has no spread

  double operator()(double x) const noexcept { return intercept + slope * x; }
};

/// Member: the least-squares line y = intercept + slope x. NaN where x has no spread.
struct linear_trend {
  using needs = members<comoments>;
  using sample = xy;
  static line value(const auto& a) {
    const comoment_sums m = a.template state<comoments>();
    line made;
    if (!(m.xx() > 0) || a.infinities() != 0) return made;
    made.slope = m.xy_product() / m.xx();
    double at_mean = made.slope * m.mean().x;
    detail::rounded(at_mean);
    made.intercept = m.mean().y - at_mean;
    const double r = correlation::value(a);
    made.r_squared = r * r;
    return made;
  }
};

namespace detail {

/// An aggregate of one side of the pairs.
template <class Side, class... Ms>
struct side_of_pairs {
  using sample = xy;

  template <class T>
  class state {
   public:
    using inner_type = aggregate<Ms...>;
    static constexpr bool commutative = inner_type::commutative;
    static constexpr bool invertible = inner_type::invertible;
    static constexpr bool exactly_invertible = inner_type::exactly_invertible;

    void update(const xy& p) { inner_.update(Side::of(p)); }
    void update(const xy& p, weight w) requires(inner_type::states::weighable) { inner_.update(Side::of(p), w); }
    void update(std::span<const xy> pairs) {
      double side[256];
      while (!pairs.empty()) {
        const std::size_t now = pairs.size() < 256 ? pairs.size() : 256;
        for (std::size_t i = 0; i < now; ++i) side[i] = Side::of(pairs[i]);
        inner_.update(std::span<const double>(side, now));
        pairs = pairs.subspan(now);
      }
    }
    void update(std::span<const xy> pairs, std::span<const double> weights) requires(inner_type::states::weighable) {
      double side[256];
      while (!pairs.empty()) {
        const std::size_t now = pairs.size() < 256 ? pairs.size() : 256;
        for (std::size_t i = 0; i < now; ++i) side[i] = Side::of(pairs[i]);
        inner_.update(std::span<const double>(side, now), weights.first(now));
        pairs = pairs.subspan(now);
        weights = weights.subspan(now);
      }
    }
    auto merge(const state& later) { return inner_.merge(later.inner_); }
    void unmerge(const state& part) requires(inner_type::invertible) { inner_.unmerge(part.inner_); }
    void scale(double factor) requires(inner_type::states::scalable) { inner_.scale(factor); }
    const inner_type& inner() const noexcept { return inner_; }

    void save(envelope_writer& to) const { to.block(inner_.save()); }
    bool load(envelope_reader& from) {
      auto made = inner_type::load(from.block());
      if (made) inner_ = *std::move(made);
      return made.has_value();
    }

   private:
    inner_type inner_;
  };
};

struct x_side {
  static double of(const xy& p) noexcept { return p.x; }
};
struct y_side {
  static double of(const xy& p) noexcept { return p.y; }
};

/// What aggregate a answers of one side of its pairs.
template <class M, class... Rest>
decltype(auto) side_answer(const auto& a, const auto& inner) {
  if constexpr (requires { a.beside(inner); }) {
    if constexpr (sizeof...(Rest) == 0)
      return a.beside(inner).template get<M>();
    else
      return a.beside(inner);
  } else if constexpr (sizeof...(Rest) == 0) {
    return inner.template get<M>();
  } else {
    return (inner);
  }
}

}  // namespace detail

/// Member of aggregates of pairs: members about the x of each pair. `get` answers what the member does
/// if it is one, else the aggregate of all.
template <class... Members>
struct of_x : detail::side_of_pairs<detail::x_side, Members...> {
  static constexpr std::string_view name = "of_x";
  static decltype(auto) value(const auto& a) {
    return detail::side_answer<Members...>(a, a.template state<of_x>().inner());
  }
};

/// Member of aggregates of pairs: members about the y of each pair.
template <class... Members>
struct of_y : detail::side_of_pairs<detail::y_side, Members...> {
  static constexpr std::string_view name = "of_y";
  static decltype(auto) value(const auto& a) {
    return detail::side_answer<Members...>(a, a.template state<of_y>().inner());
  }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_MEMBERS_PAIRS_HPP
