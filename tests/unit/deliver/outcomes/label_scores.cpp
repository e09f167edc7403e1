#include <millrace/deliver/outcomes/label_scores.hpp>

#include <millrace/core/clock.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/deliver/judge.hpp>
#include <millrace/deliver/outcomes/outcome_join.hpp>
#include <millrace/deliver/outcomes/prediction_log.hpp>
#include <millrace/deliver/rollout.hpp>
#include <millrace/store/memory_storage.hpp>

#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace md = millrace::deliver;
namespace ms = millrace::store;

using phase = md::rollout_phase;

namespace {

struct payment {
  std::string id;
  std::string user;
  bool is_fraud = false;  // known days later
};
/// Says how likely a fraud is, right for the most part, or wrong that often.
struct scorer {
  double wrong = 0.02;
  double operator()(const payment& asked) const noexcept {
    std::uint64_t state = md::unit_hash("chance", asked.id);
    const bool is_wrong = mr::random_engine(state).uniform() < wrong;
    return asked.is_fraud != is_wrong ? 0.9 : 0.1;
  }
};
/// The share of payments that were taken for what they were not.
struct wrong_label {
  static constexpr std::string_view name = "wrong_label";
  static constexpr md::tolerance tolerated{2, 0.01};
  static double badness(double score) noexcept { return score; }
};
using judge = md::judge<md::error_rate<>, wrong_label>;

constexpr auto is_wrong = [](const md::joined_row& row) {
  return (row.prediction.outputs[0] > 0.5) != (row.label > 0.5) ? 1.0 : 0.0;
};
constexpr std::uint64_t day = 86'400'000'000'000;
const std::uint64_t first_day = mr::unix_nanoseconds() - 10 * day;

std::vector<payment> payments(int count, std::uint64_t seed) {
  mr::random_engine draw(seed);
  std::vector<payment> made(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < made.size(); ++i)
    made[i] = {"pay-" + std::to_string(seed) + '-' + std::to_string(i), "user-" + std::to_string(draw.below(1'000'000)),
               draw.uniform() < 0.3};
  return made;
}

template <class Storage>
auto release_on(Storage& storage, double wrong) {
  using policy = md::rollout<scorer, scorer, md::canary<50, 100>, judge, md::unit_of<std::string payment::*>,
                             md::kept_in<Storage>, md::rollout_options>;
  return policy(scorer{}, scorer{wrong}, md::canary<50, 100>(), judge(), md::unit_of{&payment::user},
                md::kept_in<Storage>(storage), md::rollout_options{.name = "fraud", .rules = {.min_requests = 500}});
}
template <class Release>
void serve(Release& release, md::prediction_log& log, const std::vector<payment>& all, std::uint64_t time) {
  for (const payment& each : all) {
    md::rollout_ticket ticket;
    const double score = release(each, ticket);
    REQUIRE(log.append(md::placed_by(ticket, {.id = each.id, .time = time, .outputs = {&score, 1}})));
  }
}

}  // namespace

TEST_CASE("a canary whose fault is in labels that come days later is rolled back by them", "[deliver][outcomes]") {
  const auto today = payments(6000, 1);
  for (const double wrong : {0.02, 0.12}) {
    INFO("wrong " << wrong);
    support::temp_dir folder;
    ms::memory_storage storage;
    std::uint64_t counted = 0;
    {
      auto release = release_on(storage, wrong);
      auto log = md::prediction_log::open(folder / "log");
      REQUIRE(log);
      serve(release, *log, payments(500, 2), first_day);  // of a draft, which are no evidence
      REQUIRE(release.start());
      serve(release, *log, today, first_day);
      REQUIRE(log->close());
      // No request has failed, and so without labels nothing is known against the candidate, and nothing for it.
      REQUIRE(release.decide()->phase == phase::running);
      CHECK(release.verdict() == md::verdict::hold);

      // Three days later the first labels come, the newest first, some twice, with some of requests that nobody made.
      auto join = md::outcome_join::open(folder / "log");
      REQUIRE(join);
      auto tell = md::score_labels<wrong_label>(release, is_wrong);
      for (std::size_t i = 0; i < 100; ++i) {
        const payment& known = today[today.size() - 1 - i];
        for (const std::string& id : {known.id, known.id, "none" + known.id})
          REQUIRE(join->update({.id = id, .label = known.is_fraud ? 1.0 : 0.0, .time = first_day + 3 * day}, tell));
      }
      CHECK(tell.counted() == 100);
      for (const payment& each : payments(500, 2))
        REQUIRE(join->update({.id = each.id, .label = 1, .time = first_day + 3 * day}, tell));
      CHECK(tell.counted() == 100);
      CHECK(tell.skipped() == 500);
      REQUIRE(join->flush());
      REQUIRE(release.decide());
      counted = tell.counted();
    }
    // The process is another one by now. What was counted is not counted again.
    auto release = release_on(storage, wrong);
    REQUIRE(release.restore());
    auto join = md::outcome_join::open(folder / "log");
    REQUIRE(join);
    auto tell = md::score_labels<wrong_label>(release, is_wrong);
    REQUIRE(join->refresh(tell));
    std::size_t labels = 0;
    for (std::size_t i = today.size(); i > 0 && release.state().phase == phase::running; --i, ++labels) {
      REQUIRE(join->update(
          {.id = today[i - 1].id, .label = today[i - 1].is_fraud ? 1.0 : 0.0, .time = first_day + 4 * day}, tell));
      if (labels % 100 == 0) REQUIRE(release.decide());
    }
    REQUIRE(release.decide());
    INFO("labels " << labels << ", counted " << tell.counted());
    CHECK(tell.counted() + counted == (labels > 100 ? labels : 100));  // the first 100 came again
    if (wrong < 0.1) {
      CHECK(release.state().phase == phase::promoting);
    } else {
      CHECK(release.state().phase == phase::rolled_back);
      CHECK(release.state().cause == md::rollout_cause::evidence);
      CHECK_THAT(release.state().reason, ContainsSubstring("wrong_label is worse"));
      CHECK(labels < 1500);
    }
  }
}

TEST_CASE("a label of an earlier rollout, or of what chance did not place, is no score", "[deliver][outcomes]") {
  ms::memory_storage storage;
  auto release = release_on(storage, 0.02);
  auto tell = md::score_labels<wrong_label>(release, is_wrong);
  md::rollout_ticket ticket;
  const payment asked{"a", "ada", true};
  const auto row = [&] {
    const double score = release(asked, ticket);
    static double kept;
    kept = score;
    return md::joined_row{md::placed_by(ticket, {.id = "a", .outputs = {&kept, 1}}), 1, 0};
  };
  tell(row());
  CHECK(tell.skipped() == 1);  // a draft
  REQUIRE(release.start());
  const auto of_first = row();
  CHECK(of_first.prediction.rollout == 1);
  CHECK(of_first.prediction.unit == ticket.unit);
  CHECK(of_first.prediction.arm == ticket.arm);
  tell(of_first);
  CHECK(tell.counted() == 1);
  REQUIRE(release.roll_back("ada", "slow"));
  tell(of_first);
  CHECK(tell.counted() == 2);  // it is known later, and belongs to the evidence all the same
  REQUIRE(release.begin(scorer{}));
  REQUIRE(release.start());
  tell(of_first);
  CHECK(tell.counted() == 2);
  CHECK(tell.skipped() == 2);
}
