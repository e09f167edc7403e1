// expect: millrace\[METRICS-2\]
#include <millrace/observe.hpp>

namespace mr = millrace;

int main() {
  const mr::observe::counter sold;
  const mr::observe::gauge revenue;
#ifdef MILLRACE_MISUSE
  sold.add(0.75);
#else
  sold.add(1);
  revenue.add(0.75);
#endif
}
