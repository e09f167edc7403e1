// expect: millrace\[FEATURE-11\]: .*two rules of a transform are about the same trouble
#include <millrace/feature.hpp>

namespace mf = millrace::feature;

struct person {
  double height = 0;
};

#ifdef MILLRACE_MISUSE
auto make() {
  return mf::features<person>(mf::log<"height">(&person::height, mf::missing(mf::fill(0)), mf::missing(mf::refuse)));
}
#else
auto make() {
  return mf::features<person>(mf::log<"height">(&person::height, mf::missing(mf::fill(0)), mf::outside(mf::refuse)));
}
#endif

auto names() { return make().names(); }
