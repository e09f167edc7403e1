// expect: millrace\[INFER-5\]: a batcher takes max_rows<N>
#include <millrace/infer/serving.hpp>
#include <millrace/model/linear.hpp>

namespace mi = millrace::infer;
namespace mm = millrace::model;

#ifdef MILLRACE_MISUSE
constexpr int rows = 100;
#else
constexpr auto rows = mi::max_rows<100>;
#endif

std::size_t waiting(const mm::ridge& model) { return mi::batcher(model, rows).waiting(); }
