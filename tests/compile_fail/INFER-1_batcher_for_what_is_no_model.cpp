// expect: millrace\[INFER-1\]: a batcher serves a model::predictor
#include <millrace/infer/serving.hpp>
#include <millrace/model/linear.hpp>

namespace mi = millrace::infer;
namespace mm = millrace::model;

struct scale {
  double factor;
};

#ifdef MILLRACE_MISUSE
using served_model = scale;
#else
using served_model = mm::ridge;
#endif

std::size_t waiting(const served_model& model) { return mi::batcher(model).waiting(); }
