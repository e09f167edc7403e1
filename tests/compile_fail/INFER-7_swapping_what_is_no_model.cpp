// expect: millrace\[INFER-7\]: what is swapped is a model::predictor
#include <millrace/infer/serving.hpp>
#include <millrace/model/linear.hpp>

namespace mi = millrace::infer;
namespace mm = millrace::model;

struct scale {
  double factor;
};

#ifdef MILLRACE_MISUSE
using live_model = mi::swappable<scale>;
#else
using live_model = mi::swappable<mm::ridge>;
#endif

std::uint64_t version(const live_model& live) { return live.version(); }
