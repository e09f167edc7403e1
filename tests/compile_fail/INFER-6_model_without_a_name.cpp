// expect: millrace\[INFER-6\]: a batcher refers to its model
#include <millrace/infer/serving.hpp>
#include <millrace/model/linear.hpp>

namespace mi = millrace::infer;
namespace mm = millrace::model;

#ifdef MILLRACE_MISUSE
mm::ridge fitted();
#else
const mm::ridge& fitted();
#endif

std::size_t waiting() { return mi::batcher(fitted(), mi::max_rows<100>).waiting(); }
