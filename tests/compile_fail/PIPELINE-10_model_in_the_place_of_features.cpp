// expect: millrace\[PIPELINE-10\]: .*first step of a pipeline
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
auto make() { mm::pipeline_of(mm::trained_by<mm::ridge>(), mm::trained_by<mm::ridge>()); }
#else
auto make() { return mm::pipeline_of(features(), mm::trained_by<mm::ridge>()); }
#endif
