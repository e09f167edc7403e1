// expect: millrace\[SKETCH-15\]: get<Member>\(place\): only `quantiles` is asked at a place
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/members/sketch_members.hpp>

namespace mr = millrace;

double p99(const mr::aggregate<mr::mean, mr::quantiles<>>& latency) {
#ifdef MILLRACE_MISUSE
  return latency.get<mr::mean>(0.99);
#else
  return latency.get<mr::quantiles>(0.99) + latency.get<mr::quantiles<>>(0.99);
#endif
}
