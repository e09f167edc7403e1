// expect: millrace\[AGGREGATE-2\]: moments are kept to an order from 1 to 4
#include <millrace/aggregate/members/moments.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using sums = mr::moment_sums<5>;
#else
using sums = mr::moment_sums<4>;
#endif

double weight(const sums& s) { return s.weight(); }
