#include <millrace/deliver/shadow/shadow_state.hpp>

#include <millrace/deliver/shadow/shadow.hpp>

#include <support/catch.hpp>
#include <support/golden.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace md = millrace::deliver;
namespace mr = millrace;

namespace {

/// A hundred and twenty requests of `first` and the following, whose calls take exact times.
md::shadow_state counted(int first) {
  std::uint64_t now = 1'000;
  const auto stable = [&](const int& r) { return now += 64, r * 0.25; };
  const auto candidate = [&](const int& r) {
    now += 128;
    if (r % 10 == 3) throw 1;
    return r * 0.25 + (r % 5 == 0 ? 0.5 : 0);
  };
  md::shadow scored{stable, candidate, md::shadow_options{.capacity = 256, .threads = 0}, mr::manual_clock(now),
                    md::segment_by([](const int& r) { return r % 3; })};
  for (int i = 0; i < 120; ++i) scored(first + i);
  scored.compare_waiting();
  return scored.state();
}

}  // namespace

TEST_CASE("shadow_state: two halves merge to the whole") {
  md::shadow_state both = counted(0);
  both.merge(counted(120));
  const auto seen = both.report("half and half");
  CHECK(seen.name == "half and half");
  CHECK(seen.all.comparisons == 240);
  CHECK(seen.all.candidate_failures == 24);
  CHECK(seen.all.agreements == 240 - 24 - 48);
  CHECK(seen.all.max_distance == 0.5);
  REQUIRE(seen.segments.size() == 3);
  CHECK(seen.segments[0].counts.comparisons == 80);
  CHECK(seen.stable.calls == 240);
  CHECK(seen.candidate.max == 128);
  CHECK(seen.drift.outputs == 216);

  md::shadow_state few(1);
  few.merge(both);
  REQUIRE(few.report().segments.size() == 2);
  CHECK(few.report().segments[1].counts.comparisons == 160);
}

TEST_CASE("shadow_state: what is saved is loaded, and its bytes stay what they are") {
  const md::shadow_state made = counted(0);
  const auto back = support::from_golden("deliver/shadow_state.bin", made);
  CHECK(to_json(back.report()) == to_json(made.report()));
}

TEST_CASE("shadow_state: damaged bytes are refused") {
  const auto bytes = counted(0).save();
  for (std::size_t i = 0; i < bytes.size(); i += 37) {
    auto torn = bytes;
    torn.resize(i);
    CHECK_FALSE(md::shadow_state::load(torn));
    auto flipped = bytes;
    flipped[i] ^= std::byte{4};
    CHECK_FALSE(md::shadow_state::load(flipped));
  }
  mr::envelope_writer more("shadow_state");  // more agreements than comparisons
  more.u64(64);
  for (const unsigned each : {5U, 6U, 0U, 0U, 0U}) more.u64(each);
  more.f64(0);
  more.f64(0);
  more.u64(0);
  for (int i = 0; i < 2; ++i) more.block(mr::log_histogram().save());
  for (int i = 0; i < 2; ++i) more.block(mr::kll<200>().save());
  const auto wrong = md::shadow_state::load(std::move(more).finish());
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code() == mr::errc::corrupt);
}

TEST_CASE("shadow_state: a shadow goes on with what was counted before") {
  const auto same = [](const int& r) { return r; };
  md::shadow scored{same, same, md::shadow_options{.threads = 0}};
  scored.merge(*md::shadow_state::load(counted(0).save()));
  scored(1);
  scored.compare_waiting();
  CHECK(scored.report().all.comparisons == 121);
}
