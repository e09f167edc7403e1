// expect: millrace\[DETECT-6\]: seasonal<Period> needs
#include <millrace/detect/seasonal.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using detector = mr::seasonal<1>;
#else
using detector = mr::seasonal<2>;
#endif

double watch(const detector& d) { return d.level(); }
