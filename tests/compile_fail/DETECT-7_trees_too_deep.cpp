// expect: millrace\[DETECT-7\]: half_space_trees needs
#include <millrace/detect/anomaly/half_space_trees.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using detector = mr::detect::half_space_trees<3, mr::detect::arl<1'000>, 25, 16>;
#else
using detector = mr::detect::half_space_trees<3, mr::detect::arl<1'000>, 25, 4>;
#endif

double watch(detector& d) { return static_cast<double>(d.count()); }
