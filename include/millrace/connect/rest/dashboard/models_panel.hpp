#ifndef MILLRACE_CONNECT_REST_DASHBOARD_MODELS_PANEL_HPP
#define MILLRACE_CONNECT_REST_DASHBOARD_MODELS_PANEL_HPP

#include <millrace/connect/rest/dashboard/panel.hpp>
#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/served_models.hpp>
#include <millrace/core/result.hpp>

#include <string_view>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

/// The panel of the models that an API serves, with the version that predicts now. They outlive it.
class models_panel {
 public:
  explicit models_panel(const served_models& models) noexcept : models_(&models) {}
  explicit models_panel(const served_models&&) = delete;

  std::string_view title() const noexcept { return "Models"; }
  result<void> show(panel_writer& to) const {
    to.table("Models that are served", {"Name", "Version", "Inputs", "Outputs"});
    for (const served_models::handle& each : models_->list()) {
      const auto version = each->version();
      to.row({each->name(), version == 0 ? panel_cell("none") : panel_cell(version), each->inputs(), each->outputs()});
    }
    return {};
  }

 private:
  const served_models* models_;
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_DASHBOARD_MODELS_PANEL_HPP
