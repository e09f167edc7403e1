// expect: millrace\[CHAIN-3\]
// expect: compare
// expect: labels|'l', 'a', 'b', 'e', 'l', 's'
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

struct compare {
  using reads = mr::fields<batch, labels>;
  using writes = mr::fields<>;
  void operator()(auto&) const {}
};

}  // namespace

int main() {
  auto chain = mr::chain(scale{}, compare{});
#ifdef MILLRACE_MISUSE
  auto ctx = chain.context(batch = 1);
#else
  auto ctx = chain.context(batch = 1, labels = 2);
#endif
  return chain(ctx) ? 0 : 1;
}
