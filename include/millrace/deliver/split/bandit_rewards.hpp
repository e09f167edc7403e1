#ifndef MILLRACE_DELIVER_SPLIT_BANDIT_REWARDS_HPP
#define MILLRACE_DELIVER_SPLIT_BANDIT_REWARDS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/stats/sample_moments.hpp>

#include <concepts>
#include <cstdint>
#include <string>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// What is known of a variant whose reward is yes or no: a click, a sale, a right label.
struct binary_reward {
  using value_type = bool;

  std::uint64_t trials = 0;
  std::uint64_t successes = 0;

  static constexpr bool valid(bool) noexcept { return true; }
  void update(bool success) noexcept {
    ++trials;
    successes += success ? 1 : 0;
  }
  void merge(const binary_reward& other) noexcept {
    trials += other.trials;
    successes += other.successes;
  }
  double count() const noexcept { return static_cast<double>(trials); }
  /// 0 without trials.
  double mean() const noexcept {
    return trials == 0 ? 0 : static_cast<double>(successes) / static_cast<double>(trials);
  }

  static std::string saved_as() { return "binary_reward"; }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.trials, self.successes);
  }
  bool restore() const noexcept { return successes <= trials && trials <= (std::uint64_t{1} << 53); }
};

/// What is known of a variant whose reward is a number: money, seconds, a score. Count, mean and variance. NaN, and
/// numbers beyond 1e150, whose squares would overflow, are no rewards.
struct numeric_reward {
  using value_type = double;

  stats::sample_moments moments;

  static bool valid(double reward) noexcept { return detail::math::absolute(reward) <= 1e150; }
  void update(double reward) noexcept { moments = merged(moments, {1, reward, 0}); }
  void merge(const numeric_reward& other) noexcept { moments = merged(moments, other.moments); }
  double count() const noexcept { return moments.n; }
  double mean() const noexcept { return moments.mean; }

  static std::string saved_as() { return "numeric_reward"; }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.moments.n, self.moments.mean, self.moments.variance);
  }
  bool restore() const noexcept {
    return moments.n >= 0 && moments.n <= 0x1p53 && moments.n == detail::math::floor(moments.n) &&
           detail::math::is_finite(moments.mean) && moments.variance >= 0 && detail::math::is_finite(moments.variance);
  }
};

/// A sufficient statistic of one variant's rewards. States of several processes add up by `merge`.
template <class R>
concept bandit_reward =
    std::default_initializable<R> && requires(R& state, const R& other, typename R::value_type value) {
      { R::valid(value) } noexcept -> std::same_as<bool>;
      { state.update(value) } noexcept;
      { state.merge(other) } noexcept;
      { other.count() } noexcept -> std::same_as<double>;
      { other.mean() } noexcept -> std::same_as<double>;
    };

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SPLIT_BANDIT_REWARDS_HPP
