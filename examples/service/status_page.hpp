#ifndef MILLRACE_EXAMPLES_SERVICE_STATUS_PAGE_HPP
#define MILLRACE_EXAMPLES_SERVICE_STATUS_PAGE_HPP

#include "models.hpp"
#include "tallies.hpp"

#include <millrace/connect/rest/route.hpp>
#include <millrace/core/json_writer.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace service {

namespace rest = millrace::connect::rest;

/// A part of the API of our own: what the service has done, by which versions, and how it is configured. `Totals` and
/// `Settings` are functions: of the last transaction, and of the settings as text, where secrets are references.
template <class Totals, class Settings>
class status_page {
 public:
  status_page(const live_models& live, Totals totals, Settings settings)
      : live_(&live), totals_(std::move(totals)), settings_(std::move(settings)) {}

 private:
  static constexpr std::string_view schema =
      R"({"type":"object","required":["events"],"properties":{"events":{"type":"integer"},)"
      R"("payments":{"type":"integer"},"cents":{"type":"integer"},"labelled":{"type":"integer"},)"
      R"("measurements":{"type":"integer"},"champion":{"type":"integer"},"candidate":{"type":"integer"},)"
      R"("settings":{"type":"string"}}})";

  mr::result<ms::http_response> show(const rest::call&) const {
    const auto now = totals_();
    if (!now) return now.error();
    std::string json;
    mr::json_writer(json)
        .begin_object()
        .member("events", now->events())
        .member("payments", now->payments)
        .member("cents", now->cents)
        .member("labelled", now->labelled)
        .member("measurements", now->measurements)
        .member("champion", live_->champion_number.load())
        .member("candidate", live_->candidate.version())
        .member("settings", settings_())
        .end_object();
    return rest::json_response(std::move(json));
  }

  const live_models* live_;
  Totals totals_;
  Settings settings_;

 public:
  static constexpr rest::route<status_page> routes[] = {
      {"GET",
       "/status",
       &status_page::show,
       {.id = "status", .summary = "What the service has done", .tag = "service", .returns = schema}},
  };
};

}  // namespace service

#endif  // MILLRACE_EXAMPLES_SERVICE_STATUS_PAGE_HPP
