// expect: millrace\[CHAIN-10\]:
#include <millrace/chain.hpp>
#include <millrace/middleware/metrics.hpp>

namespace mr = millrace;

inline constexpr mr::field<"batch", int> batch;

struct scale {
  using reads = mr::fields<batch>;
  using writes = mr::fields<batch>;
  void operator()(auto& ctx) const { ctx[batch] *= 2; }
};

mr::metrics_summary counted(mr::observe::metrics_registry& registry) {
  auto chain = mr::chain(scale{}).use(mr::metrics{registry});
#ifdef MILLRACE_MISUSE
  return chain.get<mr::metrics>().summary();
#else
  return chain.get<"metrics">().summary();
#endif
}
