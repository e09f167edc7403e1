// expect: millrace\[INFER-8\]: a fallback stands behind what serves requests
#include <millrace/infer/serving.hpp>
#include <millrace/model/linear.hpp>

namespace mi = millrace::infer;
namespace mm = millrace::model;

#ifdef MILLRACE_MISUSE
using guarded = mi::fallback<mm::ridge>;
#else
using guarded = mi::fallback<mi::batcher<mm::ridge>>;
#endif

std::uint64_t open(const guarded& one) { return one.open(); }
