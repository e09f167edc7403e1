#ifndef MILLRACE_CONNECT_REST_DASHBOARD_STAGES_PANEL_HPP
#define MILLRACE_CONNECT_REST_DASHBOARD_STAGES_PANEL_HPP

#include <millrace/connect/rest/dashboard/panel.hpp>
#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/route.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/stage.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

namespace detail {
template <class R>
concept lists_versions = requires(const R& models, std::string_view name, std::size_t limit) {
  { models.list_models(name, limit) } -> std::same_as<result<std::vector<registry::model>>>;
  { models.latest_versions(name) } -> std::same_as<result<std::vector<registry::model_version>>>;
};
}  // namespace detail

/// The panel of a registry: the newest version of each model in each stage, and which is in production.
///
/// The registry is asked every five seconds for the first models by name, each in a transaction of its own. It outlives
/// the panel.
template <class Registry>
class stages_panel {
  static_assert(millrace::detail::requirement<detail::lists_versions<Registry>, Registry>,
                "millrace[REST-13]: a stages_panel shows a registry, such as registry::model_registry");

 public:
  explicit stages_panel(const Registry& models, std::size_t most = 20) noexcept : models_(&models), most_(most) {}
  explicit stages_panel(const Registry&&, std::size_t = 20) { static_cast<void>(sizeof(temporary_object<Registry>)); }

  std::string_view title() const noexcept { return "Registry"; }
  duration period() const noexcept { return duration(5'000'000'000); }
  result<void> show(panel_writer& to) const {
    const auto models = models_->list_models({}, most_ + 1);
    if (!models) return models.error();
    to.table("Newest version in each stage", {"Model", "Version", "Semantic", "Stage", "Aliases", "Created (UTC)"});
    std::size_t count = 0;
    for (const registry::model& each : *models) {
      if (count++ == most_) {
        to.left_out(1);
        break;
      }
      const auto versions = models_->latest_versions(each.name);
      if (!versions) return versions.error();
      show_versions(to, each.name, *versions);
    }
    return {};
  }

 private:
  static void show_versions(panel_writer& to, const std::string& name,
                            const std::vector<registry::model_version>& versions) {
    std::string serving = "none";
    for (const registry::model_version& each : versions) {
      std::string aliases;
      for (const std::string& one : each.aliases) (aliases += aliases.empty() ? "" : ", ") += one;
      to.row(
          {name, each.version, each.semantic, to_string(each.stage), aliases, to_iso8601(each.created).substr(0, 19)});
      if (each.stage == registry::stage::production) serving = "version " + std::to_string(each.version);
    }
    to.state(name + " in production", serving);
  }

  const Registry* models_;
  std::size_t most_;
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_DASHBOARD_STAGES_PANEL_HPP
