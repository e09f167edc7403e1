// Writes a trail for audit_tool.py: audit_writer FOLDER COUNT [FILE], and appends to one that is there. FILE gets the
// head.
#include <millrace/observe/audit/audit_trail.hpp>
#include <millrace/store/atomic_file.hpp>
#include <millrace/store/ed25519.hpp>
#include <millrace/store/file.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

namespace mr = millrace;

namespace {

template <class Trail>
mr::result<void> write(mr::result<Trail> trail, std::uint64_t count, const char* head) {
  if (!trail) return std::move(trail).error();
  constexpr std::uint64_t begin = 1'764'460'800'000'000'000U;  // 2025-11-30T00:00:00Z
  for (std::uint64_t i = 0; i < count; ++i) {
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
  if (done && head != nullptr) done = mr::store::write_file(head, to_text(trail->head()));
  return done ? trail->close() : std::move(done);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::uint64_t count = std::strtoull(argv[2], nullptr, 10);
  mr::result<void> done;
  if (argc > 4) {
    using key = mr::store::ed25519_private_key;
    const auto text = mr::store::read_file(argv[4]);
    auto read = text ? key::from_pem(*text) : mr::result<key>(text.error());
    done = read ? write(mr::observe::audit_trail<key>::open(argv[1], {}, *std::move(read)), count, argv[3])
                : std::move(read).error();
  } else {
    done = write(mr::observe::audit_trail<>::open(argv[1]), count, argc > 3 ? argv[3] : nullptr);
  }
  if (!done) return std::fprintf(stderr, "%s\n", done.error().describe().c_str()), 1;
  return 0;
}
