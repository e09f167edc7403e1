#ifndef MILLRACE_CONNECT_CONFIGURATION_EXPERIMENTS_HPP
#define MILLRACE_CONNECT_CONFIGURATION_EXPERIMENTS_HPP

#include <millrace/connect/configuration/fwd.hpp>
#include <millrace/connect/configuration/ml_settings.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/deliver/split/assignment.hpp>
#include <millrace/deliver/split/split_hashed.hpp>
#include <millrace/deliver/split/split_random.hpp>
#include <millrace/deliver/split/unit_hash.hpp>
#include <millrace/deliver/split/weights.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace configuration {

/// An A/B test as a file describes it: who gets which version of which model.
///
///     auto tests = mr::connect::configuration::make_experiments(settings.ml.ab_testing, seed);
///     const auto got = tests->front().assign(event.user_id);
///     ask(tests->front().variant(got.variant).model_name, ...);
///
/// The strategies `hash`, `user_id` and `percentage` give a unit one variant for ever, by the hash of its id, salted by
/// the experiment's name; `random` draws one for each request. In shadow mode every unit has the first variant that is
/// enabled, and `shadows()` are those that see copies.
/// Models: deliver::split_policy of texts. Threads: one, where the strategy is random; else const calls from any
/// number.
class ab_experiment {
 public:
  /// Errors: those of `deliver::any_weights::make`, with the experiment's name: settings that were examined have none.
  static result<ab_experiment> make(const ab_experiment_settings& by, std::uint64_t seed) {
    std::vector<double> weights;
    double sum = 0;
    ab_experiment made(by, seed);
    for (const ab_variant_settings& each : by.variants)
      if (each.enabled) {
        made.variants_.push_back(each);
        weights.push_back(each.weight);
        sum += each.weight;
      }
    auto right = deliver::any_weights::make(weights, sum);
    if (!right) return std::move(right).error().wrap("the experiment \"" + by.name + '"');
    made.hashed_ = deliver::salted_split<>(made.salt_, *right);
    made.drawn_ = deliver::split_random<>(seed, *right);
    return made;
  }

  const std::string& name() const noexcept { return settings_.name; }
  /// The field of an event that says whose it is.
  const std::string& split_key() const noexcept { return settings_.split_key; }
  std::size_t variants() const noexcept { return variants_.size(); }
  /// Precondition: i < variants().
  const ab_variant_settings& variant(std::size_t i) const noexcept { return variants_[i]; }
  bool is_shadow() const noexcept { return settings_.enable_shadow_mode; }
  /// The variants that see copies: all but the first in shadow mode, none otherwise.
  std::size_t shadows() const noexcept { return is_shadow() ? variants_.size() - 1 : 0; }

  deliver::assignment assign(std::string_view unit) noexcept {
    if (is_shadow()) return {.variant = 0, .how = deliver::placement::by_weights, .propensity = 1};
    return settings_.strategy == ab_strategy::random ? drawn_.assign(unit) : hashed_.assign(unit);
  }

 private:
  ab_experiment(const ab_experiment_settings& by, std::uint64_t seed)
      : settings_(by), salt_(by.name), hashed_(salt_), drawn_(seed) {}

  ab_experiment_settings settings_;
  std::vector<ab_variant_settings> variants_;
  deliver::salt salt_;
  deliver::salted_split<> hashed_;
  deliver::split_random<> drawn_;
};

/// The experiments of settings; none where they are not enabled. `seed` is for those that draw.
inline result<std::vector<ab_experiment>> make_experiments(const ab_testing_settings& by, std::uint64_t seed) {
  std::vector<ab_experiment> made;
  if (!by.enabled) return made;
  for (const ab_experiment_settings& each : by.experiments) {
    auto one = ab_experiment::make(each, seed + made.size());
    if (!one) return std::move(one).error();
    made.push_back(*std::move(one));
  }
  return made;
}

}  // namespace configuration
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_CONFIGURATION_EXPERIMENTS_HPP
