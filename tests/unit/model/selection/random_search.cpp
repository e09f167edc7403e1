#include <millrace/model/selection/random_search.hpp>

#include <millrace/model/evaluation/measures.hpp>
#include <millrace/model/trees/boosted_trees.hpp>

#include <support/catch.hpp>
#include <support/made_rows.hpp>

#include <limits>
#include <stdexcept>
#include <vector>

namespace mr = millrace;
using namespace mr::model;
using mr::errc;

namespace {

struct bowl {
  double x = 0;
  std::size_t steps = 0;
};
search_space<bowl, detail::varied<bowl, double, uniform>, detail::spent<bowl, std::size_t>> bowl_space() {
  return search_space(bowl{}, vary(&bowl::x, uniform(-1, 1)), spend(&bowl::steps));
}
/// Lowest at 0.3; with less spent on it, other values look a little better than they are.
double bowl_loss(const bowl& at, std::size_t steps) {
  const double apart = at.x - 0.3;
  return apart * apart + 1.0 / static_cast<double>(steps);
}

}  // namespace

TEST_CASE("random search finds better options of boosted trees than the defaults") {
  const auto train = support::make_rows(400, 5, 1, support::two_classes);
  const auto test = support::make_rows(400, 5, 2, support::two_classes);
  // [random_search]
  using mr::model::boosting_options;
  const mr::model::search_space space(
      boosting_options{.seed = 7}, mr::model::vary(&boosting_options::leaves, mr::model::whole_numbers(3, 63)),
      mr::model::vary(&boosting_options::learning_rate, mr::model::log_uniform(0.02, 0.5)),
      mr::model::vary(&boosting_options::row_share, mr::model::one_of(0.5, 0.8, 1.0)),
      mr::model::spend(&boosting_options::rounds));
  const auto loss = [&](const boosting_options& with, std::size_t) -> mr::result<double> {
    auto fitted = mr::model::boosted_trees<>::fit(train.view(), train.targets, with);
    if (!fitted) return std::move(fitted).error();
    std::vector<double> probabilities(test.rows());
    fitted->predict(test.view(), probabilities);
    return mr::model::log_loss(std::vector<int>(test.targets.begin(), test.targets.end()), probabilities);
  };
  // 9 trials of 5 rounds, the best 3 of them with 15, the best with 45.
  const auto found = mr::model::random_search(space, loss, {.trials = 9, .first_resource = 5, .last_resource = 45});
  if (!found) throw std::runtime_error(found.error().describe());  // names the trial
  const boosting_options& best = found->options();
  // [/random_search]
  CHECK(best.rounds == 45);
  CHECK(best.seed == 7);
  CHECK(found->score() < *loss({.rounds = 5}, 5));
  std::size_t at_15 = 0, at_45 = 0;
  for (const auto& trial : found->trials)
    for (const auto& score : trial.scores) {
      at_15 += score.resource == 15 ? 1U : 0U;
      at_45 += score.resource == 45 ? 1U : 0U;
    }
  CHECK(at_15 == 3);
  CHECK(at_45 == 1);
}

TEST_CASE("successive halving goes on with the best, whose options have the last resource") {
  const auto space = bowl_space();
  const auto found = random_search(space, bowl_loss, {.trials = 27, .first_resource = 10, .last_resource = 270});
  REQUIRE(found);
  CHECK_FALSE(found->out_of_time);
  REQUIRE(found->trials.size() == 27);
  std::vector<std::size_t> counts(5);
  for (std::size_t k = 0; k < 27; ++k) {
    const auto& trial = found->trials[k];
    ++counts[trial.scores.size()];
    // The loss falls alike for all, so the best is the one nearest to 0.3.
    CHECK((trial.options.x - 0.3) * (trial.options.x - 0.3) >= (found->options().x - 0.3) * (found->options().x - 0.3));
    CHECK(trial.options.steps == trial.scores.back().resource);
  }
  CHECK(counts == std::vector<std::size_t>{0, 18, 6, 2, 1});
  CHECK(found->options().steps == 270);
  CHECK(found->score() == bowl_loss(found->options(), 270));
  CHECK(found->trials[found->best].scores[1].resource == 30);
  // The same on several threads.
  threads three(3);
  const auto together = random_search(space, bowl_loss, {.trials = 27, .first_resource = 10, .last_resource = 270},
                                      mr::steady_clock(), three);
  REQUIRE(together);
  CHECK(together->best == found->best);
  CHECK(together->score() == found->score());
  for (std::size_t k = 0; k < 27; ++k) {
    REQUIRE(together->trials[k].scores.size() == found->trials[k].scores.size());
    CHECK(together->trials[k].scores.back().score == found->trials[k].scores.back().score);
  }
  // The first trials are the same, whatever their number; a seed gives others.
  const auto fewer = random_search(space, bowl_loss, {.trials = 5});
  REQUIRE(fewer);
  for (std::size_t k = 0; k < 5; ++k) CHECK(fewer->trials[k].options.x == found->trials[k].options.x);
  const auto other = random_search(space, bowl_loss, {.trials = 5, .seed = 2});
  CHECK(other->trials[0].options.x != fewer->trials[0].options.x);
}

