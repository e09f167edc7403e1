// expect: millrace\[PIPELINE-16\]: .*another model than the pipeline's
#include <millrace/model/linear/linear_regression.hpp>
#include <millrace/model/linear/ridge.hpp>
#include <millrace/model/pipeline/table_pipeline.hpp>

#include <vector>

namespace mf = millrace::feature;
namespace mm = millrace::model;

#ifdef MILLRACE_MISUSE
using trained = mm::linear_regression;
#else
using trained = mm::ridge;
#endif

bool fits(const std::vector<mf::specification>& list, const mf::table& history) {
  return mm::table_pipeline<mm::ridge>::fit(list, history, "y", mm::trained_by<trained>()).has_value();
}
