// expect: millrace\[PIPELINE-14\]: .*fitted to targets
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
using model = mm::isolation_forest;
#else
using model = mm::random_forest;
#endif

auto make() { return mm::pipeline_of(features(), mm::trained_by<model>(), mm::calibrated_by<mm::platt>()); }
