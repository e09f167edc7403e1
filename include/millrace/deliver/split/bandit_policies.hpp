#ifndef MILLRACE_DELIVER_SPLIT_BANDIT_POLICIES_HPP
#define MILLRACE_DELIVER_SPLIT_BANDIT_POLICIES_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/split/bandit_rewards.hpp>
#include <millrace/stats/tests/bayes.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {

namespace detail {

/// Shares 1 among the arms with the largest score.
template <class Score>
void share_among_best(std::size_t arms, std::span<double> out, const Score& score) noexcept {
  double best = score(0);
  for (std::size_t i = 1; i < arms; ++i) best = score(i) > best ? score(i) : best;
  double ties = 0;
  for (std::size_t i = 0; i < arms; ++i) ties += score(i) == best ? 1 : 0;
  for (std::size_t i = 0; i < arms; ++i) out[i] = score(i) == best ? 1 / ties : 0;
}

/// Shares 1 among the arms with fewer than `least` rewards. Returns false if there are none.
template <class Reward>
bool share_among_untried(std::span<const Reward> arms, std::span<double> out, double least = 1) noexcept {
  bool any = false;
  for (const Reward& arm : arms) any = any || arm.count() < least;
  if (any) share_among_best(arms.size(), out, [&](std::size_t i) { return arms[i].count() < least ? 1 : 0; });
  return any;
}

inline result<void> beliefs_to(std::span<double> out, result<std::vector<stats::arm_belief>> beliefs) {
  if (!beliefs) return std::move(beliefs).error();
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = (*beliefs)[i].best;
  return {};
}

}  // namespace detail

/// Gives an arm the probability that it is the best one by what is known: Thompson's sampling, where the probability is
/// computed by quadrature in the place of a draw, so that it is known with each assignment.
///
/// A binary reward has a beta posterior; its prior is uniform. A numeric reward has a normal one about its mean: its
/// variance is the arm's own and, as much as two observations more would count, that of all arms; a deviation below
/// 1e-9 of the largest mean, which may be rounding error, counts as that. Arms with fewer than two rewards are tried
/// first. Guarantee: the error of `stats::compare`, about 1e-10. Complexity: about 1 ms for two arms. Allocates:
/// O(arms). Source: W. Thompson, "On the likelihood that one unknown probability exceeds another", 1933.
struct thompson {
  stats::beta prior{1, 1};

  static constexpr std::uint64_t refresh_every = 100;
  static std::string saved_as() { return "thompson"; }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.prior.a, self.prior.b);
  }
  result<void> valid() const {
    if (prior.a > 0 && prior.b > 0 && detail::math::is_finite(prior.a) && detail::math::is_finite(prior.b)) return {};
    return error(errc::invalid_argument, "the shapes of a beta prior must be above 0, not " +
                                             detail::number_text(prior.a) + " and " + detail::number_text(prior.b));
  }

  template <class = void>
  result<void> probabilities(std::span<const binary_reward> arms, std::span<double> out) const {
    std::vector<stats::rate_posterior> posteriors;
    for (const binary_reward& arm : arms) {
      auto made = stats::rate_posterior_of(
          {static_cast<std::int64_t>(arm.successes), static_cast<std::int64_t>(arm.trials)}, prior);
      if (!made) return std::move(made).error();
      posteriors.push_back(*made);
    }
    return detail::beliefs_to(
        out, stats::compare(std::span<const stats::rate_posterior>(posteriors.data(), posteriors.size())));
  }
  template <class = void>
  result<void> probabilities(std::span<const numeric_reward> arms, std::span<double> out) const {
    if (detail::share_among_untried(arms, out, 2)) return {};
    double squares = 0;
    double freedom = 0;
    for (const numeric_reward& arm : arms) {
      squares += arm.moments.variance * (arm.moments.n - 1);
      freedom += arm.moments.n - 1;
    }
    const double common = squares / freedom;
    if (!(common > 0)) {  // no reward differs from its arm's mean: there is no doubt which is largest
      detail::share_among_best(arms.size(), out, [&](std::size_t i) { return arms[i].mean(); });
      return {};
    }
    // Means are compared by their distances from the first. Deviations that vanish beside these, or beside the rounding
    // of the means, are lifted to them: the quadrature must tell its points apart.
    double apart = 0;
    double size = 0;
    for (const numeric_reward& arm : arms) {
      apart = detail::math::fmax(apart, detail::math::absolute(arm.mean() - arms[0].mean()));
      size = detail::math::fmax(size, detail::math::absolute(arm.mean()));
    }
    const double least = 1e-9 * apart + 1e-15 * size;
    std::vector<stats::mean_posterior> posteriors;
    for (const numeric_reward& arm : arms) {
      const double variance = (arm.moments.variance * (arm.moments.n - 1) + 2 * common) / (arm.moments.n + 1);
      const double deviation = detail::math::sqrt(variance / arm.moments.n);
      posteriors.push_back({{arm.mean() - arms[0].mean(), detail::math::fmax(deviation, least)}});
    }
    return detail::beliefs_to(
        out, stats::compare(std::span<const stats::mean_posterior>(posteriors.data(), posteriors.size())));
  }
};

