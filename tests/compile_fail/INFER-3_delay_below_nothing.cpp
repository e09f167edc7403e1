// expect: millrace\[INFER-3\]: a batch cannot wait for less than no time
#include <millrace/infer/serving.hpp>
#include <millrace/model/linear.hpp>

namespace mi = millrace::infer;
namespace mm = millrace::model;

#ifdef MILLRACE_MISUSE
constexpr auto delay = mi::max_delay<millrace::seconds(-1)>;
#else
constexpr auto delay = mi::max_delay<millrace::seconds(0.002)>;
#endif

std::size_t waiting(const mm::ridge& model) { return mi::batcher(model, delay).waiting(); }
