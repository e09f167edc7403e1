// expect: millrace\[DETECT-1\]: arl<Drift, Warning> needs 100 <= Drift
#include <millrace/detect/change/cusum.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using detector = mr::detect::cusum<mr::detect::arl<5>>;
#else
using detector = mr::detect::cusum<mr::detect::arl<500>>;
#endif

void watch(detector& d) { d.update(1); }
