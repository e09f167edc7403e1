#ifndef MILLRACE_STATS_SEQUENTIAL_GROUP_SEQUENTIAL_HPP
#define MILLRACE_STATS_SEQUENTIAL_GROUP_SEQUENTIAL_HPP

#include <millrace/core/detail/gauss_legendre.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/swap_members.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/stats/distributions/normal.hpp>
#include <millrace/stats/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace stats {

/// A spending function: how much of alpha may be spent by the time that a share t of the planned information (of the
/// units, say) has come.
/// Source: Lan, DeMets, "Discrete sequential boundaries for clinical trials", Biometrika 70, 1983.
enum class spending : std::uint8_t {
  /// 2 P(Z > z / sqrt(t)) with P(Z > z) = alpha / 2: little at first and nearly all at the end, so that the last limit
  /// is close to that of a fixed sample.
  obrien_fleming,
  /// alpha log(1 + (e - 1) t): about evenly, so that large effects stop the test sooner.
  pocock,
  /// alpha t^rho: evenly with rho = 1; the larger rho is, the later. Spotify's experiments use rho = 2.
  /// Source: Kim, DeMets, "Design and analysis of group sequential tests based on the type I error spending rate
  /// function", Biometrika 74, 1987; github.com/spotify/confidence, sequential_bound_solver.py.
  power,
};

constexpr std::string_view to_string(spending how) noexcept {
  return how == spending::power ? "power" : how == spending::pocock ? "Pocock" : "O'Brien-Fleming";
}

/// The part of a one-sided `alpha` that is spent by the share t of the information; `rho` is for spending::power.
inline double alpha_spent(spending how, double alpha, double t, double rho = 2) noexcept {
  if (!(t > 0)) return 0;
  if (t >= 1) return alpha;
  if (how == spending::power) return alpha * detail::math::pow(t, rho);
  if (how == spending::pocock) return alpha * detail::math::log1p(1.7182818284590452 * t);
  return 2 * normal{}.sf(normal{}.isf(0.5 * alpha) / detail::math::sqrt(t));
}

/// One look at a group sequential test.
struct group_look {
  /// The share of the planned information that had come.
  double information = 0;
  double z = 0;
  /// The look rejects if |z| (one-sided: z) is at least this.
  double limit = 0;
  /// The alpha spent up to and including this look; both sides together.
  double spent = 0;
  bool rejects = false;
};

/// A test with a few looks, whose times need not be planned: the limit of each look follows from the share of alpha
/// that may be spent by then.
///
/// Units: information is a share of the planned information, in (0, 1] and increasing; the statistic is a z-score.
/// Two-sided tests are symmetric: each side spends half of alpha, as in R's gsDesign and ldbounds.
/// Guarantee: limits agree with published tables to 1e-6. If the null hypothesis holds, the probability that any look
/// rejects is at most alpha, and is alpha once the information is 1. A state that was saved and loaded goes on with the
/// same limits, bit for bit.
/// Complexity: a look O(m^2) with m = 64 to 512 quadrature nodes, about 0.1 ms.
/// Allocates: O(m) for each look.
/// Threads: one at a time.
/// Source: Armitage, McPherson, Rowe, JRSS A 132, 1969 (the recursion); Lan, DeMets 1983.
class group_sequential {
 public:
  /// A test that has not looked yet. `rho` is for spending::power.
  /// Errors: invalid_argument: alpha not in (0, 0.5], rho not in [0.1, 20].
  static result<group_sequential> make(spending how, double alpha = 0.05, bool two_sided = true, double rho = 2) {
    if (!(alpha > 0 && alpha <= 0.5))
      return error(errc::invalid_argument,
                   "group sequential test: alpha is " + std::to_string(alpha) + ", not in (0, 0.5]");
    if (!is_exponent(rho))
      return error(errc::invalid_argument,
                   "group sequential test: rho is " + std::to_string(rho) + ", not in [0.1, 20]");
    return group_sequential(how, alpha, two_sided, rho);
  }

