// Writes a trail for audit_tool.py: audit_writer FOLDER COUNT [FILE], and appends to one that is there. FILE gets the
// head.
#include <millrace/observe/audit/audit_trail.hpp>
#include <millrace/store/atomic_file.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace mr = millrace;

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  auto trail = mr::observe::audit_trail<>::open(argv[1]);
  if (!trail) return std::fprintf(stderr, "%s\n", trail.error().describe().c_str()), 1;
  constexpr std::uint64_t begin = 1'764'460'800'000'000'000U;  // 2025-11-30T00:00:00Z
  for (std::uint64_t i = 0; i < std::strtoull(argv[2], nullptr, 10); ++i) {
    const std::string email = "canary" + std::to_string(i) + "@example.org";
    const std::string object = "table/" + std::to_string(i % 3);
    const mr::observe::audit_field fields[] = {{"email", email, mr::observe::pii_type::email}, {"rows", "12"}};
    trail->append(
        {.kind = i % 4 == 3 ? mr::observe::audit_kinds::access_denied : mr::observe::audit_kinds::data_accessed,
         .severity = i % 4 == 3 ? mr::observe::audit_severity::error : mr::observe::audit_severity::info,
         .actor = i % 2 == 0 ? "Canaria" : "service",
         .actor_pii = i % 2 == 0 ? mr::observe::pii_type::person_name : mr::observe::pii_type::none,
         .object = object,
         .reason = "asked by " + email,
         .unix_nanoseconds = begin + i * 3'600'000'000'000U,
         .fields = fields});
  }
  auto done = trail->flush();
  if (done && argc > 3) done = mr::store::write_file(argv[3], to_text(trail->head()));
  if (done) done = trail->close();
  if (!done) return std::fprintf(stderr, "%s\n", done.error().describe().c_str()), 1;
  return 0;
}
