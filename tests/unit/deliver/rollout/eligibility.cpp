#include <millrace/deliver/rollout/eligibility.hpp>

#include <millrace/deliver/rollout/rollout.hpp>
#include <millrace/deliver/split/split_hashed.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/releases.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace md = millrace::deliver;

using phase = md::rollout_phase;
using support::told_judge;

namespace {

struct call {
  int user = 0;
  int region = 0;  // 0: Europe, 1: Asia, 2: elsewhere
};
struct version {
  int number = 1;
  int operator()(const call&) const noexcept { return number; }
};
constexpr int users = 20'000;

md::rollout_options options(const char* name) { return {.name = name, .rules = {.min_requests = 10}}; }

/// The users that get the candidate.
template <class Release>
std::vector<bool> with_candidate(Release& release, int region = 0) {
  std::vector<bool> has(users);
  for (int i = 0; i < users; ++i) has[static_cast<std::size_t>(i)] = release(call{i, region}) == 2;
  return has;
}
std::size_t count(const std::vector<bool>& all) {
  std::size_t found = 0;
  for (const bool each : all) found += each;
  return found;
}
bool contains(const std::vector<bool>& more, const std::vector<bool>& fewer) {
  for (std::size_t i = 0; i < fewer.size(); ++i)
    if (fewer[i] && !more[i]) return false;
  return true;
}
/// A number of `of`, each with a chance, up to six standard deviations.
bool is_near(std::size_t found, double chance, double of) {
  const double away = static_cast<double>(found) - chance * of;
  return away * away < 36 * chance * (1 - chance) * of;
}

// [plan]
using plan = md::layers<md::holdout<"nobody-2026", 10>,
                        md::layer<"models-2026", md::slice<"fraud", 60, md::stable_and_candidate>,
                                  md::slice<"prices", 40, md::stable_and_candidate>>>;
// [/plan]

}  // namespace

TEST_CASE("what a route excludes is answered by stable, until the candidate is stable", "[deliver][rollout]") {
  // [routes]
  md::routes by_region{md::route{[](const call& one) noexcept { return one.region == 0; }, md::takes_part()},
                       md::otherwise{md::stays_stable()}};
  md::rollout release{version{1},           version{2},  md::canary<5, 25, 100>(), md::unit_of{&call::user}, by_region,
                      options("by region"), told_judge()};
  // [/routes]
  REQUIRE(release.start());
  const auto few = with_candidate(release, 0);
  CHECK(is_near(count(few), 0.05, users));
  const std::uint64_t seen = release.judge().counts[0] + release.judge().counts[1];
  CHECK(seen == users);
  CHECK(count(with_candidate(release, 1)) == 0);
  CHECK(count(with_candidate(release, 2)) == 0);
  CHECK(release.judge().counts[0] + release.judge().counts[1] == seen);  // they are no evidence
  md::rollout_ticket ticket;
  CHECK(release(call{1, 2}, ticket) == 1);
  CHECK_FALSE(ticket.is_evidence);

  REQUIRE(release.decide()->step == 1);
  const auto more = with_candidate(release, 0);
  CHECK(is_near(count(more), 0.25, users));
  CHECK(contains(more, few));
  release.judge().says = md::verdict::promote;
  REQUIRE(release.decide()->phase == phase::promoting);
  CHECK(count(with_candidate(release, 0)) == users);
  CHECK(count(with_candidate(release, 1)) == 0);
  REQUIRE(release.decide()->phase == phase::promoted);
  CHECK(count(with_candidate(release, 1)) == users);
}

TEST_CASE("a route without units, and what no route takes", "[deliver][rollout]") {
  md::rollout release{
      version{1}, version{2}, md::canary<50, 100>(), told_judge(),
      md::routes{md::route{[](const call& one) noexcept { return one.region == 1; }, md::stays_stable()},
                 md::route{[](const call& one) noexcept { return one.user % 2 == 0; }, md::takes_part()}}};
  REQUIRE(release.start());
  std::size_t found = 0;
  for (int i = 0; i < users; ++i) {
    CHECK(release(call{i, 1}) == 1);
    const bool has = release(call{i, 0}) == 2;
    if (has && i % 2 != 0) FAIL("user " << i << " is in no route");
    found += has;
  }
  CHECK(is_near(found, 0.5, users / 2));
  CHECK(release.judge().counts[0] + release.judge().counts[1] == users / 2);
}

