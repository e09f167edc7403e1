// expect: millrace\[CHAIN-2\]
// expect: normalise
#include <millrace/chain.hpp>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"batch", int> batch;
inline constexpr mr::field<"labels", int> labels;

struct normalise {
  using reads = mr::fields<batch>;
  using writes = mr::fields<batch>;
#ifdef MILLRACE_MISUSE
  int operator()(auto& ctx, int twice) const { return ctx[batch] * twice; }
#else
  void operator()(auto& ctx) const { ctx[batch] += 1; }
#endif
};

}  // namespace

int main() {
  auto chain = mr::chain(normalise{});
  auto ctx = chain.context(batch = 1);
  return chain(ctx) ? 0 : 1;
}
