// expect: millrace\[DETECT-11\]: this detector has its limit from the run length
#include <millrace/detect/anomaly/bands.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using detector = mr::detect::z_score<mr::detect::arl<10'000>>;
#else
using detector = mr::detect::z_score<mr::detect::given_limit>;
#endif

detector made() { return detector(3.0); }