TEST_CASE("releases in slices of one layer have no unit in common, and nobody leaves as their shares grow",
          "[deliver][rollout]") {
  // [slices]
  plan everybody;
  // The releases are called as the layer and the holdout are: they split independently of both all the same.
  md::rollout fraud{version{1},
                    version{2},
                    md::canary<5, 25, 50, 100>(),
                    md::unit_of{&call::user},
                    md::in_slice<"fraud">(everybody),
                    options("models-2026"),
                    told_judge()};
  md::rollout prices{version{1},
                     version{2},
                     md::canary<50, 100>(),
                     md::unit_of{&call::user},
                     md::in_slice<"prices">(everybody),
                     options("nobody-2026"),
                     told_judge()};
  // [/slices]
  REQUIRE(fraud.start());
  REQUIRE(prices.start());
  const auto of_prices = with_candidate(prices);
  CHECK(is_near(count(of_prices), 0.9 * 0.4 * 0.5, users));
  std::vector<bool> before(users);
  for (const double share : {0.05, 0.25, 0.5, 1.0}) {
    INFO("share " << share);
    if (share == 1) fraud.judge().says = md::verdict::promote;
    if (share != 0.05) REQUIRE(fraud.decide());
    const auto now = with_candidate(fraud);
    CHECK(is_near(count(now), 0.9 * 0.6 * share, users));
    CHECK(contains(now, before));
    for (int i = 0; i < users; ++i)
      if (now[static_cast<std::size_t>(i)]) {
        if (of_prices[static_cast<std::size_t>(i)]) FAIL("user " << i << " is in both");
        if (plan::held_out(i)) FAIL("user " << i << " is held out");
      }
    before = now;
  }
  CHECK(fraud.state().phase == phase::promoting);
  const std::uint64_t seen = fraud.judge().counts[0] + fraud.judge().counts[1];
  CHECK(seen % 4 == 0);  // the same users at each share
  CHECK(is_near(seen / 4, 0.9 * 0.6, users));

  // Coverage leaves units out, and moves none as it grows.
  REQUIRE(everybody.get<"fraud">().set_coverage(0.3));
  const auto covered = with_candidate(fraud);
  CHECK(is_near(count(covered), 0.9 * 0.6 * 0.3, users));
  REQUIRE(everybody.get<"fraud">().set_coverage(0.7));
  CHECK(contains(with_candidate(fraud), covered));

  // An override of the slice outranks its holdout and its place, and is no evidence.
  int elsewhere = 0;
  while (before[static_cast<std::size_t>(elsewhere)]) ++elsewhere;
  REQUIRE(everybody.get<"fraud">().set_override(elsewhere, 1));
  md::rollout_ticket ticket;
  CHECK(fraud(call{elsewhere, 0}, ticket) == 2);
  CHECK(ticket.arm == md::arm::candidate);
  CHECK_FALSE(ticket.is_evidence);
}

TEST_CASE("holdouts, an audience and slices behind routes each leave units out", "[deliver][rollout]") {
  md::layers<md::layer<"asia", md::slice<"half", 50, md::stable_and_candidate>>> asia;
  md::rollout release{
      version{1},
      version{2},
      md::canary<50, 100>(),
      told_judge(),
      md::unit_of{&call::user},
      options("a"),
      md::holdout<"a", 10>(),
      md::holdout<"b", 20>(),
      md::audience{[](const call& one) { return one.user % 4 != 0; }},
      md::routes{md::route{[](const call& one) noexcept { return one.region == 1; }, md::in_slice<"half">(asia)},
                 md::otherwise{md::takes_part()}}};
  REQUIRE(release.start());
  const auto elsewhere = with_candidate(release, 0);
  const auto of_asia = with_candidate(release, 1);
  const double left = 0.9 * 0.8 * 0.75;
  CHECK(is_near(count(elsewhere), left * 0.5, users));
  CHECK(is_near(count(of_asia), left * 0.25, users));
  CHECK(contains(elsewhere, of_asia));  // one user has one model wherever it takes part
  const md::split_hashed<"a", md::weights<90, 10>> of_holdout;
  for (int i = 0; i < users; ++i)
    if (elsewhere[static_cast<std::size_t>(i)] && (i % 4 == 0 || of_holdout.assign(i).variant == 1))
      FAIL("user " << i << " is left out");
  // An override behind a route is obeyed where the route leads to it.
  REQUIRE(asia.get<"half">().set_override(4, 1));
  CHECK(release(call{4, 1}) == 2);
  CHECK(release(call{4, 0}) == 1);
}

