// expect: millrace\[FEATURE-20\]: .*takes hour, weekday, day, month, and cyclic of them
#include <millrace/feature.hpp>

#include <chrono>

namespace mf = millrace::feature;

struct person {
  std::chrono::sys_seconds seen;
};

#ifdef MILLRACE_MISUSE
auto make() { return mf::features<person>(mf::temporal<"seen", std::chrono::hours>(&person::seen)); }
#else
auto make() { return mf::features<person>(mf::temporal<"seen", mf::hour>(&person::seen)); }
#endif

auto names() { return make().names(); }
