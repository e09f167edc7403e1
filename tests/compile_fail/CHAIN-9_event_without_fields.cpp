// expect: millrace\[CHAIN-9\]
// expect: normalise
#include <millrace/chain.hpp>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"batch", int> batch;
inline constexpr mr::field<"labels", int> labels;

struct normalise {
  using reads = mr::fields<batch>;
#ifndef MILLRACE_MISUSE
  using writes = mr::fields<batch>;
#endif
  void operator()(auto& ctx) const { ctx[batch] += 1; }
};

}  // namespace

int main() {
  auto chain = mr::chain(normalise{});
  auto ctx = chain.context(batch = 1);
  return chain(ctx) ? 0 : 1;
}
