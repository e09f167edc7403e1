// expect: millrace\[FEATURE-19\]: .*quantile_buckets<2> to quantile_buckets<1000>
#include <millrace/feature.hpp>

namespace mf = millrace::feature;

struct person {
  int age = 0;
};

#ifdef MILLRACE_MISUSE
auto make() { return mf::features<person>(mf::bucket<"age">(&person::age, mf::quantile_buckets<1>())); }
#else
auto make() { return mf::features<person>(mf::bucket<"age">(&person::age, mf::quantile_buckets<10>())); }
#endif

auto names() { return make().names(); }
