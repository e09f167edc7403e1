// Any text as a file of settings: it loads, or is refused with its place; what loads is written as YAML that loads as
// the same; and no message has what variables hold.
#include <millrace/connect/yaml.hpp>
#include <millrace/store/settings/changes.hpp>
#include <millrace/store/settings/describe.hpp>

#include <support/service_settings.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace ms = millrace::store;
namespace my = millrace::connect::yaml;
using support::made_service;

namespace {

struct fixed_variables {
  const char* find(const char* name) const {
    return std::string_view(name) == "V" ? "canary-5e01-of-a-variable" : nullptr;
  }
};
void expect(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const my::parse_options few{.max_bytes = 1 << 16, .max_depth = 32, .max_nodes = 5000};
  const auto made = my::load_text<made_service>(text, "f.yaml", {}, fixed_variables(), ms::no_adjustment(), few);
  if (!made) {
    const std::string said = made.error().describe();
    expect(said.starts_with("f.yaml:") || said.starts_with("default") || said.find("\nf.yaml:") != said.npos);
    expect(said.find("canary-5e01") == said.npos || text.find("canary-5e01") != text.npos);
    return 0;
  }
  const std::string shown = describe(*made) + to_json(*made);
  const auto again = my::load_text<made_service>(to_yaml(*made), "again.yaml", {}, fixed_variables());
  expect(again.has_value());
  expect(ms::compare_settings(made->value, again->value).empty());
  if (text.find("${V") == text.npos && text.find("canary") == text.npos)
    expect(shown.find("canary-5e01") == shown.npos);
  return 0;
}
