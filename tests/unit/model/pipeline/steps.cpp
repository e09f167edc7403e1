#include <millrace/model/pipeline/steps.hpp>

#include <millrace/model/calibration/isotonic.hpp>
#include <millrace/model/calibration/platt.hpp>
#include <millrace/model/linear.hpp>
#include <millrace/model/pipeline.hpp>
#include <millrace/model/trees.hpp>

#include <support/catch.hpp>
#include <support/made_rows.hpp>

#include <vector>

namespace mm = millrace::model;

TEST_CASE("trained_by fits as the model's fit does, with its options") {
  const auto made = support::make_rows(60, 4, 2, support::a_number);
  const std::vector<float> weights(60, 2.0F);
  const mm::trained_by<mm::ridge> step({.l2 = 7});
  CHECK(step.options().l2 == 7);
  CHECK(step(made.view(), made.targets, weights)->save() ==
        mm::ridge::fit(made.view(), made.targets, {.l2 = 7}, weights)->save());
  const mm::trained_by<mm::isolation_forest> odd({.trees = 10});
  CHECK(odd(made.view())->save() == mm::isolation_forest::fit(made.view(), {.trees = 10})->save());
}

TEST_CASE("calibrated_by holds out a fifth, or what is asked for") {
  CHECK(mm::calibrated_by<mm::platt>().from.share == 0.2);
  CHECK(mm::calibrated_by<mm::isotonic>({.share = 0.5, .seed = 9}).from.seed == 9);
}
