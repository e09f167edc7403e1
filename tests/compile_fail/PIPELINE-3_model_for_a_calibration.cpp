// expect: millrace\[PIPELINE-3\]: .*is no calibrator
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
mm::calibrated_by<mm::ridge> step;
#else
mm::calibrated_by<mm::platt> step;
#endif
