// expect: millrace\[AGGREGATE-1\]
#include <millrace/aggregate/concepts.hpp>

namespace mr = millrace;

namespace {

struct counter {
#ifndef MILLRACE_MISUSE
  static constexpr bool invertible = true;
#endif
  static constexpr bool exactly_invertible = true;
};

}  // namespace

int main() { return mr::aggregator_traits<counter>::exactly_invertible ? 0 : 1; }
