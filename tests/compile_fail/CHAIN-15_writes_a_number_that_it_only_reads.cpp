// expect: millrace_CHAIN_15_field_is_not_in_the_events_writes
// expect: relabel
// expect: labels
#include <millrace/chain.hpp>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"batch", int> batch;
inline constexpr mr::field<"labels", int> labels;

struct relabel {
  using reads = mr::fields<batch, labels>;
#ifdef MILLRACE_MISUSE
  using writes = mr::fields<>;
#else
  using writes = mr::fields<labels>;
#endif
  void operator()(auto& ctx) const { ctx[labels] = ctx[batch]; }
};

}  // namespace

int main() {
  auto chain = mr::chain(relabel{});
  auto ctx = chain.context(batch = 1, labels = 2);
  return chain(ctx) ? 0 : 1;
}
