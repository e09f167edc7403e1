#ifndef MILLRACE_DELIVER_SPLIT_BANDIT_HPP
#define MILLRACE_DELIVER_SPLIT_BANDIT_HPP

#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/fixed_string.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/fields.hpp>
#include <millrace/deliver/split/assignment.hpp>
#include <millrace/deliver/split/bandit_policies.hpp>
#include <millrace/deliver/split/bandit_rewards.hpp>
#include <millrace/deliver/split/split_hashed.hpp>
#include <millrace/deliver/split/unit_hash.hpp>
#include <millrace/deliver/split/weights.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {

template <class Bandit>
class shared_bandit;

namespace detail {

/// Is a value a reward without being changed? A number is no yes or no.
template <class Reward, class Value>
concept reward_for =
    std::same_as<Value, typename Reward::value_type> ||
    (!std::same_as<typename Reward::value_type, bool> && std::convertible_to<Value, typename Reward::value_type>);
template <class Reward, class Value>
struct checked_reward {
  static_assert(
      requirement<reward_for<Reward, Value>, Value, Reward>,
      "millrace[SPLIT-16]: a bandit of binary_reward is told true or false; one of numbers has numeric_reward: "
      "bandit<Salt, Arms, Policy, numeric_reward>");
};

}  // namespace detail

/// How much a bandit explores, and how often it computes its probabilities.
struct bandit_options {
  /// No arm has less than this probability, so that all stay known and an estimate from the log stays possible.
  double floor = 0.01;
  /// After so many rewards the probabilities are computed anew; 0: only when `refresh` is called, such as by a timer,
  /// so that no update waits for it. `default_refresh`: what the policy says.
  std::uint64_t refresh_every = default_refresh;
  static constexpr std::uint64_t default_refresh = ~std::uint64_t{0};
};

/// A split whose shares follow the rewards: `bandit<"banner-2026", 3, thompson>`.
///
/// The policy turns the rewards into a probability for each arm, and units are placed by these as `split_hashed` places
/// them by weights. So a unit keeps its arm while the probabilities stay, and leaves it only as they change; the
/// propensity in an assignment is the very probability that it was made with. Where each request is to be a draw of its
/// own, let its id be the unit, or `place` random numbers.
///
/// Models: split_policy of every unit_id; saved_fields.
/// Guarantee: the same rewards in the same order give the same assignments, also after `save` and `load`.
/// Complexity: an assignment as split_hashed; an update O(1), and each `refresh_every`-th the policy's computation.
/// Allocates: `assign` never; a refresh what its policy does.
/// Threads: `assign` any while nobody updates. `shared_bandit` is for threads that do both.
template <fixed_string Salt, std::size_t Arms, class Policy = thompson, class Reward = binary_reward>
class bandit : public saved_fields<bandit<Salt, Arms, Policy, Reward>> {
  static_assert(Arms >= 2 && Arms <= max_variants, "millrace[SPLIT-13]: a bandit has 2 to 32 arms");
  static_assert(detail::requirement<bandit_reward<Reward>, Reward>,
                "millrace[SPLIT-14]: the reward of a bandit is binary_reward, numeric_reward, or one like them");
  static_assert(detail::requirement<bandit_policy<Policy, Reward>, Policy, Reward>,
                "millrace[SPLIT-15]: the policy of a bandit is thompson, epsilon_greedy, ucb1, or one like them, with "
                "probabilities(arms, out) for the bandit's reward");

 public:
  using reward_type = Reward;

  bandit() noexcept : bandit(Policy(), bandit_options()) {}
  /// Errors: invalid_argument: a policy that makes no sense, a floor below 0 or above one by the number of arms.
  static result<bandit> make(Policy policy, bandit_options options = {}) {
    if (auto ok = policy.valid(); !ok) return std::move(ok).error();
    if (!valid(options.floor))
      return error(errc::invalid_argument, "a floor of " + detail::number_text(options.floor) + " for each of " +
                                               std::to_string(Arms) + " arms");
    return bandit(std::move(policy), options);
  }

  static constexpr std::size_t variants() noexcept { return Arms; }
  static constexpr salt salted_by() noexcept { return by; }
  template <unit_id Id>
  assignment assign(const Id& id) const noexcept {
    return is_missing(id) ? assignment{.how = placement::no_unit} : place(unit_hash(by, id));
  }
  assignment place(std::uint64_t hash) const noexcept { return shares_.place(hash); }

