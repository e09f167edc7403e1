// expect: millrace\[CHAIN-4\]
// expect: compare
// expect: labels|'l', 'a', 'b', 'e', 'l', 's'
#include <millrace/chain.hpp>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"batch", int> batch;
inline constexpr mr::field<"labels", int> labels;

struct compare {
#ifdef MILLRACE_MISUSE
  using reads = mr::fields<batch>;
#else
  using reads = mr::fields<batch, labels>;
#endif
  using writes = mr::fields<batch>;
  void operator()(auto& ctx) const { ctx[batch] -= ctx[labels]; }
};

}  // namespace

int main() {
  auto chain = mr::chain(compare{});
  auto ctx = chain.context(batch = 1, labels = 2);
  return chain(ctx) ? 0 : 1;
}
