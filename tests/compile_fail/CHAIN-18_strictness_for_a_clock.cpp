// expect: millrace\[CHAIN-18\]
// expect: lenient
#include <millrace/chain.hpp>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"amount", double> amount;
inline constexpr mr::field<"risk", double> risk;

struct score {
  using reads = mr::fields<amount>;
  using writes = mr::fields<risk>;
  void operator()(auto& ctx) const { ctx[risk] = ctx[amount] / 100; }
};

}  // namespace

int main() {
#ifdef MILLRACE_MISUSE
  auto chain = mr::chain(score{}).on(mr::lenient{});
#else
  auto chain = mr::chain(score{}).on(mr::tsc_clock{});
#endif
  auto ctx = chain.context(amount = 5.0);
  return chain(ctx) ? 0 : 1;
}
