#include <millrace/model/pipeline/steps.hpp>

#include <millrace/model/calibration/isotonic.hpp>
#include <millrace/model/calibration/platt.hpp>
#include <millrace/model/linear.hpp>
#include <millrace/model/parallel.hpp>
#include <millrace/model/pipeline.hpp>
#include <millrace/model/trees.hpp>

#include <support/catch.hpp>
#include <support/made_rows.hpp>

#include <cstddef>
#include <vector>

namespace mm = millrace::model;

TEST_CASE("trained_by fits as the model's fit does, with its options") {
  const auto made = support::make_rows(60, 4, 2, support::a_number);
  const std::vector<float> weights(60, 2.0F);
  const mm::trained_by<mm::ridge> step({.l2 = 7});
  CHECK(step.options().l2 == 7);
  CHECK(step(made.view(), made.targets, weights)->save() ==
        mm::ridge::fit(made.view(), made.targets, {.l2 = 7}, weights)->save());
  CHECK(mm::trained_by<mm::ridge>({}).options().l2 == mm::trained_by<mm::ridge>().options().l2);  // the defaults
  const mm::trained_by<mm::isolation_forest> odd({.trees = 10});
  CHECK(odd(made.view())->save() == mm::isolation_forest::fit(made.view(), {.trees = 10})->save());
}

namespace {

/// Counts what it is asked to run.
struct counting_executor {
  std::size_t jobs = 0;
  void run(std::size_t count, mm::numbered_job job) {
    jobs += count;
    mm::inline_executor::run(count, job);
  }
};

}  // namespace

TEST_CASE("trained_by fits on the executor that it is given, if the model has use for it") {
  const auto made = support::make_rows(200, 4, 2, support::two_classes);
  counting_executor forest, boosted, ridge;
  REQUIRE(mm::trained_by<mm::random_forest>({.trees = 9}, forest)(made.view(), made.targets, {}));
  REQUIRE(mm::trained_by<mm::boosted_trees<>>({.rounds = 3}, boosted)(made.view(), made.targets, {}));
  REQUIRE(mm::trained_by<mm::ridge>({}, ridge)(made.view(), made.targets, {}));
  CHECK(forest.jobs > 0);
  CHECK(boosted.jobs > 0);
  CHECK(ridge.jobs == 0);
}

TEST_CASE("calibrated_by holds out a fifth, or what is asked for") {
  CHECK(mm::calibrated_by<mm::platt>().from.share == 0.2);
  CHECK(mm::calibrated_by<mm::platt>({}).from.share == 0.2);
  CHECK(mm::calibrated_by<mm::isotonic>({.share = 0.5, .seed = 9}).from.seed == 9);
}
