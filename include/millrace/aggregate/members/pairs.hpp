#ifndef MILLRACE_AGGREGATE_MEMBERS_PAIRS_HPP
#define MILLRACE_AGGREGATE_MEMBERS_PAIRS_HPP

#include <millrace/aggregate/kernels/detail/pair_kernel.hpp>
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/detail/wide_range.hpp>
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

/// The weight, the means and the second central sums of pairs: xx() is the sum of w (x - mean x)^2, yy() that of
/// w (y - mean y)^2, and xy_product() that of w (x - mean x) (y - mean y).
///
/// Guarantee: as for `moment_sums`: merging adds a few units in the last place, and where squares of deviations, or
/// weights, would leave double's range, powers of two are kept apart from them, so that ratios are right all the same.
/// Complexity: merge O(1), two divisions; 72 bytes.
/// Allocates: never.
/// Source: Chan, Golub, LeVeque (1979); J. Bennett et al., "Numerically stable, single-pass, parallel statistics
/// algorithms", IEEE Cluster 2009.
class comoment_sums {
 public:
  comoment_sums() noexcept = default;
  comoment_sums(const xy& p, double weight) noexcept : weight_(weight), mean_x_{p.x}, mean_y_{p.y} {}
  /// Of items of the given weight W in all, from their sums around a shift: p.x of w (x - shift.x), p.y of
  /// w (y - shift.y), p.xx, p.yy and p.xy of the products of the two deviations.
  ///
  /// With dx = p.x / W and dy = p.y / W the means are shift + (dx, dy), and xy_product() is the sum of
  /// w ((x - shift.x) - dx) ((y - shift.y) - dy) = p.xy - dx p.y - dy p.x + dx dy W = p.xy - p.x dy, since p.y = W dy.
  /// With y = x that is p.xx - p.x dx.
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

  double weight() const noexcept { return detail::math::ldexp(weight_, weight_apart_); }
  /// The means of x and of y; (0, 0) without pairs.
  xy mean() const noexcept { return {mean_x_.value, mean_y_.value}; }
  /// The central sums; infinite, or zero, where they are beyond double's range.
  double xx() const noexcept { return detail::math::ldexp(xx_, 2 * exponent_x_ + weight_apart_); }
  double yy() const noexcept { return detail::math::ldexp(yy_, 2 * exponent_y_ + weight_apart_); }
  double xy_product() const noexcept { return detail::math::ldexp(xy_, exponent_x_ + exponent_y_ + weight_apart_); }

