// expect: millrace\[DETECT-3\]: kswin needs 8 <= Recent
#include <millrace/detect/change/kswin.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using detector = mr::detect::kswin<mr::detect::arl<10'000>, 40, 32>;
#else
using detector = mr::detect::kswin<mr::detect::arl<10'000>, 64, 32>;
#endif

detector watch() { return {}; }
