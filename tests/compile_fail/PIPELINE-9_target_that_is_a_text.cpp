// expect: millrace\[PIPELINE-9\]: .*an accessor that gives
#include <millrace/feature.hpp>
#include <millrace/model/calibration.hpp>
#include <millrace/model/linear.hpp>
#include <millrace/model/pipeline.hpp>
#include <millrace/model/trees.hpp>

#include <string>
#include <vector>

namespace mf = millrace::feature;
namespace mm = millrace::model;

struct payment {
  double amount = 0;
  std::string country;
  bool is_fraud = false;
};
auto features() { return mf::features<payment>(mf::numerical<"amount">(&payment::amount)); }

#ifdef MILLRACE_MISUSE
const auto target = &payment::country;
#else
const auto target = &payment::is_fraud;
#endif

bool fits(const std::vector<payment>& past) {
  return mm::pipeline_of(features(), mm::trained_by<mm::ridge>()).fit(past, target).has_value();
}
