#include <millrace/model/pipeline/steps.hpp>

#include <millrace/model/calibration/isotonic.hpp>
#include <millrace/model/calibration/platt.hpp>
#include <millrace/model/linear.hpp>
#include <millrace/model/network.hpp>
#include <millrace/model/parallel.hpp>
#include <millrace/model/pipeline.hpp>
#include <millrace/model/trees.hpp>

#include <support/catch.hpp>
#include <support/made_rows.hpp>

#include <cstddef>
#include <utility>
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

TEST_CASE("trained_by fits with the loss that it is given") {
  auto made = support::make_rows(150, 4, 2, support::a_number);
  for (std::size_t i = 0; i < made.targets.size(); ++i) made.targets[i] = static_cast<float>(i % 3);
  using boosted = mm::boosted_trees<mm::softmax_loss>;
  const mm::softmax_loss three{3};
  const auto expected = boosted::fit(made.view(), made.targets, {.rounds = 3}, {}, three)->save();
  const mm::trained_by<boosted> step({.rounds = 3}, three);
  CHECK(step(made.view(), made.targets, {})->save() == expected);
  CHECK(mm::trained_by<boosted>({.rounds = 3}, three, mm::threads(2))(made.view(), made.targets, {})->save() ==
        expected);
  CHECK_FALSE(mm::trained_by<boosted>({.rounds = 3})(made.view(), made.targets, {}));  // of two classes
  using network = mm::mlp<mm::softmax_loss>;
  CHECK(mm::trained_by<network>({.epochs = 2}, three)(made.view(), made.targets, {})->save() ==
        network::fit(made.view(), made.targets, {.epochs = 2}, {}, three)->save());
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

TEST_CASE("trained_by keeps an executor that is a temporary, as do its copies") {
  struct gone {
    bool* is_gone;
    explicit gone(bool& flag) : is_gone(&flag) {}
    gone(gone&& other) noexcept : is_gone(std::exchange(other.is_gone, nullptr)) {}
    ~gone() {
      if (is_gone != nullptr) *is_gone = true;
    }
    void run(std::size_t count, mm::numbered_job job) const {
      REQUIRE_FALSE(*is_gone);
      mm::inline_executor::run(count, job);
    }
  };
  const auto made = support::make_rows(200, 4, 2, support::two_classes);
  const auto expected = mm::random_forest::fit(made.view(), made.targets, {.trees = 9})->save();
  bool is_gone = false;
  {
    mm::trained_by<mm::random_forest> last;
    {
      const mm::trained_by<mm::random_forest> step({.trees = 9}, gone(is_gone));
      CHECK_FALSE(is_gone);
      CHECK(step(made.view(), made.targets, {})->save() == expected);
      const auto copy = step;
      last = copy;
    }
    CHECK_FALSE(is_gone);
    CHECK(last(made.view(), made.targets, {})->save() == expected);
  }
  CHECK(is_gone);
  const mm::trained_by<mm::random_forest> threaded({.trees = 9}, mm::threads(2));
  CHECK(threaded(made.view(), made.targets, {})->save() == expected);
}

TEST_CASE("calibrated_by holds out a fifth, or what is asked for") {
  CHECK(mm::calibrated_by<mm::platt>().from.share == 0.2);
  CHECK(mm::calibrated_by<mm::platt>({}).from.share == 0.2);
  CHECK(mm::calibrated_by<mm::isotonic>({.share = 0.5, .seed = 9}).from.seed == 9);
}
