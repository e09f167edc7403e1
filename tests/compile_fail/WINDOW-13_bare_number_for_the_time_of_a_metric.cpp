// expect: millrace\[WINDOW-13\]: a bare number is no time: write mr::time_point\(t\).*the name of a group stands before the number
#include <millrace/aggregate/keyed/streaming_aggregator.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
void take(mr::streaming_aggregator& metrics) { metrics.update("m", 1.0, 2.0); }
#else
void take(mr::streaming_aggregator& metrics) {
  metrics.update("m", 1.0, mr::time_point(2));
  metrics.update("m", "group", 1.0);
  metrics.update(metrics.metric("m"), 1.0);
}
#endif
