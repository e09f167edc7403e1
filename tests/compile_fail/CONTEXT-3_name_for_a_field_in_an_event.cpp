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
#ifdef MILLRACE_MISUSE
  void operator()(auto& ctx) const { ctx["risk"] = ctx[amount] / 100; }
#else
  void operator()(auto& ctx) const { ctx[risk] = ctx[amount] / 100; }
#endif
};

}  // namespace

int main() {
  auto chain = mr::chain(score{});
  auto ctx = chain.context(amount = 5.0);
  return chain(ctx) ? 0 : 1;
}
