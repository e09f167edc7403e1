// expect: millrace\[FEATURE-14\]: .*needs at least one category
#include <millrace/feature.hpp>

#include <string>

namespace mf = millrace::feature;

struct person {
  std::string country;
};

#ifdef MILLRACE_MISUSE
auto make() { return mf::features<person>(mf::one_hot<"country">(&person::country)); }
#else
auto make() { return mf::features<person>(mf::one_hot<"country", "DE", "FR">(&person::country)); }
#endif

auto names() { return make().names(); }
