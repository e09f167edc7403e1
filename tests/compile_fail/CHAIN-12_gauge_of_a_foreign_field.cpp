// expect: millrace\[CHAIN-12\]
// expect: metrics
// expect: rsik|'r', 's', 'i', 'k'
#include <millrace/chain.hpp>
#include <millrace/middleware/metrics.hpp>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"risk", double> risk;
inline constexpr mr::field<"rsik", double> rsik;

struct score {
  using reads = mr::fields<>;
  using writes = mr::fields<risk>;
  void operator()(auto& ctx) const { ctx[risk] = 1; }
};

}  // namespace

int main() {
  mr::observe::metrics_registry registry;
#ifdef MILLRACE_MISUSE
  auto chain = mr::chain(score{}).use(mr::metrics<rsik>{registry});
#else
  auto chain = mr::chain(score{}).use(mr::metrics<risk>{registry});
#endif
  auto ctx = chain.context();
  return chain(ctx) ? 0 : 1;
}
