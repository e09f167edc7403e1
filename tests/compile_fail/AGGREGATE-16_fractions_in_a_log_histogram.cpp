// expect: use of deleted function .*update|call to deleted member function 'update'
#include <millrace/aggregate/histograms/log_histogram.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
void took(mr::log_histogram& latency, double milliseconds) { latency.update(milliseconds); }
#else
void took(mr::log_histogram& latency, unsigned microseconds) { latency.update(microseconds); }
#endif
