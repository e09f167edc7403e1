#include "run_trail.hpp"

#include <millrace/core/sha256.hpp>
#include <millrace/observe/audit/verify_trail.hpp>

#include <chrono>
#include <cstdint>

namespace lifecycle {

namespace {
constexpr std::string_view actor = "lifecycle";
}

// Runs leave few records, so that a segment grows by little at a time.
run_trail::run_trail(const std::string& folder)
    : trail_(or_stop(mr::observe::audit_trail<>::open(folder, {.ring_bytes = 1 << 16, .allocate_bytes = 4096}),
                     exit_code::no_output)) {}

void run_trail::tell(mr::observe::audit_name kind, std::string_view object, const facts& more) {
  std::vector<mr::observe::audit_field> views;
  views.reserve(more.size());
  for (const auto& [name, value] : more) views.push_back({name, value});
  or_stop(append({.kind = kind, .actor = actor, .object = object, .fields = views}), exit_code::no_output);
}

// The job ends for a reason of its own, which a trail that cannot be written must not hide.
void run_trail::tell_failure(std::string_view object, std::string_view why) {
  static_cast<void>(append({.kind = run_kinds::run_failed,
                            .severity = mr::observe::audit_severity::error,
                            .actor = actor,
                            .object = object,
                            .reason = why}));
}

mr::result<void> run_trail::append(const mr::observe::audit_event& event) {
  if (auto valid = validate(event); !valid) return valid;
  const std::uint64_t seq = trail_.append(event);
  if (seq != 0) return trail_.wait_durable(seq, std::chrono::seconds(10));
  if (auto refused = trail_.status(); !refused) return refused;
  return mr::error(mr::errc::no_space, "the audit trail did not take " + std::string(event.kind.view()));
}

std::vector<std::pair<std::string, std::string>> run_trail::evidence() const {
  const mr::store::tree_head head = trail_.head();
  return {
      {"trail", head.origin}, {"records", std::to_string(head.root.size)}, {"tree head", to_string(head.root.hash)}};
}

std::string run_trail::close() {
  const std::string folder = trail_.path();
  const mr::store::tree_head head = trail_.head();
  or_stop(trail_.close(), exit_code::no_output);
  const mr::observe::trail_report found =
      or_stop(mr::observe::verify_trail(folder, std::span(&head, 1)), exit_code::no_output);
  if (!found) throw stop{exit_code::no_output, "\"" + folder + "\" is not as it was written: " + summary(found)};
  return summary(found);
}

}  // namespace lifecycle