/// Gives the arm with the largest mean the probability 1 - epsilon, and shares epsilon among all. Arms without rewards
/// come first; arms with equal means share.
/// Complexity: O(arms). Allocates: never.
struct epsilon_greedy {
  double epsilon = 0.1;

  static constexpr std::uint64_t refresh_every = 1;
  static std::string saved_as() { return "epsilon_greedy"; }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.epsilon);
  }
  result<void> valid() const {
    if (epsilon >= 0 && epsilon <= 1) return {};
    return error(errc::invalid_argument, "epsilon must be from 0 to 1, not " + detail::number_text(epsilon));
  }

  template <bandit_reward Reward>
  result<void> probabilities(std::span<const Reward> arms, std::span<double> out) const {
    if (!detail::share_among_untried(arms, out))
      detail::share_among_best(arms.size(), out, [&](std::size_t i) { return arms[i].mean(); });
    for (double& chance : out) chance = (1 - epsilon) * chance + epsilon / static_cast<double>(arms.size());
    return {};
  }
};

/// Gives everything to the arm with the largest upper confidence bound, mean + range * sqrt(2 ln(n) / n_i), where n_i
/// of all n rewards are the arm's. Arms without rewards come first. Rewards lie between 0 and `range`. An estimate from
/// its log needs a floor of exploration: without one, all but one arm have the probability 0. Complexity: O(arms).
/// Allocates: never. Source: P. Auer, N. Cesa-Bianchi, P. Fischer, "Finite-time analysis of the multiarmed bandit
/// problem", 2002: UCB1.
struct ucb1 {
  double range = 1;

  static constexpr std::uint64_t refresh_every = 1;
  static std::string saved_as() { return "ucb1"; }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.range);
  }
  result<void> valid() const {
    if (range > 0 && detail::math::is_finite(range)) return {};
    return error(errc::invalid_argument, "the range of rewards must be above 0, not " + detail::number_text(range));
  }

  template <bandit_reward Reward>
  result<void> probabilities(std::span<const Reward> arms, std::span<double> out) const {
    if (detail::share_among_untried(arms, out)) return {};
    double all = 0;
    for (const Reward& arm : arms) all += arm.count();
    const double width = 2 * detail::math::log(all);
    detail::share_among_best(arms.size(), out, [&](std::size_t i) {
      return arms[i].mean() + range * detail::math::sqrt(width / arms[i].count());
    });
    return {};
  }
};

/// How a bandit turns what is known of its arms into their probabilities.
/// Law: `probabilities` writes numbers from 0 on that sum to 1, or returns an error; it depends on its arguments alone.
template <class P, class Reward>
concept bandit_policy =
    std::default_initializable<P> && requires(const P& policy, std::span<const Reward> arms, std::span<double> out) {
      { policy.probabilities(arms, out) } -> std::same_as<result<void>>;
      { policy.valid() } -> std::same_as<result<void>>;
      { P::refresh_every } -> std::convertible_to<std::uint64_t>;
    };

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SPLIT_BANDIT_POLICIES_HPP
