// expect: millrace\[DETECT-1\]: arl<Drift, Warning> needs 100 <= Drift
#include <millrace/detect/cusum.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using detector = mr::cusum<mr::arl<5>>;
#else
using detector = mr::cusum<mr::arl<500>>;
#endif

void watch(detector& d) { d.update(1); }