  /// Finite stand-ins for the weight and the sums, for ratios: xx() / weight() is
  /// scaled_xx() / scaled_weight() * 2^(2 exponent_x()), and xy_product() / weight() is
  /// scaled_xy() / scaled_weight() * 2^(exponent_x() + exponent_y()).
  double scaled_weight() const noexcept { return weight_; }
  double scaled_xx() const noexcept { return xx_; }
  double scaled_yy() const noexcept { return yy_; }
  double scaled_xy() const noexcept { return xy_; }
  int exponent_x() const noexcept { return exponent_x_; }
  int exponent_y() const noexcept { return exponent_y_; }

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
    const double lesser = weight_ < other.weight_ ? weight_ : other.weight_;
    const bool ordinary = is_plain() && other.is_plain() && detail::is_plain(n) &&
                          detail::deviates_plainly<2>(dx, lesser) && detail::deviates_plainly<2>(dy, lesser);
    if (!ordinary) [[unlikely]]
      return merge_far(other);
    join(other, dx, dy);
    mean_x_.add(times(dx, r));
    mean_y_.add(times(dy, r));
    weight_ = n;
  }
  /// Reverses the merge of `other`, up to rounding; derived at `moment_sums::part_from`.
  void unmerge(const comoment_sums& other) noexcept {
    if (other.weight_ == 0) return;
    comoment_sums part = other;
    if (!is_plain() || !part.is_plain()) [[unlikely]]
      part.rescale(exponent_x_, exponent_y_, weight_apart_);
    const double n = weight_;
    const double left = n - part.weight_;
    if (!(left > n * 0x1p-50)) {  // nothing but rounding
      *this = {};
      return;
    }
    const double r = part.weight_ / n;
    const double dx = detail::math::ldexp(part.mean_x_.half_less(mean_x_), 1 - exponent_x_) * (n / left);
    const double dy = detail::math::ldexp(part.mean_y_.half_less(mean_y_), 1 - exponent_y_) * (n / left);
    const double between = times(left, r);
    xx_ = not_below_zero((xx_ - part.xx_) - times(dx * dx, between));
    yy_ = not_below_zero((yy_ - part.yy_) - times(dy * dy, between));
    xy_ = (xy_ - part.xy_) - times(dx * dy, between);
    mean_x_.add(-detail::math::ldexp(times(dx, r), exponent_x_));
    mean_y_.add(-detail::math::ldexp(times(dy, r), exponent_y_));
    weight_ = left;
  }
  /// Multiplies every weight by factor > 0.
  void scale(double factor) noexcept {
    const bool ordinary = is_plain() && detail::is_plain(weight_ * factor);
    int by = 0;
    if (!ordinary) factor = detail::math::frexp(factor, &by);
    for (double* const p : {&weight_, &xx_, &yy_, &xy_}) *p *= factor;
    if (!ordinary) settle(exponent_x_, exponent_y_, weight_apart_ + by);
  }

  /// Begins with a NaN and the powers of two that are kept apart, if there are any; a weight is never NaN.
  void save(envelope_writer& to) const {
    if (!is_plain()) {
      to.f64(std::numeric_limits<double>::quiet_NaN());
      for (const std::int64_t e : {exponent_x_, exponent_y_, weight_apart_}) to.i64(e);
    }
    for (const double v : {weight_, mean_x_.value, mean_x_.rest, mean_y_.value, mean_y_.rest, xx_, yy_, xy_}) to.f64(v);
  }
  bool load(envelope_reader& from) {
    weight_ = from.f64();
    bool valid = true;
    if (weight_ != weight_) {
      for (std::int16_t* const e : {&exponent_x_, &exponent_y_, &weight_apart_}) {
        const std::int64_t found = from.i64();
        valid = valid && found >= -4096 && found <= 4096;
        *e = static_cast<std::int16_t>(found);
      }
      valid = valid && !is_plain();
      weight_ = from.f64();
    }
    for (double* const p : {&mean_x_.value, &mean_x_.rest, &mean_y_.value, &mean_y_.rest, &xx_, &yy_, &xy_})
      *p = from.f64();
    return valid && weight_ >= 0 && !(xx_ < 0) && !(yy_ < 0);
  }

 private:
  static double times(double a, double b) noexcept {
    double product = a * b;
    detail::rounded(product);
    return product;
  }
  static double not_below_zero(double x) noexcept { return x < 0 ? 0 : x; }
  bool is_plain() const noexcept { return (exponent_x_ | exponent_y_ | weight_apart_) == 0; }

  /// Adds the sums of `other`, whose means are greater by dx and dy; weight and means stay as they are.
  ///
  /// With a and b the two weights, r = b / (a + b) and q = a / (a + b), an item of this part deviates from the means of
  /// all by (r dx, r dy) less than from its own part's, an item of `other` by (q dx, q dy) more. Linear terms vanish,
  /// as deviations from a mean add up to zero; so the sum of products grows by that of `other` and, as b q = a r and
  /// q + r = 1, by
  ///
  ///     a r dx r dy + b q dx q dy  =  dx dy a r (r + q)  =  dx dy a r.
  ///
  /// `between` is a r.
  void join(const comoment_sums& other, double dx, double dy) noexcept {
    const double between = times(weight_, other.weight_ / (weight_ + other.weight_));
    xx_ += other.xx_ + times(dx * dx, between);
    yy_ += other.yy_ + times(dy * dy, between);
    xy_ += other.xy_ + times(dx * dy, between);
  }
  /// Changes the powers of two that are kept apart to these; what the numbers stand for stays as it was.
  void rescale(int exponent_x, int exponent_y, int weight_apart) noexcept {
    const int x = exponent_x_ - exponent_x;
    const int y = exponent_y_ - exponent_y;
    const int w = weight_apart_ - weight_apart;
    xx_ = detail::math::ldexp(xx_, 2 * x + w);
    yy_ = detail::math::ldexp(yy_, 2 * y + w);
    xy_ = detail::math::ldexp(xy_, x + y + w);
    weight_ = detail::math::ldexp(weight_, w);
    exponent_x_ = static_cast<std::int16_t>(exponent_x);
    exponent_y_ = static_cast<std::int16_t>(exponent_y);
    weight_apart_ = static_cast<std::int16_t>(weight_apart);
  }
  /// As `moment_sums::settle`, for the squares of x and of y each by itself.
  void settle(int exponent_x, int exponent_y, int weight_apart) noexcept {
    exponent_x_ = static_cast<std::int16_t>(exponent_x);
    exponent_y_ = static_cast<std::int16_t>(exponent_y);
    weight_apart_ = static_cast<std::int16_t>(weight_apart);
    const int weight = detail::exponent_of(weight_);
    const int apart = detail::kept_apart(weight + weight_apart);
    const auto plain = [&](double sum, int exponent) {
      return detail::kept_apart(detail::exponent_of(sum) + exponent + weight_apart - apart) == 0 &&
             detail::kept_apart(detail::exponent_of(sum) + exponent - weight) == 0;
    };
    rescale(plain(xx_, 2 * exponent_x) ? 0 : exponent_x, plain(yy_, 2 * exponent_y) ? 0 : exponent_y, apart);
  }
  /// As `moment_sums::merge_far`.
  [[gnu::noinline, gnu::cold]] void merge_far(comoment_sums other) noexcept {
    const auto greatest = [](int a, int b, int c) {
      const int most = a > b ? (a > c ? a : c) : (b > c ? b : c);
      return most < -50'000 ? 0 : most;
    };
    const double half_x = other.mean_x_.half_less(mean_x_);
    const double half_y = other.mean_y_.half_less(mean_y_);
    const int x = greatest(detail::exponent_of(half_x) + 1, detail::root_exponent(xx_, weight_, exponent_x_),
                           detail::root_exponent(other.xx_, other.weight_, other.exponent_x_));
    const int y = greatest(detail::exponent_of(half_y) + 1, detail::root_exponent(yy_, weight_, exponent_y_),
                           detail::root_exponent(other.yy_, other.weight_, other.exponent_y_));
    const int mine = detail::exponent_of(weight_) + weight_apart_;
    const int theirs = detail::exponent_of(other.weight_) + other.weight_apart_;
    const int apart = mine > theirs ? mine : theirs;
    rescale(x, y, apart);
    other.rescale(x, y, apart);
    join(other, detail::math::ldexp(half_x, 1 - x), detail::math::ldexp(half_y, 1 - y));
    const double r = other.weight_ / (weight_ + other.weight_);
    for (int twice = 0; twice < 2; ++twice) {
      mean_x_.add(times(half_x, r));
      mean_y_.add(times(half_y, r));
    }
    weight_ += other.weight_;
    settle(x, y, apart);
  }

  double weight_ = 0;
  detail::double_mean mean_x_;
  detail::double_mean mean_y_;
  double xx_ = 0;
  double yy_ = 0;
  double xy_ = 0;
  std::int16_t exponent_x_ = 0;  // xx() is xx_ * 2^(2 exponent_x_ + weight_apart_), and so on
  std::int16_t exponent_y_ = 0;
  std::int16_t weight_apart_ = 0;  // the weight is weight_ * 2^weight_apart_
};

