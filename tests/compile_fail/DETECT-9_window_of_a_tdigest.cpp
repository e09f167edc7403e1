// expect: millrace\[DETECT-9\]: a window is made of a sample, a kll or req sketch
#include <millrace/aggregate.hpp>
#include <millrace/detect/features/drift_reference.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using kept = mr::tdigest<100>;
#else
using kept = mr::kll<200>;
#endif

bool made(const kept& amounts) { return mr::detect::drift_reference::make(amounts).has_value(); }
