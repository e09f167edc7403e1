// expect: millrace\[DETECT-10\]: a detector with a given limit is made with it
#include <millrace/detect/anomaly/bands.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
mr::detect::z_score<mr::detect::given_limit> made() { return {}; }
#else
mr::detect::z_score<mr::detect::given_limit> made() { return mr::detect::z_score(3.0); }
#endif
