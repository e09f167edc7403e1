#include <millrace/deliver/rollout/machine.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/store/document.hpp>

#include <support/catch.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace mr = millrace;
namespace md = millrace::deliver;
namespace ms = millrace::store;

using phase = md::rollout_phase;
using event = md::rollout_event;

namespace {

constexpr std::uint64_t second = 1'000'000'000;
constexpr std::uint64_t hour = 3600 * second;

md::rollout_input at(std::uint64_t now, event what, md::rollout_evidence evidence = {}) {
  return {.event = what, .at = now, .evidence = evidence};
}
md::rollout_evidence says(md::verdict verdict, std::uint64_t requests = 1'000'000) {
  return {.verdict = verdict, .stable_requests = requests, .candidate_requests = requests};
}
md::rollout_machine started(md::strategy_steps steps, const md::rollout_rules& rules = {}) {
  md::rollout_machine made(std::move(steps), rules);
  REQUIRE(made.update(at(0, event::start)));
  return made;
}

}  // namespace

TEST_CASE("a canary goes step by step, and to all requests on a verdict to promote", "[deliver][rollout]") {
  auto machine = started(md::canary<5, 25, 100>::steps(), {.min_requests = 100});
  CHECK(machine.state().phase == phase::running);
  CHECK(machine.state().share == 50'000);
  // Too few requests of either arm.
  CHECK_FALSE(*machine.update(at(1, event::check, says(md::verdict::promote, 99))));
  CHECK_FALSE(*machine.update(at(1, event::check, {.stable_requests = 1000, .candidate_requests = 99})));
  CHECK_FALSE(*machine.update(at(1, event::check, {.stable_requests = 99, .candidate_requests = 1000})));
  // Between two steps nothing against it is enough; before the whole it is not.
  CHECK(*machine.update(at(2, event::check, says(md::verdict::hold, 100))));
  CHECK(machine.state().share == 250'000);
  CHECK_FALSE(*machine.update(at(3, event::check, says(md::verdict::hold))));
  CHECK(*machine.update(at(4, event::check, says(md::verdict::promote))));
  CHECK(machine.state().phase == phase::promoting);
  CHECK(machine.state().share == md::whole_share);
  CHECK(machine.state().promoted_by == md::rollout_cause::evidence);
  // At 100 % there is no stable arm to count.
  CHECK_FALSE(*machine.update(at(5, event::check, {.candidate_requests = 99})));
  CHECK(*machine.update(at(6, event::check, {.candidate_requests = 100})));
  CHECK(machine.state().phase == phase::promoted);
  CHECK(machine.state().changes == 4);
}

TEST_CASE("a gate keeps a candidate from all requests, whatever else speaks for it", "[deliver][rollout]") {
  auto machine = started(md::canary<50, 100>::steps());
  auto shut = says(md::verdict::promote);
  shut.is_allowed = false;
  CHECK_FALSE(*machine.update(at(1, event::check, shut)));
  REQUIRE(machine.update(at(2, event::approve)));
  CHECK_FALSE(*machine.update(at(3, event::check, shut)));
  shut.is_allowed = true;
  CHECK(*machine.update(at(4, event::check, shut)));
  CHECK(machine.state().phase == phase::promoting);
}

TEST_CASE("blue and green change places by an approval, and back while blue is warm", "[deliver][rollout]") {
  auto machine = started(md::blue_green::steps(), {.step_length = mr::seconds(60)});
  CHECK(machine.state().share == 0);
  CHECK_FALSE(*machine.update(at(hour, event::check)));
  CHECK(*machine.update(at(hour, event::approve)));
  CHECK(*machine.update(at(hour, event::check)));
  CHECK(machine.state().share == md::whole_share);
  CHECK(machine.state().promoted_by == md::rollout_cause::approval);
  CHECK_FALSE(*machine.update(at(hour + 59 * second, event::check, says(md::verdict::hold))));
  CHECK(*machine.update(at(hour + 59 * second, event::check, says(md::verdict::rollback))));
  CHECK(machine.state().phase == phase::rolled_back);
  CHECK(machine.state().share == 0);
}

TEST_CASE("no data is no verdict, and ends at the deadline", "[deliver][rollout]") {
  // argo-rollouts#1329, kayenta#700: a measurement that was cut off, or none, is not a success.
  auto machine = started(md::canary<5, 100>::steps(), {.deadline = mr::seconds(3600)});
  for (std::uint64_t minute = 1; minute < 60; ++minute)
    CHECK_FALSE(*machine.update(at(minute * 60 * second, event::check)));
  CHECK(*machine.update(at(hour, event::check)));
  CHECK(machine.state().phase == phase::rolled_back);
  CHECK(machine.state().cause == md::rollout_cause::deadline);

  auto paused = started(md::canary<5, 100>::steps(), {.deadline = mr::seconds(3600), .late = md::when_late::pause});
  CHECK(*paused.update(at(hour, event::check)));
  CHECK(paused.state().phase == phase::paused);
  CHECK(*paused.update(at(3 * hour, event::resume)));
  CHECK_FALSE(*paused.update(at(4 * hour - 1, event::check)));
  CHECK(*paused.update(at(4 * hour, event::check)));
}

TEST_CASE("a clock that goes back takes no time from a step, and gives it none", "[deliver][rollout]") {
  md::rollout_machine machine(md::canary<5, 50, 100>::steps(), {.min_requests = 0, .step_length = mr::seconds(100)});
  REQUIRE(machine.update(at(2 * hour, event::start)));
  const auto check = [&](std::uint64_t now) { return *machine.update(at(now, event::check)); };
  CHECK_FALSE(check(2 * hour + 60 * second));
  CHECK_FALSE(check(hour));
  CHECK(machine.state().spent == 60 * second);
  CHECK_FALSE(check(hour + 39 * second));
  CHECK(check(hour + 40 * second));
  // Nor does a pause.
  REQUIRE(machine.update(at(hour + 41 * second, event::pause)));
  CHECK(machine.state().spent == second);
  REQUIRE(machine.update(at(3 * hour, event::resume)));
  CHECK(machine.state().spent == second);
}

TEST_CASE("an abort goes back step by step, and changes nothing where nothing is in progress", "[deliver][rollout]") {
  auto machine =
      md::rollout_machine(md::canary<5, 10, 25, 100>::steps(), {.min_requests = 0, .return_length = mr::seconds(10)});
  // argo-rollouts#1292
  const auto draft = machine.state();
  CHECK(machine.update(at(0, event::abort)).error().code() == mr::errc::conflict);
  CHECK(machine.state() == draft);

  REQUIRE(machine.update(at(0, event::start)));
  REQUIRE(*machine.update(at(1, event::check)));
  REQUIRE(*machine.update(at(2, event::check)));
  REQUIRE(machine.state().share == 250'000);
  CHECK(*machine.update(at(3, event::abort)));
  CHECK(machine.state().phase == phase::aborting);
  CHECK(machine.state().share == 100'000);
  CHECK_FALSE(*machine.update(at(4, event::abort)));
  CHECK_FALSE(*machine.update(at(9 * second, event::check, says(md::verdict::promote))));
  CHECK(*machine.update(at(11 * second, event::check)));
  CHECK(machine.state().share == 50'000);
  CHECK(*machine.update(at(22 * second, event::check)));
  CHECK(machine.state().phase == phase::rolled_back);
  CHECK(machine.state().is_told == false);
  CHECK_FALSE(*machine.update(at(23 * second, event::roll_back)));

  // On its way back it can still be taken back at once.
  machine = started(md::canary<5, 10, 25, 100>::steps(), {.min_requests = 0, .return_length = mr::seconds(10)});
  REQUIRE(*machine.update(at(1, event::check)));
  REQUIRE(*machine.update(at(2, event::abort)));
  CHECK(*machine.update(at(3, event::roll_back)));
  CHECK(machine.state().share == 0);
}

TEST_CASE("what cannot come to its end does not begin", "[deliver][rollout]") {
  md::rollout_machine machine(md::canary<5, 100>::steps(),
                              {.step_length = mr::seconds(600), .deadline = mr::seconds(5)});
  CHECK(machine.update(at(1, event::start)).error().code() == mr::errc::invalid_argument);
  CHECK(machine.state().phase == phase::draft);
  const auto early = machine.update(at(1, event::approve));
  REQUIRE_FALSE(early);
  CHECK(early.error().message() ==
        "the rollout \"canary<5, 100>\", which is draft, takes no approve: that is for one that is running, promoting "
        "or paused");
}

TEST_CASE("what is promoted stays, whatever fails afterwards", "[deliver][rollout]") {
  // flagger#1898: a failure after the promotion keeps the copy that works.
  auto machine = started(md::canary<50, 100>::steps(), {.min_requests = 0});
  REQUIRE(*machine.update(at(1, event::check, says(md::verdict::promote))));
  REQUIRE(*machine.update(at(2, event::check)));
  REQUIRE(machine.state().phase == phase::promoted);
  CHECK_FALSE(*machine.update(at(3, event::check, says(md::verdict::rollback))));
  const auto refused = machine.update(at(3, event::roll_back));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message() ==
        "the rollout \"canary<50, 100>\", which is promoted, takes no roll_back: that is for one "
        "that is running, promoting, aborting or paused");
  CHECK(machine.state().share == md::whole_share);
  REQUIRE(machine.begin_next());
  CHECK(machine.state().number == 2);
  CHECK(machine.state().share == 0);
  CHECK(machine.state().changes == 4);
}

TEST_CASE("a rollout goes on from what was saved, and from nothing else", "[deliver][rollout]") {
  auto machine = started(md::canary<5, 50, 100>::steps(), {.step_length = mr::seconds(100)});
  REQUIRE_FALSE(*machine.update(at(60 * second, event::check, says(md::verdict::hold))));
  const auto kept = ms::read_document<md::rollout_state>(ms::write_document(machine.state()), "kept");
  REQUIRE(kept);
  md::rollout_machine next(md::canary<5, 50, 100>::steps(), machine.rules());
  REQUIRE(next.resume_from(*kept));
  // The clock of a machine that was started anew begins where it likes.
  CHECK_FALSE(*next.update(at(7, event::check, says(md::verdict::hold))));
  CHECK_FALSE(*next.update(at(7 + 39 * second, event::check, says(md::verdict::hold))));
  CHECK(*next.update(at(7 + 40 * second, event::check, says(md::verdict::hold))));
  CHECK(next.begin_next().error().code() == mr::errc::conflict);

  md::rollout_machine other(md::blue_green::steps(), {});
  CHECK(other.resume_from(*kept).error().code() == mr::errc::conflict);
  auto bad = *kept;
  bad.share = 7;
  CHECK(next.resume_from(bad).error().code() == mr::errc::corrupt);
  CHECK(next.state().share == 500'000);
}

namespace {

/// What each phase takes, in the order of the events: start, check, approve, pause, resume, abort, roll_back.
constexpr std::string_view taken[] = {
    "sc     ",  // draft
    " cap ax",  // running
    " ca rax",  // paused
    " cap ax",  // promoting
    " c   ax",  // aborting
    " c   ax",  // rolled_back
    " c     ",  // promoted
};
bool takes(phase in, event what) { return taken[static_cast<std::size_t>(in)][static_cast<std::size_t>(what)] != ' '; }

/// Tells a rollout random things, and looks at every change of it with a memory of its own.
class random_rollouts {
 public:
  random_rollouts(const md::strategy_steps& steps, std::uint64_t seed)
      : steps_(steps), random_(seed), machine_(steps, rules()) {}

  void run(std::size_t events) {
    for (std::size_t i = 0; i < events; ++i) {
      step();
      if (random_.below(50) == 0) crash();
    }
  }

  std::uint64_t promotions = 0;
  std::uint64_t rollbacks = 0;
  std::uint64_t refusals = 0;

 private:
  md::rollout_rules rules() {
    return {.min_requests = 100,
            .step_length = mr::seconds(static_cast<double>(random_.below(3))),
            .deadline = mr::seconds(random_.below(2) == 0 ? 0 : 20),
            .late = random_.below(2) == 0 ? md::when_late::pause : md::when_late::roll_back,
            .return_length = mr::seconds(static_cast<double>(random_.below(3)))};
  }
  void require(bool holds) {
    if (!holds)
      FAIL("after " << to_string(input_.event) << " in " << to_string(before_.phase) << ": "
                    << ms::write_document(machine_.state()));
  }
  void step() {
    before_ = machine_.state();
    now_ = random_.below(20) == 0 ? random_.below(100) * second : now_ + random_.below(3) * second;
    // Checks come most often, so that rollouts get somewhere.
    const auto kind =
        random_.below(2) == 0 ? event::check : static_cast<event>(random_.below(random_.below(4) == 0 ? 7 : 5));
    input_ = at(now_, kind);
    input_.evidence = {.verdict = random_.below(30) == 0  ? md::verdict::rollback
                                  : random_.below(3) == 0 ? md::verdict::promote
                                                          : md::verdict::hold,
                       .stable_requests = random_.below(200),
                       .candidate_requests = random_.below(200),
                       .is_allowed = random_.below(4) != 0};
    const auto told = machine_.update(input_);
    look(told);
    if (!is_under_way(machine_.state().phase) && machine_.state().phase != phase::draft && random_.below(4) == 0) {
      require(machine_.begin_next().has_value());
      require(machine_.state().number == before_.number + 1 && machine_.state().share == 0);
      is_approved_ = false;
    }
  }
  void look(const mr::result<bool>& told) {
    const md::rollout_state& after = machine_.state();
    require(told.has_value() == takes(before_.phase, input_.event));
    require(md::detail::fault_of(after, steps_) == nullptr);
    refusals += !told;
    if (input_.event == event::approve && told) is_approved_ = true;
    auto same = after;
    same.spent = before_.spent;
    require((same == before_) == !(told && *told));
    if (after.phase == before_.phase && after.step == before_.step && after.share == before_.share) return;
    // Never a step left out, and upwards only when something speaks for it and nothing against it.
    require(after.step == before_.step || after.step == before_.step + 1);
    if (after.share > before_.share) {
      require(input_.event == event::start || input_.evidence.verdict != md::verdict::rollback);
      require(before_.phase == phase::draft || before_.phase == phase::running);
    }
    const bool enough =
        before_.share == 0 || (input_.evidence.stable_requests >= 100 && input_.evidence.candidate_requests >= 100);
    if (after.phase == phase::promoting && before_.phase == phase::running) {
      require(input_.evidence.is_allowed);
      require(is_approved_ || (input_.evidence.verdict == md::verdict::promote && enough));
    }
    if (after.phase == phase::promoted) {
      require(before_.phase == phase::promoting && input_.event == event::check);
      require(is_approved_ || input_.evidence.candidate_requests >= 100);
      ++promotions;
    }
    // One primary at any moment: the candidate's share is the whole only from the promotion on.
    require((after.share == md::whole_share) == (after.phase == phase::promoting || after.phase == phase::promoted ||
                                                 (after.phase == phase::paused && after.step == steps_.last())));
    // On the way back the share falls, and nothing but the end follows.
    if (before_.phase == phase::aborting)
      require(after.share < before_.share && (after.phase == phase::aborting || after.phase == phase::rolled_back));
    require(before_.phase != phase::rolled_back && before_.phase != phase::promoted);
    if (after.phase == phase::rolled_back) ++rollbacks;
    if (after.phase != before_.phase || after.step != before_.step)
      if (after.step != before_.step || after.phase == phase::rolled_back || after.phase == phase::aborting)
        is_approved_ = false;
    if (after.phase == phase::aborting && before_.phase != phase::aborting) abort_ends();
  }
  /// Whatever is checked, an abort ends with stable.
  void abort_ends() {
    md::rollout_machine copy = machine_;
    std::uint64_t now = now_;
    for (int i = 0; copy.state().phase == phase::aborting; ++i) {
      require(i < 100);
      copy.update(at(now += second, event::check, says(md::verdict::promote))).value();
    }
    require(copy.state().phase == phase::rolled_back && copy.state().share == 0);
  }
  /// The process is gone, and what was saved is what is gone on from.
  void crash() {
    const auto kept = ms::read_document<md::rollout_state>(ms::write_document(machine_.state()), "kept");
    require(kept.has_value());
    md::rollout_machine next(steps_, machine_.rules());
    require(next.resume_from(*kept).has_value() && next.state() == machine_.state());
    machine_ = std::move(next);
  }

  md::strategy_steps steps_;
  mr::random_engine random_;
  md::rollout_machine machine_;
  md::rollout_state before_;
  md::rollout_input input_;
  std::uint64_t now_ = 0;
  bool is_approved_ = false;
};

}  // namespace

TEST_CASE("random rollouts break no rule", "[deliver][rollout]") {
  constexpr std::size_t events = 1'000'000;
  const md::strategy_steps strategies[] = {md::canary<5, 10, 25, 50, 100>::steps(), md::blue_green::steps(),
                                           md::rolling<1, 2, 2>::steps()};
  for (const auto& steps : strategies) {
    std::uint64_t promotions = 0, rollbacks = 0, refusals = 0;
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      random_rollouts rollouts(steps, seed);
      rollouts.run(events / 30);
      promotions += rollouts.promotions;
      rollbacks += rollouts.rollbacks;
      refusals += rollouts.refusals;
    }
    INFO(steps.name);
    CHECK(promotions > events / 6'000);
    CHECK(rollbacks > events / 6'000);
    CHECK(refusals > events / 60);
  }
}
