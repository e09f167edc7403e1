// expect: millrace\[DETECT-6\]: seasonal<Period> needs
#include <millrace/detect/anomaly/seasonal.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using detector = mr::detect::seasonal<1>;
#else
using detector = mr::detect::seasonal<2>;
#endif

double watch(const detector& d) { return d.level(); }
