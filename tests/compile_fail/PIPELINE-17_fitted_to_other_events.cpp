// expect: millrace\[PIPELINE-17\]: .*features' events
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
struct refund {
  double amount = 0;
};

#ifdef MILLRACE_MISUSE
using event = refund;
#else
using event = payment;
#endif

bool fits(const std::vector<event>& past, const std::vector<float>& targets) {
  return mm::pipeline_of(mf::features<payment>(mf::numerical<"amount">(&payment::amount)),
                         mm::trained_by<mm::logistic_regression>())
      .fit(past, targets)
      .has_value();
}
