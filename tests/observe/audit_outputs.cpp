// Writes exports and a report of hostile texts into a folder, for audit_outputs.py; and what they should say.
//
//     observe_audit_outputs FOLDER
#include <millrace/observe/audit/audit_export.hpp>
#include <millrace/observe/audit/compliance_report.hpp>

#include <support/audit_entries.hpp>

#include <cstdio>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
using namespace mr::observe;

namespace {

std::string folder;

void put(const std::string& name, const std::string& text) {
  std::ofstream(folder + "/" + name, std::ios::binary) << text;
}

template <class Mask>
void put_all(const std::string& name, const std::vector<audit_entry>& entries, const Mask& mask) {
  put(name + ".jsonl", to_json_lines(entries, mask));
  put(name + ".csv", to_csv(entries, mask));
  put(name + ".yaml", to_yaml(entries, mask));
  report_builder builder({.title = "</title>\"'&", .evidence = report_templates::pci_dss});
  for (const audit_entry& entry : entries) builder.update(entry);
  const compliance_report report = std::move(builder).finish();
  put(name + "_report.json", to_json(report, mask));
  put(name + "_report.csv", to_csv(report, mask));
  put(name + "_report.yaml", to_yaml(report, mask));
  put(name + "_report.html", to_html(report, mask));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  folder = argv[1];
  std::vector<audit_entry> entries;
  std::string texts;
  for (const std::string& text : support::hostile_texts()) {
    audit_entry& made = entries.emplace_back();
    made.index = entries.size() - 1;
    made.unix_nanoseconds = 1'764'460'800'000'000'000U + made.index;
    made.kind = made.index % 2 == 0 ? "data_accessed" : "approval_granted";
    made.actor.text = text;
    made.object = text;
    made.reason = text;
    made.fields = {{"value", {text, pii_type::none, false}}, {"no", {"", pii_type::card, true}}};
    for (const char c : text) {
      char hex[3];
      std::snprintf(hex, sizeof hex, "%02x", static_cast<unsigned char>(c));
      texts += hex;
    }
    texts += '\n';
  }
  put("texts.hex", texts);
  put_all("hostile", entries, unmasked());
  put_all("masked", support::audit_story(), masked());
  std::string canaries;
  for (const std::string& canary : support::audit_canaries()) canaries += canary + "\n";
  put("canaries.txt", canaries);
  return 0;
}
