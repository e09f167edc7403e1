// expect: millrace\[CHAIN-12\]
// expect: watch
// expect: risk|'r', 'i', 's', 'k'
#include <millrace/chain.hpp>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"amount", double> amount;
inline constexpr mr::field<"risk", double> risk;

struct score {
  using reads = mr::fields<amount>;
#ifdef MILLRACE_MISUSE
  using writes = mr::fields<>;
  void operator()(auto&) const {}
#else
  using writes = mr::fields<risk>;
  void operator()(auto& ctx) const { ctx[risk] = ctx[amount]; }
#endif
};

struct watch {
  using needs = mr::fields<risk>;
  template <class Stage>
  void after(const Stage&, auto& ctx, const mr::result<void>&) {
    if constexpr (Stage::template is_written<mr::field<"risk", double>>) greatest = ctx[risk];
  }
  double greatest = 0;
};

}  // namespace

int main() {
  auto chain = mr::chain(score{}).use(watch{});
  auto ctx = chain.context(amount = 3);
  return chain(ctx) ? 0 : 1;
}
