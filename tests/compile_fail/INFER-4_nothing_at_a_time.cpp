// expect: millrace\[INFER-4\]: nothing runs with a concurrency of 0
#include <millrace/infer/serving.hpp>
#include <millrace/model/linear.hpp>

namespace mi = millrace::infer;
namespace mm = millrace::model;

#ifdef MILLRACE_MISUSE
constexpr auto at_a_time = mi::concurrency<0>;
#else
constexpr auto at_a_time = mi::concurrency<2>;
#endif

std::size_t waiting(const mm::ridge& model) { return mi::batcher(model, at_a_time).waiting(); }
