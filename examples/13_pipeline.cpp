// From a struct to a calibrated score, by one object that is trained, saved and served.
#include <millrace/feature.hpp>
#include <millrace/model/calibration.hpp>
#include <millrace/model/pipeline.hpp>
#include <millrace/model/trees.hpp>

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

namespace mf = millrace::feature;
namespace mm = millrace::model;

// [recipe]
struct payment {
  double amount;
  std::string country;
  bool is_fraud;  // known of past payments
};

auto fraud_recipe() {
  return mm::pipeline_of(
      mf::features<payment>(mf::log<"amount_log">(&payment::amount, mf::outside(mf::refuse)),  // of 0 or less: refused
                            mf::one_hot<"country", "DE", "FR", "US">(&payment::country)),
      mm::trained_by<mm::boosted_trees<>>({.rounds = 40, .leaves = 7}),  // or random_forest, logistic_regression, ...
      mm::calibrated_by<mm::platt>());  // on events that neither features nor model see
}
// [/recipe]

int main() {
  std::vector<payment> past;
  for (int i = 0; i < 2000; ++i) {
    const double amount = 5 + i * 7 % 1000;
    const char* const country = i % 3 == 0 ? "FR" : i % 3 == 1 ? "DE" : "US";
    past.push_back({amount, country, (i % 3 == 0 && amount > 600) != (i % 17 == 0)});
  }
  // [fit]
  const auto fitted = fraud_recipe().fit(past, &payment::is_fraud);
  if (!fitted) return std::fprintf(stderr, "%s\n", fitted.error().describe().c_str()), 1;

  const auto served = fraud_recipe().load(fitted->save());  // another schema, model or calibration: an error
  if (!served) return std::fprintf(stderr, "%s\n", served.error().describe().c_str()), 1;

  const payment now{880, "FR", false};
  const auto answer = (*served)(now);  // no allocation; the same bits in any batch, before saving and after
  if (!answer) return std::fprintf(stderr, "refused: %s\n", answer.refused.column.data()), 1;
  std::printf("probability of fraud %.2f, because of\n", answer.value);
  for (const auto& [feature, adds] : served->explain(now, 2).reasons)
    std::printf("  %s: %+.2f\n", feature.c_str(), adds);  // what it adds to the log odds
  // [/fit]
  const auto refused = (*served)({0, "DE", false});
  return answer.value > 0.5 && !refused && std::isnan(refused.value) ? 0 : 1;
}