/// Member of aggregates of pairs: the second central sums from which covariance, correlation and trend are computed.
/// `get` returns `comoment_sums`.
///
/// Pairs are summed in blocks around a shift, as `moments` does it: around the first pair of each 256, of each block of
/// a span, or around the weighted means of a block of a span with weights.
/// Complexity: update O(1), a few additions and no division; 136 bytes.
/// Allocates: never.
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
      const double dx = p.x - shift_.x;
      const double dy = p.y - shift_.y;
      if (!detail::is_near<2>(dx, w.value) || !detail::is_near<2>(dy, w.value)) [[unlikely]]
        return take_rare(p, w.value);
      add(dx, dy, w.value);
    }
    void update_huge(const xy& p, double w) noexcept { closed_.merge(comoment_sums(p, w)); }
    void update(std::span<const xy> pairs) noexcept {
      const xy shift = pairs[0];
      take_block(pairs, nullptr, {static_cast<double>(pairs.size()), shift},
                 detail::scan_pairs<false>(pairs.data(), nullptr, pairs.size(), shift));
    }
    void update(std::span<const xy> pairs, std::span<const double> weights) noexcept {
      const detail::pair_center about = detail::weighted_center(pairs.data(), weights.data(), pairs.size());
      take_block(pairs, weights.data(), about,
                 detail::scan_pairs<true>(pairs.data(), weights.data(), pairs.size(), about.mean));
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
      const std::uint32_t items = from.u32();
      items_ = static_cast<std::uint16_t>(items < most ? items : most);
      if (items_ == 0) return valid;
      for (double* const p : {&weight_, &shift_.x, &shift_.y}) *p = from.f64();
      for (double* const p : {&powers_.x, &powers_.y, &powers_.xx, &powers_.yy, &powers_.xy}) *p = from.f64();
      return valid && items_ < most && weight_ > 0;
    }

   private:
    static constexpr std::uint32_t most = 256;  // pairs in a block

    void close_all() noexcept {
      closed_ = closed();
      items_ = 0;
    }
    void add(double dx, double dy, double w) noexcept {
      weight_ += w;
      powers_.add(dx, dy, w);
      if (++items_ == most) [[unlikely]]
        close_block();
    }
    [[gnu::noinline]] void close_block() noexcept {
      closed_.merge(comoment_sums(weight_, shift_, powers_));
      items_ = 0;
    }
    static bool deviates_plainly(double d, double w) noexcept {
      return detail::is_near_enough<2>(d, w) && detail::is_near_enough<1>(d, w);
    }
    /// Takes a pair that `is_near`, which looks at exponents alone, did not pass.
    [[gnu::noinline, gnu::cold]] void take_rare(const xy& p, double w) noexcept {
      const double dx = p.x - shift_.x;
      const double dy = p.y - shift_.y;
      if (!detail::is_plain(w) || !deviates_plainly(dx, w) || !deviates_plainly(dy, w)) return take_far(p, w);
      add(dx, dy, w);
    }
    /// Merges a pair whose squares would leave double's range by itself, after closing the open block.
    [[gnu::noinline, gnu::cold]] void take_far(const xy& p, double w) noexcept {
      close_all();
      closed_.merge(comoment_sums(p, w));
    }
    void take_block(std::span<const xy> pairs, const double* weights, const detail::pair_center& about,
                    const detail::pair_powers& found) noexcept {
      const double least = 1e-30 * static_cast<double>(pairs.size());
      const bool ordinary = about.mass >= least && about.mass <= 1e30 &&
                            squares_are_plain(
                                found.xx, [&](std::size_t i) { return pairs[i].x == pairs[0].x; }, pairs) &&
                            squares_are_plain(found.yy, [&](std::size_t i) { return pairs[i].y == pairs[0].y; }, pairs);
      if (ordinary) [[likely]]
        return closed_.merge(comoment_sums(about.mass, about.mean, found));
      for (std::size_t i = 0; i < pairs.size(); ++i) take_far(pairs[i], weights == nullptr ? 1 : weights[i]);
    }
    /// Did no square that matters in their sum leave double's range? A sum of zero is plain if all numbers equal the
    /// first: `is_first(i)`.
    static bool squares_are_plain(double sum, auto&& is_first, std::span<const xy> pairs) noexcept {
      if (sum > 1e-240 && sum < 1e240) return true;
      if (sum != 0) return false;
      for (std::size_t i = 1; i < pairs.size(); ++i)
        if (!is_first(i)) return false;
      return true;
    }

    [[no_unique_address]] comoment_sums closed_;  // items_ lies in its last bytes, which are padding
    std::uint16_t items_ = 0;
    double weight_ = 0;
    xy shift_;
    detail::pair_powers powers_;
  };

  static auto value(const auto& a) { return a.template state<comoments>(); }
};

