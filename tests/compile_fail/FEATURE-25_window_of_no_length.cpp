// expect: millrace\[FEATURE-25\]: .*a window of a history has a length above zero
#include <millrace/aggregate/members/sums.hpp>
#include <millrace/feature.hpp>

namespace mf = millrace::feature;

struct swipe {
  double amount;
};

#ifdef MILLRACE_MISUSE
auto make() { return mf::window<"spent", millrace::sum, millrace::seconds(0)>(&swipe::amount); }
#else
auto make() { return mf::window<"spent", millrace::sum, millrace::seconds(60)>(&swipe::amount); }
#endif

auto made = make();
