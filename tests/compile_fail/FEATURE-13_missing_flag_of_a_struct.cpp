// expect: millrace\[FEATURE-13\]: .*not known when it is missing
#include <millrace/feature.hpp>

#include <string>

namespace mf = millrace::feature;

struct place {
  double x, y;
};
struct person {
  std::string country;
  place home;
};

#ifdef MILLRACE_MISUSE
auto make() { return mf::features<person>(mf::missing_flag<"no_home">(&person::home)); }
#else
auto make() { return mf::features<person>(mf::missing_flag<"no_country">(&person::country)); }
#endif

auto names() { return make().names(); }
