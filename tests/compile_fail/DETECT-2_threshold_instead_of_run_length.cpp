// expect: millrace\[DETECT-2\]: a detector is set by the run length it promises
#include <millrace/detect/change/adwin.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using detector = mr::detect::adwin<double>;
#else
using detector = mr::detect::adwin<mr::detect::arl<10'000>>;
#endif

detector watch() { return {}; }
