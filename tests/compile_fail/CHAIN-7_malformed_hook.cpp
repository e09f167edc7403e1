// expect: millrace\[CHAIN-7\]
// expect: stopwatch
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

struct stopwatch {
#ifdef MILLRACE_MISUSE
  void after(const auto&, auto&) {}
#else
  void after(const auto&, auto&, const mr::time_span&, const mr::result<void>&) {}
#endif
};

}  // namespace

int main() {
  auto chain = mr::chain(scale{}).use(stopwatch{});
  auto ctx = chain.context(batch = 1);
  return chain(ctx) ? 0 : 1;
}
