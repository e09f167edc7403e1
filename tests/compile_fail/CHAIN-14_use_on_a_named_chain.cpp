// expect: millrace\[CHAIN-14\]
// expect: std::move\(chain\)\.use
#include <millrace/chain.hpp>

#include <utility>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"risk", double> risk;

struct score {
  using reads = mr::fields<>;
  using writes = mr::fields<risk>;
  void operator()(auto& ctx) const { ctx[risk] = 1; }
};
struct count {
  void before(const auto&, auto&) { ++runs; }
  int runs = 0;
};

}  // namespace

int main() {
  auto bare = mr::chain(score{});
#ifdef MILLRACE_MISUSE
  auto chain = bare.use(count{});
#else
  auto chain = std::move(bare).use(count{});
#endif
  auto ctx = chain.context();
  return chain(ctx) ? 0 : 1;
}
