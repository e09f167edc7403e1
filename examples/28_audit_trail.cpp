// Keeps who deployed what as evidence, has somebody change a byte of it, and finds out where.
#include <millrace/observe/audit/audit_draft.hpp>
#include <millrace/observe/audit/audit_export.hpp>
#include <millrace/observe/audit/audit_trail.hpp>
#include <millrace/observe/audit/trail_queries.hpp>
#include <millrace/observe/audit/verify_trail.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace mr = millrace;

// [own_type]
// What this program does, as an event of its own.
struct payout_approved {
  static constexpr mr::observe::audit_name kind = "acme.payout_approved";
  std::string officer, iban;
  double euros = 0;

  void describe(mr::observe::audit_draft& event) const {
    event.actor(officer, mr::observe::pii_type::person_name).object("payout/17");
    event.field("iban", iban, mr::observe::pii_type::account).field("euros", euros);
  }
};
// [/own_type]

// [write]
mr::result<void> write_trail(const std::string& folder) {
  auto trail = mr::observe::audit_trail<>::open(folder);
  if (!trail) return std::move(trail).error();
  trail->append({.kind = mr::observe::audit_kinds::approval_requested, .actor = "alice", .object = "model/churn/3"});
  trail->append({.kind = mr::observe::audit_kinds::approval_granted, .actor = "bob", .object = "model/churn/3"});
  trail->append({.kind = mr::observe::audit_kinds::model_deployed, .actor = "alice", .object = "model/churn/3"});

  const payout_approved payout{"Charlotte Weber", "DE89 3704 0044 0532 0130 00", 1200.5};
  const auto index = trail->append_durable(payout);  // waits until it is on the disk
  if (!index) return index.error();
  return trail->close();
}
// [/write]

// [read]
mr::result<void> show(const std::string& folder) {
  const auto payouts = mr::observe::query_trail(folder, {.kinds = {"acme."}, .limit = 10, .newest_first = true});
  if (!payouts) return payouts.error();
  std::printf("%s", mr::observe::to_json_lines(*payouts).c_str());  // names and numbers of accounts are masked

  const auto report =
      mr::observe::report_trail(folder, {.title = "Changes", .evidence = mr::observe::report_templates::soc2});
  if (!report) return report.error();
  for (const auto& each : report->approvals)
    std::printf("%s of %s, by %s\n", each.granted ? "approval" : "rejection", each.object.c_str(),
                each.decided_by.text.c_str());
  return {};
}
// [/read]

/// Somebody who can write the files makes `bob` a `bab`.
void edit_by_hand(const std::string& folder) {
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".audit") continue;
    std::ifstream in(file.path(), std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    in.close();
    if (const auto at = bytes.find("bob"); at != bytes.npos) bytes[at + 1] = 'a';
    std::ofstream(file.path(), std::ios::binary) << bytes;
  }
}

// [verify]
/// Whether the trail is as it was written; says what is wrong where, if not.
mr::result<bool> verify(const std::string& folder) {
  const auto found = mr::observe::verify_trail(folder);
  if (!found) return found.error();
  std::printf("%s\n", summary(*found).c_str());
  return found->sound;
}
// [/verify]

int main() {
  const std::string folder = "audit";
  std::filesystem::remove_all(folder);
  auto done = write_trail(folder);
  if (done) done = show(folder);
  if (!done) return std::fprintf(stderr, "%s\n", done.error().describe().c_str()), 1;

  const auto before = verify(folder);
  edit_by_hand(folder);
  const auto after = verify(folder);
  return before && *before && after && !*after ? 0 : 1;
}
