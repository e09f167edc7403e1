// expect: millrace\[CHAIN-16\]
// expect: chain\.context
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
  auto chain = mr::chain(score{});
#ifdef MILLRACE_MISUSE
  return chain(amount = 5.0) ? 0 : 1;
#else
  return chain(chain.context(amount = 5.0)) ? 0 : 1;
#endif
}
