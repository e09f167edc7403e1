// Any bytes as an actor, an object, a reason and a value: exports and reports stay strict JSON by nlohmann_json's
// judgement and CSV of as many cells as ever, no mask shows the value, and what is found in a text stands in it, in
// order.
#include <millrace/observe/audit/audit_export.hpp>
#include <millrace/observe/audit/compliance_report.hpp>

#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace millrace::observe;

void require(bool holds) {
  if (!holds) std::abort();
}

/// The cells of a line of CSV of which every text is in quotes.
std::size_t cells_of(std::string_view line) {
  std::size_t commas = 0;
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    commas += c == ',' && !quoted;
  }
  require(!quoted && line.ends_with("\r\n"));
  return commas + 1;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);

  std::size_t end = 0;
  for (const found_pii& each : find_pii(text)) {
    require(each.begin >= end && each.size > 0 && each.size <= size - each.begin);
    end = each.begin + each.size;
  }
  for (std::size_t type = 1; type < pii_types; ++type) {
    const std::string shown = mask_value(static_cast<pii_type>(type), text);
    require(text.find_first_not_of('*') == text.npos || shown.find(text) == shown.npos);
  }

  audit_entry entry;
  entry.kind = size % 2 == 0 ? "approval_granted" : "access_denied";
  entry.actor = {text, static_cast<pii_type>(size % pii_types), size % 7 == 0};
  entry.object = text;
  entry.reason = text;
  entry.fields = {{"value", {text, pii_type::none, false}}};
  std::string line;
  append_json_line(line, entry);
  require(nlohmann::json::accept(line) && line.find('\n') == line.size() - 1);
  std::string row;
  append_csv_line(row, entry);
  require(cells_of(row) == 9);

  report_builder builder({.title = text, .evidence = report_templates::soc2});
  builder.update(entry);
  const compliance_report report = std::move(builder).finish();
  require(nlohmann::json::accept(to_json(report)));
  const std::string page = to_html(report);
  require(page.find("<script") == page.npos && page.ends_with("</html>\n"));
  require(to_yaml(report).find('\0') == std::string::npos);
  return 0;
}
