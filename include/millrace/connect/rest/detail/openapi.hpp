#ifndef MILLRACE_CONNECT_REST_DETAIL_OPENAPI_HPP
#define MILLRACE_CONNECT_REST_DETAIL_OPENAPI_HPP

#include <millrace/connect/rest/detail/paths.hpp>
#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/member.hpp>
#include <millrace/connect/rest/options.hpp>
#include <millrace/connect/rest/route.hpp>
#include <millrace/core/json_writer.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {
namespace detail {

/// A route without its part's type.
struct described_route {
  std::string_view method;
  std::string_view path;
  const operation* about;
};

inline constexpr std::string_view problem_schema =
    R"({"type":"object","required":["type","title","status"],"properties":{"type":{"type":"string"},)"
    R"("title":{"type":"string"},"status":{"type":"integer"},"detail":{"type":"string"},)"
    R"("code":{"type":"string"}}})";

/// Writes the description of an API as OpenAPI has it, from its table of routes.
/// Source: OpenAPI Specification 3.1.1.
class openapi_writer {
 public:
  openapi_writer(std::string& out, const api_options& options) : json_(out), options_(&options) {}

  void write(const std::vector<described_route>& routes) {
    json_.begin_object().member("openapi", "3.1.0").key("info").begin_object();
    json_.member("title", options_->title).member("version", options_->version).end_object();
    json_.key("paths").begin_object();
    for (std::size_t i = 0; i < routes.size(); ++i) {
      bool is_first = true;
      for (std::size_t before = 0; before < i; ++before) is_first = is_first && routes[before].path != routes[i].path;
      if (!is_first) continue;
      json_.key(routes[i].path).begin_object();
      write_parameters(routes[i].path);
      for (std::size_t at = i; at < routes.size(); ++at)
        if (routes[at].path == routes[i].path) write_operation(routes[at]);
      json_.end_object();
    }
    json_.end_object().key("components").begin_object();
    json_.key("schemas").begin_object().key("problem").raw(problem_schema).end_object();
    if (!options_->users.empty()) json_.key("securitySchemes").raw(R"({"bearer":{"type":"http","scheme":"bearer"}})");
    json_.end_object().end_object();
  }

 private:
  void write_parameters(std::string_view path) {
    if (path.find('{') == path.npos) return;
    json_.key("parameters").begin_array();
    while (!path.empty())
      if (const std::string_view each = cut_part(path); is_name(each))
        json_.begin_object()
            .member("name", each.substr(1, each.size() - 2))
            .member("in", "path")
            .member("required", true)
            .key("schema")
            .raw(R"({"type":"string","minLength":1})")
            .end_object();
    json_.end_array();
  }
  void write_operation(const described_route& route) {
    const operation& about = *route.about;
    std::string method(route.method);
    for (char& each : method) each = lower_case(each);
    json_.key(method).begin_object().member("operationId", about.id).member("summary", about.summary);
    json_.key("tags").begin_array().value(about.tag).end_array();
    if (!about.query.empty()) {
      json_.key("parameters").begin_array();
      for (const member& each : about.query) {
        json_.begin_object().member("name", each.name).member("in", "query").member("required", each.is_required);
        json_.key("schema");
        write_schema(json_, each);
        json_.end_object();
      }
      json_.end_array();
    }
    if (!about.takes.empty()) {
      json_.key("requestBody").begin_object().member("required", true).key("content").begin_object();
      json_.key("application/json").begin_object().key("schema");
      write_schema(json_, about.takes);
      json_.end_object().end_object().end_object();
    }
    if (!about.is_open && !options_->users.empty()) json_.key("security").raw(R"([{"bearer":[]}])");
    json_.key("responses").begin_object();
    write_success(about);
    write_refusals(route);
    json_.end_object().end_object();
  }
  void write_success(const operation& about) {
    json_.key(std::to_string(about.status)).begin_object().member("description", about.summary);
    if (!about.returns.empty()) {
      json_.key("content").begin_object();
      for_each_word(about.type, [&](std::string_view type) {
        json_.key(type).begin_object().key("schema").raw(about.returns).end_object();
        return true;
      });
      json_.end_object();
    }
    json_.end_object();
  }
  void write_refusals(const described_route& route) {
    const operation& about = *route.about;
    const auto write = [&](const refusal& one) {
      json_.key(std::to_string(one.status)).begin_object().member("description", one.about).key("content");
      json_.begin_object().key(one.type).begin_object().key("schema").raw(one.schema);
      json_.end_object().end_object().end_object();
    };
    for (const refusal& each : about.refuses) write(each);
    const auto is_own = [&](unsigned status) {
      for (const refusal& each : about.refuses)
        if (each.status == status) return true;
      return status == about.status;
    };
    const auto write_common = [&](std::uint16_t status, std::string_view why) {
      if (!is_own(status)) write({status, why});
    };
    write_common(400, "The request is malformed");
    if (!about.is_open && !options_->users.empty()) write_common(401, "The request has no valid token");
    if (!about.takes.empty()) {
      write_common(413, "The body is too long");
      write_common(415, "The body is no JSON");
      write_common(422, "The body does not say what it has to");
    }
    write_common(429, "Too much is asked at the moment");
    write_common(500, "The server has failed");
    write_common(503, "The server does not serve at the moment");
  }

  json_writer json_;
  const api_options* options_;
};

}  // namespace detail
}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_DETAIL_OPENAPI_HPP
