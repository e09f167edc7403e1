#ifndef MILLRACE_OBSERVE_EXPORT_OTLP_SOURCE_HPP
#define MILLRACE_OBSERVE_EXPORT_OTLP_SOURCE_HPP

#include <millrace/core/json_writer.hpp>
#include <millrace/core/version.hpp>
#include <millrace/observe/attribute.hpp>
#include <millrace/observe/metrics/label_set.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

/// What OTLP says about where metrics and spans come from: the resource, which is the process or the machine, and the
/// scope, which is the library that made them.
struct otlp_source {
  std::vector<attribute> resource;  // `service.name` at the least, by OpenTelemetry's conventions
  std::string scope = "millrace";
  std::string scope_version = MILLRACE_VERSION_STRING;
};

/// The content type of an HTTP request with OTLP's JSON, and the paths that collectors take it under.
inline constexpr std::string_view otlp_content_type = "application/json";
inline constexpr std::string_view otlp_metrics_path = "/v1/metrics";
inline constexpr std::string_view otlp_traces_path = "/v1/traces";

namespace detail {

/// Writes the parts that OTLP's messages have in common, as JSON: names in lowerCamelCase, 64-bit integers as texts,
/// identifiers in hexadecimal, enumerations as numbers.
/// Source: OpenTelemetry, "OTLP/HTTP", "JSON Protobuf Encoding"; Protocol Buffers, "ProtoJSON format".
// A template, so that it is compiled only where a program writes this format.
template <class = void>
class basic_otlp_json {
 public:
  explicit basic_otlp_json(std::string& out) noexcept : json_(out) {}

  json_writer& json() noexcept { return json_; }

  /// A 64-bit integer, as a text.
  template <std::integral Number>
  basic_otlp_json& whole(std::string_view name, Number value) {
    json_.member(name, std::string_view(std::to_string(value)));
    return *this;
  }
  template <std::integral Number>
  basic_otlp_json& whole(Number value) {
    json_.value(std::string_view(std::to_string(value)));
    return *this;
  }
  template <class Id>
  basic_otlp_json& id(std::string_view name, Id one) {
    json_.member(name, std::string_view(to_hex(one)));
    return *this;
  }

  void put_attribute(const attribute& one) {
    json_.begin_object().member("key", std::string_view(one.name)).key("value").begin_object();
    switch (one.kind) {
      case attribute_kind::text: json_.member("stringValue", std::string_view(one.text)); break;
      case attribute_kind::whole: whole("intValue", one.whole); break;
      case attribute_kind::real: json_.member("doubleValue", one.real); break;
      case attribute_kind::truth: json_.member("boolValue", one.truth); break;
    }
    json_.end_object().end_object();
  }
  void put_label(std::string_view name, std::string_view value) {
    json_.begin_object().member("key", name).key("value").begin_object();
    json_.member("stringValue", value).end_object().end_object();
  }
  void put_attributes(const std::vector<attribute>& all) {
    json_.key("attributes").begin_array();
    for (const attribute& each : all) put_attribute(each);
    json_.end_array();
  }
  void put_attributes(const label_set& all) {
    json_.key("attributes").begin_array();
    for (const auto& [name, value] : all) put_label(name, value);
    json_.end_array();
  }

  /// Writes the whole of a message: `resources`, `scopes` and `items` are the names of its lists, and items() writes
  /// the elements of the last.
  template <class Items>
  void message(const otlp_source& source, std::string_view resources, std::string_view scopes, std::string_view items,
               Items&& write_items) {
    json_.begin_object().key(resources).begin_array().begin_object();
    json_.key("resource").begin_object();
    put_attributes(source.resource);
    json_.end_object().key(scopes).begin_array().begin_object();
    json_.key("scope").begin_object();
    json_.member("name", std::string_view(source.scope)).member("version", std::string_view(source.scope_version));
    json_.end_object().key(items).begin_array();
    write_items();
    json_.end_array().end_object().end_array().end_object().end_array().end_object();
  }

 private:
  json_writer json_;
};
using otlp_json = basic_otlp_json<>;

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_EXPORT_OTLP_SOURCE_HPP
