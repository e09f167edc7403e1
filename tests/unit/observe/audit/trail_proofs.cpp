#include <millrace/observe/audit/trail_proofs.hpp>

#include <support/audit_trails.hpp>
#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <millrace/store/transparency/proofs.hpp>

#include <string>

namespace mr = millrace;
namespace mo = millrace::observe;

TEST_CASE("records are proven, and the tree of today begins with that of yesterday, also across pruning",
          "[trail_proofs]") {
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  auto options = support::small_trail();
  options.segment_bytes = 12 << 10;
  auto trail = mo::audit_trail<>::open(folder, options).value();
  support::write_events(trail, 0, 150);
  const auto early = trail.head();
  support::write_events(trail, 150, 300);
  const std::uint64_t pruned = trail.prune(100'000'000'000, "retention", "").value();
  REQUIRE(pruned > 0);
  for (const std::uint64_t index : {pruned, std::uint64_t{149}, std::uint64_t{150}, std::uint64_t{300}}) {
    auto proof = mo::prove_record(folder, index);
    INFO("record " << index << (proof ? "" : ": " + proof.error().message()));
    REQUIRE(proof);
    CHECK(mo::verify_record(*proof));
    CHECK(proof->head.root == trail.head().root);
    CHECK(proof->head.origin == trail.origin());
    CHECK(proof->record.find("canary") == std::string::npos);
    proof->record[20] ^= 1;
    CHECK(mo::verify_record(*proof).error().code() == mr::errc::checksum_mismatch);
  }
  CHECK(mo::prove_record(folder, 301).error().code() == mr::errc::out_of_range);
  CHECK(mo::prove_record(folder, 0).error().code() == mr::errc::not_found);
  const auto leaves = mo::read_leaves(folder).value();
  REQUIRE(leaves.leaves.size() == 301);
  const auto consistent = mr::store::prove_consistency(leaves.leaves, early.root.size).value();
  CHECK(mr::store::verify_extends(early, leaves.head.root, consistent));
  REQUIRE(trail.close());

  // A proof does not change when the personal data of its record goes; hashes that were changed make none.
  const auto before = mo::prove_record(folder, 210).value();
  {
    auto again = mo::audit_trail<>::open(folder, options).value();
    REQUIRE(again.erase({210, "email"}, "dpo", "").value() == 1);
  }
  CHECK(mo::prove_record(folder, 210).value().record == before.record);
  auto files = support::files_of(folder);
  std::string& last = files.rbegin()->second;
  last[support::frames_of(last).front().at + 20] ^= 1;
  support::put_files(folder, files);
  CHECK(mo::read_leaves(folder).error().code() == mr::errc::corrupt);
}