TEST_CASE("a chosen unit has its model while the release is under way, and is no evidence", "[deliver][rollout]") {
  // [testers]
  md::chosen_units<> testers;
  REQUIRE(testers.set(7, md::arm::candidate));
  REQUIRE(testers.set(8, md::arm::stable));
  md::rollout release{version{1}, version{2},   md::blue_green(), md::unit_of{&call::user},
                      testers,    told_judge(), options("green")};
  // [/testers]
  const auto asks = [&](int user) { return std::pair(release(call{user, 0}), release(call{user, 1})); };
  CHECK(asks(7) == std::pair(1, 1));  // a draft
  REQUIRE(release.start());
  CHECK(asks(7) == std::pair(2, 2));  // although the candidate's share is 0
  CHECK(asks(8) == std::pair(1, 1));
  CHECK(asks(9) == std::pair(1, 1));
  CHECK(release.judge().counts[1] == 0);
  CHECK(release.judge().assigned[1] == 0);
  CHECK(release.judge().counts[0] == 2);  // those of 9
  md::rollout_ticket ticket;
  CHECK(release(call{7, 0}, ticket) == 2);
  CHECK(ticket.arm == md::arm::candidate);
  CHECK_FALSE(ticket.is_evidence);

  REQUIRE(release.approve("ada", "warm"));
  REQUIRE(release.decide()->phase == phase::promoting);
  CHECK(asks(7) == std::pair(2, 2));
  CHECK(asks(8) == std::pair(1, 1));
  CHECK(asks(9) == std::pair(2, 2));
  CHECK(release.judge().counts[1] == 2);
  REQUIRE(release.approve("ada", "well"));
  REQUIRE(release.decide()->phase == phase::promoted);
  CHECK(asks(8) == std::pair(2, 2));  // stable is another model now

  REQUIRE(release.begin(version{3}));
  REQUIRE(release.start());
  CHECK(asks(7) == std::pair(3, 3));
  release.stop_candidate();
  CHECK(asks(7) == std::pair(2, 2));
  REQUIRE(release.decide()->phase == phase::rolled_back);
  CHECK(asks(7) == std::pair(2, 2));

  CHECK(testers.erase(7));
  CHECK_FALSE(testers.erase(7));
  CHECK(testers.size() == 1);
  md::chosen_units<1> one;
  REQUIRE(one.set("ada", md::arm::candidate));
  CHECK(one.set("eve", md::arm::candidate).error().code() == mr::errc::out_of_range);
}

TEST_CASE("a candidate that fails for a chosen unit is replaced, and that is no evidence", "[deliver][rollout]") {
  struct failing {
    bool fails = false;
    int operator()(const call&) const {
      if (fails) throw 1;
      return 1;
    }
  };
  md::chosen_units<4> testers;
  REQUIRE(testers.set(7, md::arm::candidate));
  md::rollout release{failing{}, failing{true}, md::blue_green(), md::unit_of{&call::user}, testers, told_judge()};
  REQUIRE(release.start());
  for (int i = 0; i < 10; ++i) CHECK(release(call{7, 0}) == 1);
  CHECK(release.replaced() == 10);
  CHECK(release.judge().failures[1] == 0);
  CHECK(release.judge().counts[0] + release.judge().counts[1] == 0);
}

TEST_CASE("a request whose unit is missing is stable's, and no evidence", "[deliver][rollout]") {
  struct visit {
    std::string session;
    std::optional<std::uint64_t> user;
  };
  struct numbered {
    int number = 1;
    int operator()(const visit&) const noexcept { return number; }
  };
  md::rollout by_session{numbered{1}, numbered{2}, md::canary<99, 100>(), md::unit_of{&visit::session}, told_judge()};
  md::rollout by_user{numbered{1}, numbered{2}, md::canary<99, 100>(), md::unit_of{&visit::user}, told_judge()};
  REQUIRE(by_session.start());
  REQUIRE(by_user.start());
  int found[2] = {};
  for (std::uint64_t i = 0; i < 100; ++i) {
    CHECK(by_session(visit{"", i}) == 1);
    CHECK(by_user(visit{"s", std::nullopt}) == 1);
    found[0] += by_session(visit{std::to_string(i), std::nullopt}) == 2;
    found[1] += by_user(visit{"", i}) == 2;
  }
  CHECK(found[0] > 90);
  CHECK(found[1] > 90);
  CHECK(by_session.judge().counts[0] + by_session.judge().counts[1] == 100);
}

TEST_CASE("who takes part is asked without the heap", "[deliver][rollout]") {
  plan everybody;
  md::chosen_units<> testers;
  REQUIRE(testers.set(7, md::arm::candidate));
  md::rollout release{version{1},
                      version{2},
                      md::canary<50, 100>(),
                      md::unit_of{&call::user},
                      md::in_slice<"fraud">(everybody),
                      testers,
                      md::holdout<"others", 5>(),
                      md::routes{md::otherwise{md::takes_part()}}};
  REQUIRE(release.start());
  int sum = release(call{0, 0});
  CHECK(support::allocations_of([&] {
          for (int i = 0; i < 1000; ++i) sum += release(call{i, 0});
        }) == 0);
  CHECK(sum > 1000);
}
