// expect: millrace\[CHAIN-5\]
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

}  // namespace

int main() {
#ifdef MILLRACE_MISUSE
  auto chain = mr::chain();
#else
  auto chain = mr::chain(scale{});
#endif
  auto ctx = chain.context(batch = 1);
  return chain(ctx) ? 0 : 1;
}
