// expect: millrace\[FEATURE-21\]: .*n-grams have 1 to 8 characters
#include <millrace/feature.hpp>

#include <string>

namespace mf = millrace::feature;

struct person {
  std::string country;
};

#ifdef MILLRACE_MISUSE
auto make() { return mf::features<person>(mf::ngrams<"country", 0, 64>(&person::country)); }
#else
auto make() { return mf::features<person>(mf::ngrams<"country", 2, 64>(&person::country)); }
#endif

auto names() { return make().names(); }
