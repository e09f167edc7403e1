// expect: millrace\[INFER-2\]: a batch has one row at least
#include <millrace/infer/serving.hpp>
#include <millrace/model/linear.hpp>

namespace mi = millrace::infer;
namespace mm = millrace::model;

#ifdef MILLRACE_MISUSE
constexpr auto rows = mi::max_rows<0>;
#else
constexpr auto rows = mi::max_rows<1>;
#endif

std::size_t waiting(const mm::ridge& model) { return mi::batcher(model, rows).waiting(); }