/// Member: the sample covariance of x and y, the sum of the deviations' products divided by (weight - 1), or for
/// `decayed` as in `variance`. NaN for a weight of one or less, and once a pair was infinite.
struct covariance {
  using needs = members<comoments>;
  using sample = xy;
  static double value(const auto& a) {
    const comoment_sums m = a.template state<comoments>();
    const double freedom = detail::freedom(a, m.scaled_weight());
    if (!(freedom > 0) || a.infinities() != 0) return std::numeric_limits<double>::quiet_NaN();
    return detail::math::ldexp(m.scaled_xy() / freedom, m.exponent_x() + m.exponent_y());
  }
};

/// Member: the covariance of the pairs as the whole population: the sum of the deviations' products divided by the
/// weight.
struct population_covariance {
  using needs = members<comoments>;
  using sample = xy;
  static double value(const auto& a) {
    const comoment_sums m = a.template state<comoments>();
    if (!(m.scaled_weight() > 0) || a.infinities() != 0) return std::numeric_limits<double>::quiet_NaN();
    return detail::math::ldexp(m.scaled_xy() / m.scaled_weight(), m.exponent_x() + m.exponent_y());
  }
};

/// Member: Pearson's correlation, in [-1, 1]. NaN if all x or all y are equal, or a pair was infinite.
struct correlation {
  using needs = members<comoments>;
  using sample = xy;
  static double value(const auto& a) {
    const comoment_sums m = a.template state<comoments>();
    const double spread = detail::math::sqrt(m.scaled_xx()) * detail::math::sqrt(m.scaled_yy());
    if (!(spread > 0) || a.infinities() != 0) return std::numeric_limits<double>::quiet_NaN();
    const double r = m.scaled_xy() / spread;
    return r > 1 ? 1 : r < -1 ? -1 : r;
  }
};

