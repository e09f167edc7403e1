// expect: millrace\[FEATURE-17\]: .*up to which floats count exactly
#include <millrace/feature.hpp>

#include <string>

namespace mf = millrace::feature;

struct person {
  std::string country;
};

#ifdef MILLRACE_MISUSE
auto make() { return mf::features<person>(mf::categorical<"country", 100'000'000>(&person::country)); }
#else
auto make() { return mf::features<person>(mf::categorical<"country", 1'000>(&person::country)); }
#endif

auto names() { return make().names(); }
