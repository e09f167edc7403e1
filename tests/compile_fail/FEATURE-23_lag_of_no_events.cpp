// expect: millrace\[FEATURE-23\]: .*a history looks back by one event at least
#include <millrace/feature.hpp>

namespace mf = millrace::feature;

struct swipe {
  double amount;
};

#ifdef MILLRACE_MISUSE
auto made = mf::lag<"before", 0>(&swipe::amount);
#else
auto made = mf::lag<"before", 1>(&swipe::amount);
#endif
