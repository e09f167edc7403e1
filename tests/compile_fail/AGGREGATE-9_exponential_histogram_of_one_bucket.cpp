// expect: millrace\[AGGREGATE-9\]: exponential_histogram<Most>: the buckets must be from 2 to 65536
#include <millrace/aggregate/histograms/exponential_histogram.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using histogram = mr::exponential_histogram<1>;
#else
using histogram = mr::exponential_histogram<2>;
#endif

double median(const histogram& seen) { return seen.median(); }
