#ifndef MILLRACE_STATS_EXPERIMENT_METRICS_HPP
#define MILLRACE_STATS_EXPERIMENT_METRICS_HPP

#include <millrace/aggregate/concepts.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/fixed_string.hpp>
#include <millrace/core/real.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/stats/detail/quantile_bins.hpp>
#include <millrace/stats/distributions/normal.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/fwd.hpp>
#include <millrace/stats/sample_moments.hpp>
#include <millrace/stats/tests/aggregate_moments.hpp>
#include <millrace/stats/tests/means.hpp>
#include <millrace/stats/tests/proportions.hpp>
#include <millrace/stats/tests/ratio_metrics.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace stats {

// What an experiment_test may measure. A metric is an empty type with
//
//   static constexpr std::string_view name;
//   static constexpr std::string_view kind;     // optional: what saved bytes call its kind, "mean"; else "metric"
//   static constexpr std::size_t inputs;        // how many numbers a unit (a user) gives to it
//   static bool takes(const double* inputs);    // optional: false for finite inputs that the metric cannot use
//   static constexpr std::string_view domain;   // optional: what `takes` asks for, in words: "0 or 1"
//   class state;                                // the figures of both arms; trivially copyable
//
// and a state with
//
//   double score(const double* inputs) const;   // the number that always_valid bets on. It may depend on the inputs
//                                               // and on the units before, never on the arm
//   void update(bool treated, const double* inputs);
//   void merge(const state&);
//   double count(bool treated) const;           // units of that arm
//   result<test_result> test(const test_options&) const;  // of treatment less control, for a fixed sample
//   double variance_of_effect() const;          // the effect's squared standard error; 0, negative or NaN: not known
//   void save(envelope_writer&) const;
//   bool load(envelope_reader&);                // false: the numbers contradict each other

using millrace::real;

namespace detail {

/// The moments of a stream of pairs (x, y), updated pair by pair; trivially copyable.
///
/// Let d be the distance of the new x from the mean of those before. The mean moves by d / n, and the sum of squares
/// about it grows by d times the distance of x from the new mean: Welford's update.
///
/// Merging: two parts of n and m items have means that are d apart, and the common mean lies d m / (n + m) away from
/// the first and d n / (n + m) from the second. About it, each part's sum of squares grows by its size times its
/// squared distance, together n m / (n + m) d^2. Sums of products grow likewise, by n m / (n + m) dx dy.
/// Source: Welford, Technometrics 4, 1962; Chan, Golub, LeVeque, American Statistician 37, 1983.
class running_pair {
 public:
  void update(double x, double y) noexcept {
    n_ += 1;
    const double dx = x - x_;
    const double dy = y - y_;
    x_ += dx / n_;
    y_ += dy / n_;
    xx_ += dx * (x - x_);
    yy_ += dy * (y - y_);
    xy_ += dx * (y - y_);
  }
  void merge(const running_pair& other) noexcept {
    if (other.n_ == 0) return;
    const double n = n_ + other.n_;
    const double dx = other.x_ - x_;
    const double dy = other.y_ - y_;
    const double both = n_ * (other.n_ / n);
    xx_ += other.xx_ + dx * dx * both;
    yy_ += other.yy_ + dy * dy * both;
    xy_ += other.xy_ + dx * dy * both;
    x_ += dx * (other.n_ / n);
    y_ += dy * (other.n_ / n);
    n_ = n;
  }
  void merge(const pair_moments& other) noexcept {
    running_pair that;
    that.n_ = other.n;
    that.x_ = other.mean_x;
    that.y_ = other.mean_y;
    const double f = other.n > 1 ? other.n - 1 : 0;
    that.xx_ = other.variance_x * f;
    that.yy_ = other.variance_y * f;
    that.xy_ = other.covariance * f;
    merge(that);
  }

  double n() const noexcept { return n_; }
  double mean_x() const noexcept { return x_; }
  double mean_y() const noexcept { return y_; }
  double squares_y() const noexcept { return yy_; }
  double products() const noexcept { return xy_; }
  pair_moments get() const noexcept {
    const double f = n_ > 1 ? n_ - 1 : 1;
    return {n_, x_, y_, xx_ / f, yy_ / f, xy_ / f};
  }
  sample_moments get_x() const noexcept { return get().x(); }

  void save(envelope_writer& to) const {
    for (const double d : {n_, x_, y_, xx_, yy_, xy_}) to.f64(d);
  }
  bool load(envelope_reader& from) {
    for (double* d : {&n_, &x_, &y_, &xx_, &yy_, &xy_}) *d = from.f64();
    return n_ >= 0 && n_ < 0x1p53 && n_ == detail::math::floor(n_) && detail::math::is_finite(x_) &&
           detail::math::is_finite(y_) && xx_ >= 0 && yy_ >= 0 && detail::math::is_finite(xx_) &&
           detail::math::is_finite(yy_) && detail::math::is_finite(xy_);
  }

