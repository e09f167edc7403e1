// expect: millrace\[CHAIN-11\]
// expect: counter
#include <millrace/chain.hpp>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"batch", int> batch;
inline constexpr mr::field<"labels", int> labels;

struct scale {
  using reads = mr::fields<batch>;
  using writes = mr::fields<batch>;
  static constexpr bool thread_safe = true;
  void operator()(auto& ctx) const { ctx[batch] *= 2; }
};
struct counter {
#ifndef MILLRACE_MISUSE
  static constexpr bool thread_safe = true;
#endif
  void before(const auto&, auto&) {}
};

}  // namespace

int main() {
  auto chain = mr::chain(scale{}).use(counter{});
  auto shared = mr::share(chain);
  auto ctx = chain.context(batch = 1);
  return shared(ctx) ? 0 : 1;
}