  group_sequential(const group_sequential&) = default;
  group_sequential& operator=(const group_sequential&) = default;
  /// Moved from, it is as freshly made, of the same alpha, spending and sides.
  group_sequential(group_sequential&& other) noexcept
      : group_sequential(other.how_, other.alpha_, other.two_sided_, other.rho_) {
    swap(other);
  }
  group_sequential& operator=(group_sequential&& other) noexcept {
    group_sequential taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~group_sequential() = default;

  /// Takes the next look: the statistic z when this share of the information has come.
  /// Errors: invalid_argument: information that does not increase or is outside (0, 1], z that is NaN, a look after one
  /// that rejected; out_of_range: more than 500 looks.
  result<group_look> look(double information, double z) {
    const double before = looks_.empty() ? 0 : looks_.back().information;
    if (!(information > before && information <= 1))
      return error(errc::invalid_argument, "group sequential test: the share of information is " +
                                               std::to_string(information) + " after " + std::to_string(before) +
                                               "; it must increase and end at 1");
    if (z != z) return error(errc::invalid_argument, "group sequential test: z is NaN");
    if (looks_.size() == most_looks)
      return error(errc::out_of_range, "group sequential test: more than 500 looks; use a test that is always valid");
    if (!looks_.empty() && looks_.back().rejects)
      return error(errc::invalid_argument, "group sequential test: it has rejected already");
    group_look now{information, z, 0, 0, false};
    const double target = alpha_spent(how_, alpha_ / sides(), information, rho_);
    now.limit = advance(information, target - spent_one_side_);
    spent_one_side_ = target;
    now.spent = sides() * target;
    now.rejects = (two_sided_ ? detail::math::absolute(z) : z) >= now.limit;
    looks_.push_back(now);
    return now;
  }

  /// The looks so far.
  std::span<const group_look> looks() const noexcept { return {looks_.data(), looks_.size()}; }
  bool rejected() const noexcept { return !looks_.empty() && looks_.back().rejects; }
  spending how() const noexcept { return how_; }
  /// The exponent of spending::power.
  double rho() const noexcept { return rho_; }
  double alpha() const noexcept { return alpha_; }
  bool two_sided() const noexcept { return two_sided_; }

  std::vector<std::byte> save() const {
    envelope_writer to(type);
    to.u8(static_cast<std::uint8_t>(how_));
    to.u8(two_sided_ ? 1 : 0);
    to.f64(alpha_);
    if (how_ == spending::power) to.f64(rho_);
    to.u64(looks_.size());
    for (const group_look& one : looks_) {
      to.f64(one.information);
      to.f64(one.z);
    }
    return std::move(to).finish();
  }
  /// Reads the looks' information and z, and works out everything else anew from them.
  /// Errors: those of every envelope; corrupt: parameters or looks that are not possible.
  static result<group_sequential> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, type);
    if (!from) return std::move(from).error();
    const std::uint8_t how = from->u8();
    const std::uint8_t sides = from->u8();
    const double alpha = from->f64();
    const bool by_power = how == static_cast<std::uint8_t>(spending::power);
    const double rho = by_power ? from->f64() : 2;
    const std::size_t count = from->count(16);
    const bool valid = how <= 2 && sides <= 1 && alpha > 0 && alpha <= 0.5 && is_exponent(rho) && count <= most_looks;
    group_sequential made(static_cast<spending>(how <= 2 ? how : 0), valid ? alpha : 0.05, sides == 1, rho);
    bool good = valid;
    for (std::size_t i = 0; i < count && good; ++i) {
      const double information = from->f64();
      const double z = from->f64();
      good = made.look(information, z).has_value();
    }
    if (auto done = from->finish(good); !done) return std::move(done).error();
    return made;
  }

 private:
  static constexpr const char* type = "group_sequential";
  static constexpr std::size_t most_looks = 500;

  static bool is_exponent(double rho) noexcept { return rho >= 0.1 && rho <= 20; }
  group_sequential(spending how, double alpha, bool two_sided, double rho) noexcept
      : how_(how), alpha_(alpha), rho_(rho), two_sided_(two_sided) {}
  void swap(group_sequential& other) noexcept {
    using own = group_sequential;
    detail::swap_members(*this, other, &own::how_, &own::alpha_, &own::rho_, &own::two_sided_, &own::spent_one_side_,
                         &own::at_, &own::looks_, &own::place_, &own::mass_, &own::rule_);
  }
  double sides() const noexcept { return two_sided_ ? 2 : 1; }

  /// The nodes of Gauss and Legendre on [-1, 1], and their weights after them; the last ones asked for are kept.
  const std::vector<double>& rule(std::size_t n) {
    if (rule_.size() != 2 * n) {
      rule_.resize(2 * n);
      detail::gauss_legendre({rule_.data(), n}, {rule_.data() + n, n});
    }
    return rule_;
  }

  // Under the null hypothesis, z times the square root of its information t is a Brownian motion B at time t: from one
  // look to the next it moves by a normal step whose variance is the information added. `place_` and `mass_` hold the
  // law of B at the last look on the paths that have not crossed a limit, as quadrature nodes and their masses. They
  // are empty before the first look, where B is 0.

  struct tail {
    double probability;
    double slope;  // its derivative by the limit
  };
  /// The probability that z is above `limit` at `information`, after a step of B with standard deviation `sd` since the
  /// last look, and that no look before has crossed its limit.
  tail beyond(double limit, double information, double sd) const noexcept {
    const double unit = detail::math::sqrt(information);
    const double edge = limit * unit;
    if (place_.empty()) return {normal{}.sf(edge / sd), -normal{}.pdf(edge / sd) * unit / sd};
    tail all{0, 0};
    for (std::size_t i = 0; i < place_.size(); ++i) {
      const double z = (edge - place_[i]) / sd;
      if (z > 9) continue;
      all.probability += mass_[i] * normal{}.sf(z);
      all.slope -= mass_[i] * normal{}.pdf(z) * unit / sd;
    }
    return all;
  }
  /// The limit for which beyond() has this probability; out_of_reach if that is below 1e-18. Newton's method on the
  /// logarithm of the probability, kept within a bracket.
  double limit_for(double probability, double information, double sd) const noexcept {
    if (!(probability > 1e-18)) return out_of_reach;
    double low = -out_of_reach;
    double high = out_of_reach;
    double limit = normal{}.isf(probability < 0.5 ? probability : 0.5);
    for (int i = 0; i < 60; ++i) {
      const tail all = beyond(limit, information, sd);
      (all.probability > probability ? low : high) = limit;
      double next = all.probability > 0 && all.slope < 0
                        ? limit - detail::math::log(all.probability / probability) * all.probability / all.slope
                        : 0.5 * (low + high);
      if (!(next > low && next < high)) next = 0.5 * (low + high);
      const double moved = detail::math::absolute(next - limit);
      limit = next;
      if (moved < 1e-12) break;
    }
    return limit;
  }
  /// The density of B at x after a step of standard deviation `sd`, on the paths that have not crossed a limit.
  double density(double x, double sd) const noexcept {
    constexpr double one_over_root_two_pi = 0.39894228040143267794;
    double sum = 0;
    if (place_.empty()) {
      sum = detail::math::exp(-0.5 * x * x / (sd * sd));
    } else {
      for (std::size_t i = 0; i < place_.size(); ++i) {
        const double z = (x - place_[i]) / sd;
        if (z * z < 90) sum += mass_[i] * detail::math::exp(-0.5 * z * z);
      }
    }
    return sum * one_over_root_two_pi / sd;
  }
  /// Moves the law of B on to `information`. Returns the limit that a path first crosses there, on one side, with this
  /// probability.
  double advance(double information, double probability) {
    const double sd = detail::math::sqrt(information - at_);
    const double limit = limit_for(probability, information, sd);
    const double unit = detail::math::sqrt(information);
    const double upper = limit * unit;
    const double lower = two_sided_ ? -upper : -out_of_reach * unit;  // one-sided tests have no lower limit
    const double widths = (upper - lower) / sd;
    std::size_t n = 64;
    while (static_cast<double>(n) < 24 + 1.2 * widths && n < 512) n += 32;
    const std::vector<double>& nodes = rule(n);
    std::vector<double> place(n);
    std::vector<double> mass(n);
    for (std::size_t k = 0; k < n; ++k) {
      place[k] = 0.5 * (upper + lower) + 0.5 * (upper - lower) * nodes[k];
      mass[k] = 0.5 * (upper - lower) * nodes[n + k] * density(place[k], sd);
    }
    place_ = std::move(place);
    mass_ = std::move(mass);
    at_ = information;
    return limit;
  }

  static constexpr double out_of_reach = 9;  // z exceeds it with a probability of 1e-19: a limit that is never reached

  spending how_;
  double alpha_;
  double rho_;
  bool two_sided_;
  double spent_one_side_ = 0;
  double at_ = 0;  // the information of the last look
  std::vector<group_look> looks_;
  std::vector<double> place_;
  std::vector<double> mass_;
  std::vector<double> rule_;
};

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_SEQUENTIAL_GROUP_SEQUENTIAL_HPP