  /// The probability that an arm has now.
  double probability(std::size_t arm) const noexcept { return shares_.weights().share(arm); }
  /// What is known of an arm.
  const Reward& reward(std::size_t arm) const noexcept { return rewards_[arm]; }
  const Policy& policy() const noexcept { return policy_; }
  /// The split by the present probabilities, for other threads.
  salted_split<any_weights> split() const noexcept { return salted_split<any_weights>(by, shares_.weights()); }

  /// Counts a reward of an arm. One of an arm that does not exist, or that is no number, is left out and counted as
  /// refused. If a refresh fails, the probabilities stay as they are until the next, and `pending()` grows.
  template <class Value>
  void update(std::size_t arm, Value reward) {
    static_cast<void>(sizeof(detail::checked_reward<Reward, Value>));
    if (count(arm, static_cast<typename Reward::value_type>(reward))) (void)refresh();
  }
  std::uint64_t refused() const noexcept { return refused_; }
  /// Rewards since the latest refresh that did not fail.
  std::uint64_t pending() const noexcept { return pending_; }

  /// Computes the probabilities from all rewards so far. Errors: those of the policy; the probabilities then stay.
  result<void> refresh() {
    auto chances = computed();
    return chances ? set(*chances) : std::move(chances).error();
  }
  /// Adds the rewards that another bandit has seen, and refreshes. Let each process count its own rewards only, and
  /// merge into a copy: what is merged twice counts twice.
  result<void> merge(const bandit& other) {
    for (std::size_t i = 0; i < Arms; ++i) rewards_[i].merge(other.rewards_[i]);
    refused_ += other.refused_;
    return refresh();
  }

 private:
  friend saved_fields<bandit>;
  template <class>
  friend class shared_bandit;
  static constexpr salt by{Salt.view()};

  bandit(Policy policy, bandit_options options) noexcept
      : policy_(std::move(policy)),
        floor_(options.floor),
        every_(options.refresh_every == bandit_options::default_refresh ? Policy::refresh_every
                                                                        : options.refresh_every) {
    std::array<double, Arms> equal;
    equal.fill(1.0 / Arms);
    (void)set(equal);
  }

  static bool valid(double floor) noexcept { return floor >= 0 && floor * Arms <= 1; }
  /// Counts a reward and returns whether the probabilities should be computed anew.
  bool count(std::size_t arm, typename Reward::value_type reward) noexcept {
    if (arm >= Arms || !Reward::valid(reward)) {
      ++refused_;
      return false;
    }
    rewards_[arm].update(reward);
    ++pending_;
    return every_ != 0 && pending_ % every_ == 0;
  }
  /// The policy's probabilities, lifted to the floor.
  result<std::array<double, Arms>> computed() const {
    std::array<double, Arms> chances{};
    if (auto ok = policy_.probabilities(std::span<const Reward>(rewards_), std::span<double>(chances)); !ok)
      return std::move(ok).error();
    double sum = 0;
    for (const double chance : chances) sum += chance;
    for (double& chance : chances) chance = floor_ + (1 - Arms * floor_) * (chance / sum);
    return chances;
  }
  result<void> set(const std::array<double, Arms>& chances) {
    auto made = any_weights::make(chances);
    if (!made) return std::move(made).error();
    chances_ = chances;
    shares_ = detail::weighted<any_weights>(*made);
    pending_ = 0;
    return {};
  }

  static std::string saved_as() {
    return "bandit<" + std::string(Salt.view()) + ", " + std::to_string(Arms) + ", " + Policy::saved_as() + ", " +
           Reward::saved_as() + ">";
  }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.policy_, self.floor_, self.every_, self.pending_, self.refused_, self.rewards_, self.chances_);
  }
  bool restore() {
    if (!policy_.valid() || !valid(floor_)) return false;
    for (const Reward& reward : rewards_)
      if (!reward.restore()) return false;
    auto made = any_weights::make(chances_);
    if (!made) return false;
    shares_ = detail::weighted<any_weights>(*made);
    return true;
  }

  Policy policy_;
  double floor_;
  std::uint64_t every_;
  std::uint64_t pending_ = 0;
  std::uint64_t refused_ = 0;
  std::array<Reward, Arms> rewards_{};
  std::array<double, Arms> chances_{};
  detail::weighted<any_weights> shares_;
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SPLIT_BANDIT_HPP
