#include <millrace/deliver/observed/rollout_audit.hpp>

#include <millrace/deliver/rollout/rollout.hpp>
#include <millrace/observe/audit/read_trail.hpp>

#include <support/catch.hpp>
#include <support/releases.hpp>
#include <support/temp_dir.hpp>

#include <string>
#include <vector>

namespace md = millrace::deliver;
namespace mo = millrace::observe;

using support::scale;

TEST_CASE("a release's changes are in the audit trail, a rollback once", "[deliver][observed]") {
  support::temp_dir folder;
  auto trail = mo::audit_trail<>::open(folder / "audit");
  REQUIRE(trail);
  md::rollout release{scale{1}, scale{2}, md::canary<25, 100>(), md::rollout_options{.name = "fraud"},
                      md::notified{md::rollout_audit{*trail}}};
  REQUIRE(release.start("ada", "new features"));
  REQUIRE(release.roll_back("eve", "slow"));
  REQUIRE(release.roll_back("ada", "slow"));
  REQUIRE(release.decide());
  REQUIRE(trail->flush());
  std::vector<std::string> seen;
  const auto read = mo::read_trail(trail->path(), [&](const mo::audit_entry& entry) {
    const auto* const cause = entry.find("cause");
    if (cause == nullptr) return;
    const auto* const share = entry.find("share");
    seen.push_back(std::string(entry.kind) + ' ' + std::string(entry.actor.text) + ' ' + std::string(entry.object) +
                   ' ' + std::string(entry.reason) + ' ' + std::string(cause->text) + ' ' + std::string(share->text));
  });
  REQUIRE(read);
  CHECK(seen == std::vector<std::string>{"model_deployed ada release/fraud new features started 0.25",
                                         "model_rolled_back eve release/fraud slow asked 0"});
}
