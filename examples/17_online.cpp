// A model that learns from every event as its outcome becomes known, and a detector that says when what it learnt no
// longer holds.
#include <millrace/core/seed.hpp>
#include <millrace/detect.hpp>
#include <millrace/feature.hpp>
#include <millrace/model/linear.hpp>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace mf = millrace::feature;
namespace mm = millrace::model;

struct payment {
  double amount;
  std::string country;
  bool is_fraud;
};

/// Large payments from FR are fraud, and from event 6,000 on small ones from US.
std::vector<payment> made_up(std::size_t count) {
  mr::random_engine random(5);
  std::vector<payment> made;
  for (std::size_t i = 0; i < count; ++i) {
    payment one{1000 * random.uniform(), random.below(2) == 0 ? "FR" : "US", false};
    const bool is_fraud = i < 6000 ? one.country == "FR" && one.amount > 500 : one.country == "US" && one.amount < 500;
    one.is_fraud = is_fraud != (random.below(50) == 0);
    made.push_back(std::move(one));
  }
  return made;
}

int main() {
  const std::vector<payment> events = made_up(12'000);
  std::size_t drifts = 0, first = 0, wrong_before = 0, wrong_at_end = 0;

  // [online]
  auto features = mf::features<payment>(
      mf::standardize<"amount">(&payment::amount, mf::mean_and_stddev{500, 290}),
      mf::cross<"kind", 64>(&payment::country, [](const payment& of) { return of.amount > 500; }));
  auto model = mm::sgd_logistic::make(features.width, {.rate = 0.2});
  if (!model) return std::fprintf(stderr, "%s\n", model.error().describe().c_str()), 1;
  mr::detect::ddm<> errors;

  for (std::size_t i = 0; i < events.size(); ++i) {
    float row[features.width];
    features(events[i], row);
    const float label = events[i].is_fraud ? 1 : 0;
    const double before = model->partial_fit(row, label);  // what was predicted before the label was seen
    const bool is_wrong = (before > 0.5) != events[i].is_fraud;
    if (errors.update(is_wrong ? 1 : 0) == mr::detect::signal::drift) {
      std::printf("event %zu: the model no longer holds; it begins anew\n", i);
      model = mm::sgd_logistic::make(features.width, {.rate = 0.2});
      if (drifts++ == 0) first = i;
    }
    wrong_before += is_wrong && i >= 4000 && i < 6000 ? 1U : 0U;
    wrong_at_end += is_wrong && i >= 10'000 ? 1U : 0U;
  }
  // [/online]
  std::printf("wrong in 2,000 events: %zu before the change, %zu at the end\n", wrong_before, wrong_at_end);
  return drifts == 1 && first >= 6000 && first < 6300 && wrong_before < 80 && wrong_at_end < 80 ? 0 : 1;
}
