// expect: millrace\[INFER-12\]: a batcher refers to its monitor
#include <millrace/infer/serving.hpp>
#include <millrace/model/linear.hpp>

namespace mi = millrace::infer;
namespace mm = millrace::model;

#ifdef MILLRACE_MISUSE
mi::serving_metrics<> watch();
#else
const mi::serving_metrics<>& watch();
#endif

std::size_t waiting(const mm::ridge& model) { return mi::batcher(model, watch(), mi::max_rows<100>).waiting(); }
