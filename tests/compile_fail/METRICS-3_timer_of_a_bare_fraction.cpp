// expect: millrace\[METRICS-3\]
#include <millrace/observe.hpp>

#include <chrono>

namespace mr = millrace;

int main() {
  const mr::observe::timer latency;
#ifdef MILLRACE_MISUSE
  latency.update(0.25);
#else
  latency.update(mr::seconds(0.25));
  latency.update(std::chrono::milliseconds(250));
#endif
}
