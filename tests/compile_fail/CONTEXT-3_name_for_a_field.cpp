// expect: millrace\[CONTEXT-3\]
// expect: mr::field<
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
  auto ctx = chain.context(amount = 5.0);
  if (!chain(ctx)) return 1;
#ifdef MILLRACE_MISUSE
  return ctx["risk"] > 0.5;
#else
  return ctx[risk] > 0.5;
#endif
}