 private:
  double n_ = 0;
  double x_ = 0;
  double y_ = 0;
  double xx_ = 0;
  double yy_ = 0;
  double xy_ = 0;
};

/// The state that metrics of moments have in common: the moments of either arm's pairs.
struct paired_arms {
  running_pair arm[2];  // control, treatment

  void merge(const paired_arms& other) noexcept {
    arm[0].merge(other.arm[0]);
    arm[1].merge(other.arm[1]);
  }
  double count(bool treated) const noexcept { return arm[treated ? 1 : 0].n(); }
  /// The squared standard error of the difference of the arms; `variance(arm)` is the variance of one unit of an arm.
  /// Where neither arm varies, as in 1,000 ones against 1,000 twos, that would be 0 and the effect beyond doubt. Then
  /// the variance of both arms together is taken, which is each arm's if there is no effect. 0 if that is 0, too.
  template <class Variance>
  double squared_error(Variance variance) const noexcept {
    const double own = variance(arm[1]) / arm[1].n() + variance(arm[0]) / arm[0].n();
    if (own > 0) return own;
    running_pair both = arm[0];
    both.merge(arm[1]);
    return variance(both) * (1 / arm[1].n() + 1 / arm[0].n());
  }
  void save(envelope_writer& to) const {
    arm[0].save(to);
    arm[1].save(to);
  }
  bool load(envelope_reader& from) { return arm[0].load(from) && arm[1].load(from); }
};

/// The state of metrics with one input: the second number of each pair is 0.
struct single_arms : paired_arms {
  using paired_arms::merge;
  void merge(bool treated, const sample_moments& m) noexcept {
    arm[treated ? 1 : 0].merge(pair_moments{m.n, m.mean, 0, m.variance, 0, 0});
  }
  double variance_of_effect() const noexcept {
    return squared_error([](const running_pair& of) { return of.get_x().variance; });
  }
};

/// The state of metrics with two inputs.
struct double_arms : paired_arms {
  using paired_arms::merge;
  void update(bool treated, const double* in) noexcept { arm[treated ? 1 : 0].update(in[0], in[1]); }
  void merge(bool treated, const pair_moments& m) noexcept { arm[treated ? 1 : 0].merge(m); }
  template <member_source A>
  void merge(bool treated, const A& a) noexcept {
    merge(treated, pair_moments_of(a));
  }
};

}  // namespace detail

/// The share of units that convert. One input: 1 for a conversion, 0 for none; an experiment leaves out units with any
/// other number.
template <fixed_string Name>
struct conversion {
  static constexpr std::string_view name = Name;
  static constexpr std::string_view kind = "conversion";
  static constexpr std::size_t inputs = 1;
  static constexpr std::string_view domain = "0 or 1";
  static bool takes(const double* in) noexcept { return in[0] == 0 || in[0] == 1; }

  class state : public detail::single_arms {
   public:
    double score(const double* in) const noexcept { return in[0] != 0 ? 1 : 0; }
    void update(bool treated, const double* in) noexcept { arm[treated ? 1 : 0].update(in[0] != 0 ? 1 : 0, 0); }
    using detail::single_arms::merge;
    template <member_source A>
    void merge(bool treated, const A& a) noexcept {
      const proportion p = proportion_of(a);
      const auto n = static_cast<double>(p.trials);
      const double rate = p.rate();
      merge(treated, sample_moments{n, n > 0 ? rate : 0, n > 1 ? rate * (1 - rate) * (n / (n - 1)) : 0});
    }
    result<test_result> test(const test_options& options) const {
      return two_proportion_z_test(get(true), get(false), options);
    }

   private:
    proportion get(bool treated) const noexcept {
      const auto& a = arm[treated ? 1 : 0];
      return {static_cast<std::int64_t>(detail::math::llround(a.mean_x() * a.n())), static_cast<std::int64_t>(a.n())};
    }
  };
};

/// A mean over units. One input: the unit's number.
template <fixed_string Name>
struct mean_of {
  static constexpr std::string_view name = Name;
  static constexpr std::string_view kind = "mean";
  static constexpr std::size_t inputs = 1;

  class state : public detail::single_arms {
   public:
    double score(const double* in) const noexcept { return in[0]; }
    void update(bool treated, const double* in) noexcept { arm[treated ? 1 : 0].update(in[0], 0); }
    using detail::single_arms::merge;
    template <member_source A>
    void merge(bool treated, const A& a) noexcept {
      merge(treated, moments_of(a));
    }
    result<test_result> test(const test_options& options) const {
      return welch_t_test(arm[1].get_x(), arm[0].get_x(), options);
    }
  };
};

