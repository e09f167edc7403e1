#ifndef MILLRACE_DELIVER_OBSERVED_REGISTRY_GATE_HPP
#define MILLRACE_DELIVER_OBSERVED_REGISTRY_GATE_HPP

#include <millrace/core/result.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/rollout/change.hpp>
#include <millrace/deliver/rollout/state.hpp>
#include <millrace/registry/operations.hpp>
#include <millrace/registry/stage.hpp>
#include <millrace/registry/transition_request.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// Which version of a model a candidate is.
struct registered_candidate {
  std::string model;
  std::uint64_t version = 0;
  registry::stage to = registry::stage::production;
  /// Who asks in the registry.
  std::string actor = "rollout";
};

/// A gate: a candidate gets all requests once its version is in a stage of a registry, which only an approval moves it
/// to. When the steps before are over, it asks the registry for that, once; who approves the request there opens the
/// gate. A request that is rejected, withdrawn or expired keeps it shut; a new one, made in the registry, opens it when
/// it is approved.
///
///     mr::deliver::registry_gate gate{models, {.model = "fraud", .version = 7}};
///     mr::deliver::rollout release{stable, candidate, ..., gate};
///
/// Precondition: the version is in a stage that an edge leads from, such as staging, unless it is there already.
/// Models: rollout_gate. Complexity: a few reads of the registry, for each look at the last step. Threads: as the
/// registry, which outlives it. Errors: those of the registry.
template <class Registry>
class registry_gate {
 public:
  registry_gate(Registry& models, registered_candidate candidate) : models_(&models), of_(std::move(candidate)) {}

  result<bool> allows(std::string_view release, const rollout_state& state) {
    const auto version = models_->find_version(of_.model, of_.version);
    if (!version) return version.error();
    if (version->stage == of_.to) return true;
    const auto requests = models_->list_requests(of_.model);
    if (!requests) return requests.error();
    const std::string why = "rollout " + std::to_string(state.number) + " of the release " + std::string(release) +
                            " is at step " + std::to_string(state.step + 1) + " of " + state.strategy;
    for (const registry::transition_request& each : *requests)
      if (each.version == of_.version && each.to == of_.to &&
          (each.status == registry::request_status::open || each.justification == why))
        return false;
    auto asked = models_->request_transition(
        {.model = of_.model, .version = of_.version, .to = of_.to, .justification = why, .actor = of_.actor});
    if (!asked) return std::move(asked).error();
    return false;
  }

 private:
  Registry* models_;
  registered_candidate of_;
};

/// To be notified: takes a candidate that is rolled back out of the stage that it was approved for, where the version
/// before takes its place again. If it is not there, nothing changes.
///
///     mr::deliver::notified{mr::deliver::registry_return{models, {.model = "fraud", .version = 7}}}
///
/// Threads: as the registry, which outlives it. Errors: those of the registry.
template <class Registry>
class registry_return {
 public:
  registry_return(Registry& models, registered_candidate candidate) : models_(&models), of_(std::move(candidate)) {}

  template <class = void>
  result<void> operator()(const rollout_changed& it) const {
    if (it.state.phase != rollout_phase::rolled_back) return {};
    const auto version = models_->find_version(of_.model, of_.version);
    if (!version) return version.error();
    if (version->stage != of_.to || of_.to != registry::stage::production) return {};
    auto back = models_->roll_back(of_.model, of_.actor, it.summary());
    if (!back) return std::move(back).error();
    return {};
  }

 private:
  Registry* models_;
  registered_candidate of_;
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_OBSERVED_REGISTRY_GATE_HPP
