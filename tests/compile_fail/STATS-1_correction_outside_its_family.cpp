// expect: millrace\[STATS-1\]: a correction covers its whole family
#include <millrace/stats/family.hpp>

namespace mr = millrace;

using metrics = mr::stats::family<mr::stats::holm, 3>;

double smallest(double ctr, double revenue, double latency) {
#ifdef MILLRACE_MISUSE
  return metrics{}.adjusted({ctr, revenue + latency})->front();
#else
  return metrics{}.adjusted({ctr, revenue, latency})->front();
#endif
}