TEST_CASE("resources that are no power of the factor apart, one trial, and the highest score") {
  const auto space = bowl_space();
  const auto uneven =
      random_search(space, bowl_loss, {.trials = 10, .first_resource = 10, .last_resource = 100, .factor = 4});
  REQUIRE(uneven);
  const auto& best = uneven->trials[uneven->best].scores;
  REQUIRE(best.size() == 3);
  CHECK(best[1].resource == 40);
  CHECK(best[2].resource == 100);
  const auto single = random_search(space, bowl_loss, {.trials = 1, .first_resource = 1, .last_resource = 1000});
  REQUIRE(single);
  CHECK(single->trials[0].scores.size() == 2);
  CHECK(single->options().steps == 1000);
  const auto high =
      random_search(space, [](const bowl& at, std::size_t) { return at.x; }, {.trials = 40, .wanted = goal::high});
  REQUIRE(high);
  for (const auto& trial : high->trials) CHECK(trial.options.x <= high->options().x);
  const auto equal = random_search(space, [](const bowl&, std::size_t) { return 1.0; }, {.trials = 40});
  CHECK(equal->best == 0);
}

TEST_CASE("a search ends with its budget of time, and returns the best of those that went furthest") {
  const auto space = bowl_space();
  std::uint64_t now = 0;
  const auto slow = [&](const bowl& at, std::size_t steps) {
    now += 1'000'000'000;
    return bowl_loss(at, steps);
  };
  const mr::manual_clock clock(now);
  const auto found = random_search(
      space, slow, {.trials = 9, .first_resource = 1, .last_resource = 9, .budget = mr::seconds(10.5)}, clock);
  REQUIRE(found);
  CHECK(found->out_of_time);
  std::size_t scores = 0;
  for (const auto& trial : found->trials) scores += trial.scores.size();
  CHECK(scores == 11);
  CHECK(found->trials[found->best].scores.size() == 2);
  CHECK(found->options().steps == 3);
  CHECK(found->trials[0].scores[0].nanoseconds == 1'000'000'000);
  const auto none = random_search(space, slow, {.trials = 9, .budget = mr::duration(1)}, clock);
  REQUIRE(none);
  CHECK(none->out_of_time);
  CHECK(none->best == 0);
  CHECK(none->trials[1].scores.empty());
  // Time that is used up with the last score cuts nothing off.
  const auto all = random_search(space, slow, {.trials = 2, .budget = mr::seconds(2)}, clock);
  REQUIRE(all);
  CHECK_FALSE(all->out_of_time);
  // A clock that is set back has used nothing up.
  now = 10'000'000'000;
  const auto back = [&](const bowl& at, std::size_t steps) {
    now -= 1'000'000'000;
    return bowl_loss(at, steps);
  };
  const auto whole = random_search(space, back, {.trials = 4, .budget = mr::seconds(2)}, clock);
  REQUIRE(whole);
  CHECK_FALSE(whole->out_of_time);
}

TEST_CASE("a search refuses wrong options, and names the trial that fails") {
  const auto space = bowl_space();
  CHECK(random_search(space, bowl_loss, {.trials = 0}).error().code() == errc::invalid_argument);
  CHECK(random_search(space, bowl_loss, {.first_resource = 0}).error().code() == errc::invalid_argument);
  CHECK(random_search(space, bowl_loss, {.first_resource = 2}).error().code() == errc::invalid_argument);
  CHECK(random_search(space, bowl_loss, {.factor = 1}).error().code() == errc::invalid_argument);
  CHECK(random_search(space, bowl_loss, {.budget = mr::seconds(-1)}).error().code() == errc::invalid_argument);
  const search_space empty(bowl{}, vary(&bowl::x, uniform(1, 0)));
  CHECK(random_search(empty, bowl_loss).error().code() == errc::invalid_argument);
  int calls = 0;
  const auto failing = random_search(space, [&](const bowl&, std::size_t) -> mr::result<double> {
    if (++calls == 4) return mr::error(errc::invalid_data, "one class only");
    return 1.0;
  });
  REQUIRE_FALSE(failing);
  CHECK(failing.error().code() == errc::invalid_data);
  CHECK(failing.error().describe() == "random search, trial 3 at resource 1: one class only");
  CHECK(calls == 4);
  const auto nan = random_search(
      space, [](const bowl&, std::size_t) { return std::numeric_limits<double>::quiet_NaN(); }, {.trials = 2});
  CHECK(nan.error().code() == errc::not_finite);
  CHECK_THAT(nan.error().message(), ContainsSubstring("trial 0"));
}

namespace {
/// The order that threads may end up with at worst.
struct backwards {
  static void run(std::size_t jobs, numbered_job job) {
    for (std::size_t i = jobs; i > 0; --i) job(i - 1);
  }
};
}  // namespace

TEST_CASE("of trials that fail, the same one is named in whatever order they are tried") {
  const auto space = bowl_space();
  const auto drawn = random_search(space, bowl_loss, {.trials = 40});
  REQUIRE(drawn);
  const auto fails_for_two = [&](const bowl& with, std::size_t) -> mr::result<double> {
    if (with.x == drawn->trials[1].options.x || with.x == drawn->trials[30].options.x)
      return mr::error(errc::invalid_data, "one class only");
    return 1.0;
  };
  threads four(4);
  backwards from_the_end;
  for (const executor_reference& on :
       {executor_reference(), executor_reference(from_the_end), executor_reference(four)}) {
    const auto failing = random_search(space, fails_for_two, {.trials = 40}, mr::steady_clock(), on);
    REQUIRE_FALSE(failing);
    CHECK_THAT(failing.error().describe(), ContainsSubstring("trial 1 at"));
  }
}