/// A mean over units, less the part that a covariate from before the experiment explains (CUPED, see `cuped_test`), so
/// that smaller effects show. Two inputs: the metric and the covariate. always_valid bets on the metric less slope
/// times covariate, with the slope that the units before have.
template <fixed_string Name>
struct cuped_mean {
  static constexpr std::string_view name = Name;
  static constexpr std::string_view kind = "cuped mean";
  static constexpr std::size_t inputs = 2;

  class state : public detail::double_arms {
   public:
    double score(const double* in) const noexcept {
      const double squares = arm[0].squares_y() + arm[1].squares_y();
      const double slope = squares > 0 ? (arm[0].products() + arm[1].products()) / squares : 0;
      const double n = arm[0].n() + arm[1].n();
      const double centre = n > 0 ? (arm[0].n() * arm[0].mean_y() + arm[1].n() * arm[1].mean_y()) / n : in[1];
      return in[0] - slope * (in[1] - centre);
    }
    result<test_result> test(const test_options& options) const {
      auto found = cuped_test(arm[1].get(), arm[0].get(), options);
      if (!found) return std::move(found).error();
      return found->test;
    }
    double variance_of_effect() const noexcept {
      const auto found = cuped_test(arm[1].get(), arm[0].get());
      if (!found) return detail::nan;
      return squared_error(
          [slope = found->slope](const detail::running_pair& of) { return detail::variance_less(of.get(), slope); });
    }
  };
};

/// A ratio of two sums over units, such as revenue per click. Two inputs: the unit's numerator and its denominator.
/// always_valid bets on the numerator less ratio times denominator, with the ratio that the units before have.
template <fixed_string Numerator, fixed_string Denominator>
struct ratio {
 private:
  static constexpr auto joined = [] {
    constexpr std::size_t a = sizeof(Numerator.text) - 1;
    constexpr std::size_t b = sizeof(Denominator.text) - 1;
    struct {
      char text[a + b + 2];
    } made{};
    for (std::size_t i = 0; i < a; ++i) made.text[i] = Numerator.text[i];
    made.text[a] = '/';
    for (std::size_t i = 0; i < b; ++i) made.text[a + 1 + i] = Denominator.text[i];
    return made;
  }();

 public:
  static constexpr std::string_view name{joined.text, sizeof(joined.text) - 1};
  static constexpr std::string_view kind = "ratio";
  static constexpr std::size_t inputs = 2;

  class state : public detail::double_arms {
   public:
    double score(const double* in) const noexcept {
      const double below = arm[0].n() * arm[0].mean_y() + arm[1].n() * arm[1].mean_y();
      const double above = arm[0].n() * arm[0].mean_x() + arm[1].n() * arm[1].mean_x();
      return in[0] - (below != 0 ? above / below : 0) * in[1];
    }
    result<test_result> test(const test_options& options) const {
      return ratio_test(arm[1].get(), arm[0].get(), options);
    }
    double variance_of_effect() const noexcept {
      return squared_error([](const detail::running_pair& of) {
        const auto ratio = ratio_of_means(of.get());
        return ratio ? ratio->variance : detail::nan;
      });
    }
  };
};

/// A quantile over units, such as the 99th percentile of latencies. One input, from 1e-6 to 1e9; smaller numbers count
/// as 1e-6 and larger ones as 1e9. Values are counted in logarithmic bins of 2 %, so the quantile is less than 2 % off;
/// where values spread evenly over its bin, much less. 14 KiB an arm.
template <fixed_string Name, real P>
struct quantile_of {
  static_assert(P.value > 0 && P.value < 1, "millrace[EXPERIMENT-5]: quantile_of<Name, P> needs 0 < P < 1");
  static constexpr std::string_view name = Name;
  static constexpr std::string_view kind = "quantile";
  static constexpr std::size_t inputs = 1;

