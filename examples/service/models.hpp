#ifndef MILLRACE_EXAMPLES_SERVICE_MODELS_HPP
#define MILLRACE_EXAMPLES_SERVICE_MODELS_HPP

#include "events.hpp"
#include "settings.hpp"

#include <millrace/infer/online.hpp>
#include <millrace/infer/serving/swappable.hpp>
#include <millrace/model/linear/sgd_logistic.hpp>
#include <millrace/observe/audit/audit_trail.hpp>
#include <millrace/registry/model_registry.hpp>
#include <millrace/registry/observed/audit_sink.hpp>
#include <millrace/store/sqlite.hpp>

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

namespace service {

namespace mg = millrace::registry;
namespace mi = millrace::infer;
namespace mo = millrace::observe;

using storage_type = ms::sqlite_storage<>;
using trail_type = mo::audit_trail<ms::shared>;
using registry_type = mg::model_registry<storage_type, mg::audit_sink<trail_type>>;
using model_type = mr::model::sgd_logistic;
using learner_type = mi::online_learner<model_type>;

inline constexpr std::string_view variants[] = {"champion", "candidate"};
inline constexpr const char* model_name = "payments";
inline constexpr const char* model_file = "model.millrace";

/// The two versions that decide: the champion is the registry's version in production, the candidate learns from every
/// payment whose outcome is known.
struct live_models {
  explicit live_models(model_type first, std::uint64_t number, const model_type& learning)
      : champion(std::move(first)), candidate(learning), champion_number(number) {}

  mi::swappable<model_type> champion;
  mi::swappable<model_type> candidate;
  std::atomic<std::uint64_t> champion_number;  // as the registry counts

  const mi::swappable<model_type>& of(std::size_t variant) const { return variant == 0 ? champion : candidate; }
};

/// The versions of the model, in the registry, which writes what it does into the audit trail.
class model_shelf {
 public:
  model_shelf(registry_type& registry, const service_settings& with) : registry_(&registry), with_(&with) {}

  mr::result<model_type> fresh() const { return model_type::make(feature_count, {.rate = with_->model.learning_rate}); }
  /// The version in production; where there is none yet, one that has learnt nothing becomes it.
  mr::result<std::pair<model_type, std::uint64_t>> production() {
    auto found = registry_->in_stage(model_name, mg::stage::production);
    if (!found && found.error().code() != mr::errc::not_found) return std::move(found).error();
    if (found && !found->empty()) {
      const auto bytes = registry_->read_artifact(found->front(), model_file);
      if (!bytes) return bytes.error();
      auto model = model_type::load(*bytes);
      if (!model) return std::move(model).error();
      return std::pair{*std::move(model), found->front().version};
    }
    auto first = fresh();
    if (!first) return std::move(first).error();
    const auto kept = keep(*first, 0, 0);
    if (!kept) return kept.error();
    for (const mg::stage to : {mg::stage::staging, mg::stage::production})
      if (auto moved = registry_->move(
              {.model = model_name, .version = *kept, .to = to, .actor = "service", .reason = "the first version"});
          !moved)
        return std::move(moved).error();
    return std::pair{*std::move(first), *kept};
  }
  /// Registers a version. Returns its number.
  mr::result<std::uint64_t> keep(const model_type& model, std::uint64_t samples, double loss) {
    auto file = registry_->put_artifact(model_file, model.save(), mg::artifact_type::millrace_model);
    if (!file) return std::move(file).error();
    auto made = registry_->register_version({.model = model_name,
                                             .framework = "millrace",
                                             .metrics = {{"samples", static_cast<double>(samples)}, {"loss", loss}},
                                             .artifacts = {*std::move(file)},
                                             .actor = "service"});
    if (!made) return std::move(made).error();
    return made->version;
  }
  /// Serves what is in production by now.
  mr::result<void> refresh(live_models& live) {
    auto now = production();
    if (!now) return std::move(now).error();
    if (now->second == live.champion_number) return {};
    if (auto swapped = live.champion.swap(std::move(now->first)); !swapped) return std::move(swapped).error();
    live.champion_number = now->second;
    return {};
  }

 private:
  registry_type* registry_;
  const service_settings* with_;
};

}  // namespace service

#endif  // MILLRACE_EXAMPLES_SERVICE_MODELS_HPP
