// expect: millrace\[DETECT-4\]: bocpd<RunLength, Most> needs
#include <millrace/detect/change/bocpd.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using detector = mr::detect::bocpd<mr::detect::arl<10'000>, 2>;
#else
using detector = mr::detect::bocpd<mr::detect::arl<10'000>, 16>;
#endif

void watch(detector& d) { d.update(1); }
