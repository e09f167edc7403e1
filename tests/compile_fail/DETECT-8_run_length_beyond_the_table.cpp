// expect: millrace\[DETECT-8\]: bocpd knows thresholds for run lengths up to 30'000
#include <millrace/detect/change/bocpd.hpp>

namespace mr = millrace;

using detector = mr::detect::bocpd<mr::detect::arl<100'000>>;

#ifdef MILLRACE_MISUSE
detector make() { return detector({0, 1}); }
#else
detector make() { return detector({0.4, 0.5}, {0, 1}); }
#endif
