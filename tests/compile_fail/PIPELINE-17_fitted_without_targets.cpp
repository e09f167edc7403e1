// expect: millrace\[PIPELINE-17\]: .*a target for each
#include <millrace/feature.hpp>
#include <millrace/model/linear.hpp>
#include <millrace/model/pipeline.hpp>

#include <vector>

namespace mf = millrace::feature;
namespace mm = millrace::model;

struct payment {
  double amount = 0;
  bool is_fraud = false;
};

bool fits(const std::vector<payment>& past) {
  const auto recipe = mm::pipeline_of(mf::features<payment>(mf::numerical<"amount">(&payment::amount)),
                                      mm::trained_by<mm::logistic_regression>());
#ifdef MILLRACE_MISUSE
  return recipe.fit(past).has_value();
#else
  return recipe.fit(past, &payment::is_fraud).has_value();
#endif
}
