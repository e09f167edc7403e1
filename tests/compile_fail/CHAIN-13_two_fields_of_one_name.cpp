// expect: millrace\[CHAIN-13\]
// expect: risk|'r', 'i', 's', 'k'
// expect: float
#include <millrace/chain.hpp>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"risk", double> risk;
#ifdef MILLRACE_MISUSE
inline constexpr mr::field<"risk", float> seen;
#else
inline constexpr mr::field<"risk", double> seen;
#endif

struct score {
  using reads = mr::fields<>;
  using writes = mr::fields<risk>;
  void operator()(auto& ctx) const { ctx[risk] = 1; }
};
struct decide {
  using reads = mr::fields<seen>;
  using writes = mr::fields<>;
  void operator()(auto&) const {}
};

}  // namespace

int main() {
  auto chain = mr::chain(score{}, decide{});
  auto ctx = chain.context();
  return chain(ctx) ? 0 : 1;
}
