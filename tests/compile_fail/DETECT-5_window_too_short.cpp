// expect: millrace\[DETECT-5\]: a window of anomalies needs
#include <millrace/detect/anomaly/window_bands.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using detector = mr::detect::robust_z<mr::detect::arl<10'000>, 4>;
#else
using detector = mr::detect::robust_z<mr::detect::arl<10'000>, 8>;
#endif

detector watch() { return {}; }