/// A straight line through pairs.
struct trend_line {
  double slope = std::numeric_limits<double>::quiet_NaN();
  double intercept = std::numeric_limits<double>::quiet_NaN();
  double r_squared = std::numeric_limits<double>::quiet_NaN();  ///< the squared correlation; NaN if all y are equal

  /// The line's y at x.
  double operator()(double x) const noexcept { return intercept + slope * x; }
};

/// Member: the least-squares line y = intercept + slope x. NaN if all x are equal, or a pair was infinite.
struct linear_trend {
  using needs = members<comoments>;
  using sample = xy;
  static trend_line value(const auto& a) {
    const comoment_sums m = a.template state<comoments>();
    trend_line made;
    if (!(m.scaled_xx() > 0) || a.infinities() != 0) return made;
    const double slope = m.scaled_xy() / m.scaled_xx();
    made.slope = detail::math::ldexp(slope, m.exponent_y() - m.exponent_x());
    double at_mean = slope * detail::math::ldexp(m.mean().x, -m.exponent_x());
    detail::rounded(at_mean);
    at_mean = detail::math::ldexp(at_mean, m.exponent_y());
    made.intercept = m.mean().y - at_mean;
    const double r = correlation::value(a);
    made.r_squared = r * r;
    return made;
  }
};

namespace detail {

/// A member that keeps an aggregate of one side of the pairs; `Side::of` picks the side.
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
    void update(const xy& p, weight w)
    requires(inner_type::states::weighable)
    {
      inner_.update(Side::of(p), w);
    }
    void update(std::span<const xy> pairs) {
      double side[256];
      while (!pairs.empty()) {
        const std::size_t now = pairs.size() < 256 ? pairs.size() : 256;
        for (std::size_t i = 0; i < now; ++i) side[i] = Side::of(pairs[i]);
        inner_.update(std::span<const double>(side, now));
        pairs = pairs.subspan(now);
      }
    }
    void update(std::span<const xy> pairs, std::span<const double> weights)
    requires(inner_type::states::weighable)
    {
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
    void unmerge(const state& part)
    requires(inner_type::invertible)
    {
      inner_.unmerge(part.inner_);
    }
    void scale(double factor)
    requires(inner_type::states::scalable)
    {
      inner_.scale(factor);
    }
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

/// What `get<of_x<...>>()` and `get<of_y<...>>()` return: the only member's value, or with several members the whole
/// `inner`, the aggregate of one side of a's pairs. If a is `faded`, `beside` fades `inner` as much first.
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

/// Member of aggregates of pairs: members about the x of each pair. `get<of_x<mean>>()` returns what `get<mean>()` of
/// an aggregate of the x would; with several members it returns that aggregate.
template <class... Members>
struct of_x : detail::side_of_pairs<detail::x_side, Members...> {
  static constexpr std::string_view name = "of_x";
  static decltype(auto) value(const auto& a) {
    return detail::side_answer<Members...>(a, a.template state<of_x>().inner());
  }
};

/// Member of aggregates of pairs: members about the y of each pair; as `of_x`.
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
