// expect: millrace\[DETECT-2\]: a detector is set by the run length it promises
#include <millrace/detect/adwin.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using detector = mr::adwin<double>;
#else
using detector = mr::adwin<mr::arl<10'000> >;
#endif

detector watch() { return {}; }
