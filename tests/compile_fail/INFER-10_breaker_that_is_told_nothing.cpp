// expect: millrace\[INFER-10\]: a breaker has allows\(\)
#include <millrace/infer/serving.hpp>
#include <millrace/model/linear.hpp>

namespace mi = millrace::infer;
namespace mm = millrace::model;

struct switched_off {
  bool allows() const noexcept { return false; }
};

#ifdef MILLRACE_MISUSE
using guarded = mi::fallback<mi::batcher<mm::ridge>, mi::fallback_values, switched_off>;
#else
using guarded = mi::fallback<mi::batcher<mm::ridge>, mi::fallback_values, mi::no_breaker>;
#endif

std::uint64_t open(const guarded& one) { return one.open(); }
