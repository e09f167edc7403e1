// expect: millrace\[CHAIN-1\]
// expect: onlooker
#include <millrace/chain.hpp>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"batch", int> batch;
inline constexpr mr::field<"labels", int> labels;

struct scale {
  using reads = mr::fields<batch>;
  using writes = mr::fields<batch>;
  void operator()(auto& ctx) const { ctx[batch] *= 2; }
};

struct onlooker {
#ifndef MILLRACE_MISUSE
  void before(const auto&, auto&) {}
#endif
};

}  // namespace

int main() {
  auto chain = mr::chain(scale{}).use(onlooker{});
  auto ctx = chain.context(batch = 1);
  return chain(ctx) ? 0 : 1;
}
