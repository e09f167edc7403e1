#include <millrace/infer/online/prequential.hpp>

#include <millrace/core/seed.hpp>

#include <laws/aggregator.hpp>
#include <support/catch.hpp>
#include <support/envelope.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace mr = millrace;
using mr::infer::prequential;

TEST_CASE("measures are those of model/evaluation over the newest predictions") {
  mr::random_engine random(3);
  prequential found(50);
  CHECK(std::isnan(found.mean_loss()));
  CHECK_FALSE(found.log_loss());
  std::vector<double> predictions;
  std::vector<float> targets;
  double sum = 0, faded = 0, weight = 0;
  for (int i = 0; i < 180; ++i) {
    predictions.push_back(random.uniform());
    targets.push_back(random.uniform() < predictions.back() ? 1.0F : 0.0F);
    const double loss = random.uniform();
    sum += loss;
    faded = 0.995 * faded + loss;
    weight = 0.995 * weight + 1;
    found.update(predictions.back(), targets.back(), loss);
  }
  CHECK(found.count() == 180);
  CHECK(found.mean_loss() == Approx(sum / 180));
  CHECK(found.faded_loss() == Approx(faded / weight));
  const std::vector<double> newest(predictions.end() - 50, predictions.end());
  const std::vector<float> last(targets.end() - 50, targets.end());
  std::vector<int> labels, classes;
  for (std::size_t i = 0; i < 50; ++i) {
    labels.push_back(last[i] > 0 ? 1 : 0);
    classes.push_back(newest[i] > 0.3 ? 1 : 0);
  }
  CHECK(found.predictions().size() == 50);
  CHECK(found.accuracy(0.3).value() == mr::model::accuracy(labels, classes).value());
  CHECK(found.log_loss().value() == Approx(mr::model::log_loss(labels, newest).value()));
  CHECK(found.brier_score().value() == Approx(mr::model::brier_score(labels, newest).value()));
  CHECK(found.roc_auc().value() == mr::model::roc_auc(labels, newest).value());
  CHECK(found.rmse().value() == Approx(mr::model::rmse(last, newest).value()));
  CHECK(found.mae().value() == Approx(mr::model::mae(last, newest).value()));
  CHECK(found.r2().value() == Approx(mr::model::r2(last, newest).value()));
  found.reset();
  CHECK(found.count() == 0);
  CHECK(found.save() == prequential(50).save());
}

TEST_CASE("targets that are no classes are refused by measures of classes alone") {
  prequential found(4);
  found.update(0.5, 1.5F, 1);
  found.update(0.5, 0, 0);
  CHECK(found.log_loss().error().code() == mr::errc::out_of_range);
  CHECK(found.mae().value() == 0.75);
}

TEST_CASE("loaded measures go on as the saved ones, and damaged bytes are an error or measures that work") {
  for (const int before : {0, 3, 5, 12}) {
    prequential first(5);
    for (int i = 0; i < before; ++i) first.update(0.1 * i, static_cast<float>(i % 2), i);
    auto second = prequential::load(first.save());
    REQUIRE(second);
    for (int i = 0; i < 7; ++i) {
      first.update(0.3, 1, i);
      second->update(0.3, 1, i);
    }
    CHECK(first.save() == second->save());
    const auto use = [](prequential& loaded) {
      loaded.update(0.5, 1, 0.5);
      (void)loaded.log_loss();
      CHECK(prequential::load(loaded.save()));
    };
    laws::hostile_payload(first, support::reseal, use, 17, 2000);
    laws::hostile_bytes(first, use);
  }
}

TEST_CASE("measures of losses that are not finite, or whose sum is not, are finite and can be loaded") {
  prequential found(3);
  for (const double loss : {1e308, 1e308, std::numeric_limits<double>::infinity(), 1.0}) found.update(1e200, 1, loss);
  CHECK(found.mean_loss() == 0.75 * prequential::max_loss);
  CHECK(found.faded_loss() < prequential::max_loss);
  const auto loaded = prequential::load(found.save());
  REQUIRE(loaded);
  CHECK(loaded->save() == found.save());
}
