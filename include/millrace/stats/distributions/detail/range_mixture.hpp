#ifndef MILLRACE_STATS_DISTRIBUTIONS_DETAIL_RANGE_MIXTURE_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_DETAIL_RANGE_MIXTURE_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/log_gamma.hpp>
#include <millrace/stats/distributions/detail/normal_range.hpp>
#include <millrace/stats/distributions/detail/quadrature.hpp>
#include <millrace/stats/fwd.hpp>

#include <initializer_list>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// One tail of the studentised range at many points: the mean of the normal range's tail G over the deviation s,
///   P(Q beyond q) = integral of G(q s) f(log s) d log s = integral of G(w) f(log w - log q) d log w,
/// with f the density of log s (see `log_mean_over_chi`). In the second form G is needed at the same nodes w whatever q
/// is. As G is itself an integral, and f an exponential, the nodes are kept: a quantile costs little more than a tail.
///
/// By the trapezoidal rule over y, whose step is halved until the sums over the even and over the odd nodes agree (see
/// `log_integral`). In general log w = y. For the upper tail with few degrees of freedom log w = y - exp(-y): f falls
/// off to the left as slowly as s^df there, and the nodes below w = 1 spread out as fast.
class range_mixture {
 public:
  range_mixture(double groups, double df, bool upper) noexcept
      : range_(groups), groups_(groups), df_(df), upper_(upper), spread_(upper && df < 10) {
    forget();
  }

  double log_tail(double log_q) noexcept {
    if (df_ > 1e25) return known(math::exp(log_q));  // the deviation is as good as known
    if (step_ == 0 && !start(log_q)) return upper_ ? 0 : -infinity;
    for (;;) {
      const sums s = sum(log_q);
      const double still = math::fmax(1e-10, 8 * epsilon * math::absolute(s.top));
      if (math::absolute(s.even - s.odd) <= still * (s.even + s.odd) || refinements_ == 14) {
        const double a = df_ / 2;
        const double scale = math::log(2 * math::sqrt(a / (2 * pi))) - stirling_error(a);
        return math::fmin(0.0, s.top + scale + math::log((s.even + s.odd) * step_));
      }
      refine();
    }
  }

 private:
  struct sums {
    double top;  // the logarithm of the largest term, by which both sums are divided
    double even;
    double odd;
  };
  struct node {
    double log_w;
    double log_known;  // G(w) dlog w / dy
  };
  static constexpr int kept = 512;

  double known(double w) noexcept { return upper_ ? range_.log_upper(w) : range_.log_lower(w); }
  node made(double y) noexcept {
    if (!spread_) return {y, known(math::exp(y))};
    const double fade = math::exp(-y);
    return {y - fade, known(math::exp(y - fade)) + math::log1p(fade)};
  }
  double log_density(double log_s) const noexcept { return -df_ / 2 * expm1mx(2 * log_s); }

  /// Finds the peak for a first q, and from its width the step.
  bool start(double log_q) noexcept {
    // For large q one pair decides, and its tail falls like exp(-(q s)^2 / 4); for small q the lower tail is like
    // s^(groups - 1).
    const double ratio = math::exp(log_q) / math::sqrt(2 * df_);
    const double log_s = !upper_       ? 0.5 * math::log1p((groups_ - 1) / df_) - math::log1p(math::exp(log_q) / 4)
                         : ratio > 1e8 ? -math::log(ratio)
                                       : -0.5 * math::log1p(ratio * ratio);
    const double log_w = log_q + log_s;
    // About the solution of y - exp(-y) = log w.
    const double y = spread_ && log_w < 0 ? -math::log1p(-log_w) : log_w;
    peak guess{y, 1 / math::sqrt(2 * df_ + 1)};
    const double top = climb(
        [&](double at) {
          const node n = made(at);
          return log_density(n.log_w - log_q) + n.log_known;
        },
        guess);
    if (!(top > -infinity)) return false;
    base_ = guess.at;
    step_ = 0.425 * guess.width;
    return true;
  }

  const node& at(int j) noexcept {
    if (j < -kept || j >= kept) return outside_ = made(base_ + j * step_);
    node& n = nodes_[j + kept];
    if (n.log_w != n.log_w) n = made(base_ + j * step_);
    return n;
  }
  double log_term(int j, double log_q) noexcept {
    const node& n = at(j);
    return log_density(n.log_w - log_q) + n.log_known;
  }

  sums sum(double log_q) noexcept {
    top_node_ = top(log_q);
    sums s{log_term(top_node_, log_q), 0, 0};
    if (!(s.top > -infinity)) return {s.top, 1, 1};
    (top_node_ % 2 == 0 ? s.even : s.odd) = 1;
    for (const int side : {1, -1}) {
      for (int i = 1; i < 200'000; ++i) {
        const int j = top_node_ + side * i;
        const double term = math::exp(log_term(j, log_q) - s.top);
        (j % 2 == 0 ? s.even : s.odd) += term;
        if (!(term > 1e-18 * (s.even + s.odd))) break;
      }
    }
    return s;
  }
  /// The node with the largest term, from the last one on.
  int top(double log_q) noexcept {
    int best = top_node_;
    double most = log_term(best, log_q);
    for (int stride = 1; stride > 0;) {
      const double up = log_term(best + stride, log_q);
      const double down = log_term(best - stride, log_q);
      if (up > most || down > most) {
        best += up > down ? stride : -stride;
        most = math::fmax(up, down);
        if (stride < 1 << 20) stride *= 2;
      } else {
        stride /= 2;
      }
    }
    return best;
  }
  void refine() noexcept {
    ++refinements_;
    step_ /= 2;
    top_node_ *= 2;
    const double none = nan;
    // Node j becomes node 2 j. The outermost are moved first, so that none is overwritten before it is moved.
    for (int j = kept - 1; j > 0; --j) nodes_[j + kept] = j % 2 == 0 ? nodes_[j / 2 + kept] : node{none, none};
    for (int j = -kept; j < 0; ++j) nodes_[j + kept] = j % 2 == 0 ? nodes_[j / 2 + kept] : node{none, none};
  }
  void forget() noexcept {
    for (node& n : nodes_) n = {nan, nan};
  }

  normal_range range_;
  double groups_;
  double df_;
  bool upper_;
  bool spread_;
  double base_ = 0;
  double step_ = 0;
  int top_node_ = 0;
  int refinements_ = 0;
  node outside_{};
  node nodes_[2 * kept];
};

}  // namespace detail
}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_DETAIL_RANGE_MIXTURE_HPP