  class state {
   public:
    /// 1 if the unit lies above the threshold, which is about the quantile of the units before; 0 otherwise.
    double score(const double* in) const noexcept { return in[0] > threshold_ ? 1 : 0; }
    void update(bool treated, const double* in) noexcept {
      arm_[treated ? 1 : 0].update(in[0], 1);
      const double n = count(true) + count(false);
      // Finding the quantile reads all bins, so the threshold is renewed only when n has grown by an eighth.
      if (n >= next_) {
        detail::quantile_bins both = arm_[0];
        both.merge(arm_[1]);
        threshold_ = both.quantile(P.value);
        next_ = n < 16 ? n + 1 : detail::math::floor(1.125 * n);
      }
    }
    /// Units summed up elsewhere: ascending values, and for each the number of units at or below it.
    void merge(bool treated, std::span<const double> values, std::span<const std::uint64_t> cumulative) noexcept {
      std::uint64_t before = 0;
      for (std::size_t i = 0; i < values.size() && i < cumulative.size(); ++i) {
        arm_[treated ? 1 : 0].update(values[i], cumulative[i] - before);
        before = cumulative[i];
      }
    }
    /// From a sketch itself, or an aggregate with the member `quantiles`. A sketch that keeps no values, such as a
    /// ddsketch, is read at 7,001 probabilities 1 / (1 + exp(-k / 200)), which lie closer together towards 0 and 1.
    template <quantile_source S>
    void merge(bool treated, const S& s) {
      const auto& sketch = sketch_of(s);
      if constexpr (requires {
                      sketch.view().cumulative()[0] + std::uint64_t{};
                      sketch.exact();
                    }) {
        const auto view = sketch.view();
        merge(treated, std::span<const double>(view.values()), view.cumulative());
      } else {
        const auto all = static_cast<double>(sketch.count());
        if (!(all >= 1)) return;
        double before = 0;
        double rank = 0;
        for (int k = -3500; k <= 3500; ++k) {
          const double up_to = k == 3500 ? 1 : 1 / (1 + detail::math::exp(-0.005 * k));
          const double now = detail::math::floor(up_to * all);
          if (now == before) continue;
          arm_[treated ? 1 : 0].update(static_cast<double>(sketch.quantile(0.5 * (rank + up_to))),
                                       static_cast<std::uint64_t>(now - before));
          before = now;
          rank = up_to;
        }
      }
    }
    void merge(const state& other) noexcept {
      arm_[0].merge(other.arm_[0]);
      arm_[1].merge(other.arm_[1]);
      next_ = 0;
    }
    double count(bool treated) const noexcept { return static_cast<double>(arm_[treated ? 1 : 0].count()); }

    result<test_result> test(const test_options& options) const {
      if (auto ok = detail::checked(options); !ok) return std::move(ok).error();
      if (count(true) < 2 || count(false) < 2)
        return error(errc::invalid_data, std::string(name) + ": an arm has fewer than 2 observations");
      test_result found;
      found.test = "quantile test";
      found.effect_name = "difference of quantiles";
      found.side = options.side;
      found.n1 = count(true);
      found.n2 = count(false);
      found.effect = arm_[1].quantile(P.value) - arm_[0].quantile(P.value);
      const double se = detail::math::sqrt(variance_of_effect());
      found.statistic = found.effect == 0 ? 0 : found.effect / se;
      const normal standard;
      found.p = detail::p_value(options.side, standard.cdf(found.statistic), standard.sf(found.statistic));
      found.interval = detail::around(found.effect, standard.isf(detail::outside(options)) * se, options);
      found.failed.add(assumption::large_sample,
                       detail::math::fmin(found.n1, found.n2) * detail::math::fmin(P.value, 1 - P.value) < 5);
      return found;
    }
    /// The squared standard error of the difference of the two quantiles. The share of n units below the true quantile
    /// has the standard error s = sqrt(p (1 - p) / n); so the quantiles at p - s and p + s are about one standard error
    /// of the quantile away on either side, and half their distance estimates it without a density.
    /// Source: Price, Bonett, J. Stat. Comput. Simul. 72(2), 2002.
    double variance_of_effect() const noexcept { return variance(arm_[0]) + variance(arm_[1]); }

    void save(envelope_writer& to) const {
      to.f64(P.value);
      arm_[0].save(to);
      arm_[1].save(to);
      to.f64(threshold_);
      to.f64(next_);
    }
    bool load(envelope_reader& from) {
      const bool valid = from.f64() == P.value && arm_[0].load(from) && arm_[1].load(from);
      threshold_ = from.f64();
      next_ = from.f64();
      // `update` sets next_ an eighth or one unit above the number of units. Far above, the threshold would never
      // change.
      const double furthest = 1.125 * (count(true) + count(false)) + 1;
      return valid && threshold_ >= 0 && next_ >= 0 && next_ <= furthest && detail::math::is_finite(threshold_);
    }

   private:
    static double variance(const detail::quantile_bins& of) noexcept {
      const double step = detail::math::sqrt(P.value * (1 - P.value) / static_cast<double>(of.count()));
      const double half = 0.5 * (of.quantile(P.value + step) - of.quantile(P.value - step));
      return half * half;
    }

    detail::quantile_bins arm_[2];
    double threshold_ = 0;
    double next_ = 0;  // the number of units at which the threshold is renewed
  };
};

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_EXPERIMENT_METRICS_HPP
