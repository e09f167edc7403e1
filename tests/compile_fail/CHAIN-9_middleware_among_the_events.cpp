// expect: millrace\[CHAIN-9\]: .* a middleware is none, and goes into \.use
// expect: watch
#include <millrace/chain.hpp>

namespace mr = millrace;

inline constexpr mr::field<"batch", int> batch;

struct scale {
  using reads = mr::fields<batch>;
  using writes = mr::fields<batch>;
  void operator()(auto& ctx) const { ctx[batch] *= 2; }
};
struct watch {
  void before(const auto&, auto&) {}
};

#ifdef MILLRACE_MISUSE
auto made() { return mr::chain(scale{}, watch{}); }
#else
auto made() { return mr::chain(scale{}).use(watch{}); }
#endif
