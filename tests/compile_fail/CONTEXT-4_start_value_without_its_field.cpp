// expect: millrace\[CONTEXT-4\]
// expect: context\(amount =
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
  auto ctx = chain.context(5.0);
#else
  auto ctx = chain.context(amount = 5.0);
#endif
  return chain(ctx) ? 0 : 1;
}
