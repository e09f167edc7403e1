// expect: millrace\[CHAIN-10\]
// expect: profiler
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

struct profiler {
  void before(const auto&, auto&) {}
};
struct watch {
  void before(const auto&, auto&) {}
};

}  // namespace

int main() {
#ifdef MILLRACE_MISUSE
  auto chain = mr::chain(scale{}).use(watch{});
#else
  auto chain = mr::chain(scale{}).use(profiler{});
#endif
  (void)chain.get<profiler>();
}
