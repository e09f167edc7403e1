// expect: millrace\[CHAIN-8\]
// expect: packer
// expect: inspector
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

struct inspector {
  void before(const auto&, auto&) {}
};
struct packer {
  using place = mr::place<mr::outside_of<"inspector">>;
  void before(const auto&, auto&) {}
};

}  // namespace

int main() {
#ifdef MILLRACE_MISUSE
  auto chain = mr::chain(scale{}).use(packer{}).use(inspector{});
#else
  auto chain = mr::chain(scale{}).use(inspector{}).use(packer{});
#endif
  auto ctx = chain.context(batch = 1);
  return chain(ctx) ? 0 : 1;
}
