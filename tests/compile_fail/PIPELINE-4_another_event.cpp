// expect: millrace\[PIPELINE-4\]: .*something else than the event
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
struct refund {
  double amount = 0;
};
auto features() { return mf::features<payment>(mf::numerical<"amount">(&payment::amount)); }
using fitted = decltype(mm::pipeline_of(features(), mm::trained_by<mm::ridge>()))::pipeline_type;

#ifdef MILLRACE_MISUSE
double ask(const fitted& model) { return model(refund{3}), 0; }
#else
double ask(const fitted& model) { return model(payment{3, "DE"}); }
#endif
