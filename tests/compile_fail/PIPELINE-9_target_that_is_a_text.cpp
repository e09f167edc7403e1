// expect: millrace\[PIPELINE-9\]: .*an accessor that gives
#include <compile_fail/payment.hpp>

#include <vector>

#ifdef MILLRACE_MISUSE
const auto target = &payment::country;
#else
const auto target = &payment::is_fraud;
#endif

bool fits(const std::vector<payment>& past) {
  return mm::pipeline_of(features(), mm::trained_by<mm::ridge>()).fit(past, target).has_value();
}
