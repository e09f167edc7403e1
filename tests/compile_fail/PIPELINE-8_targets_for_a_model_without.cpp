// expect: millrace\[PIPELINE-8\]: .*without targets
#include <millrace/model/trees/isolation_forest.hpp>

#include <compile_fail/payment.hpp>

#include <vector>

#ifdef MILLRACE_MISUSE
using model = mm::isolation_forest;
#else
using model = mm::ridge;
#endif

bool fits(const std::vector<payment>& past) {
  return mm::pipeline_of(features(), mm::trained_by<model>()).fit(past, &payment::amount).has_value();
}
