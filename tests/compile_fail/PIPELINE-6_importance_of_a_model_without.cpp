// expect: millrace\[PIPELINE-6\]: .*does not say how much its columns matter
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
using model = mm::ridge;
#else
using model = mm::boosted_trees<>;
#endif

using pipeline = decltype(mm::pipeline_of(features(), mm::trained_by<model>()))::pipeline_type;

auto ask(const pipeline& fitted) { return fitted.importance(); }
