// expect: millrace\[INFER-9\]: what serves instead is
#include <millrace/infer/serving.hpp>
#include <millrace/model/linear.hpp>

namespace mi = millrace::infer;
namespace mm = millrace::model;

#ifdef MILLRACE_MISUSE
using guarded = mi::fallback<mi::batcher<mm::ridge>, double>;
#else
using guarded = mi::fallback<mi::batcher<mm::ridge>, mm::ridge>;
#endif

std::uint64_t open(const guarded& one) { return one.open(); }
