// expect: millrace\[CHAIN-6\]
// expect: label
// expect: labels|'l', 'a', 'b', 'e', 'l', 's'
#include <millrace/chain.hpp>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"batch", int> batch;
inline constexpr mr::field<"labels", int> labels;

struct label {
  using reads = mr::fields<batch>;
  using writes = mr::fields<labels>;
  void operator()(auto& ctx) const { ctx[labels] = ctx[batch]; }
};

}  // namespace

int main() {
  auto chain = mr::chain(label{});
#ifdef MILLRACE_MISUSE
  auto ctx = mr::context(batch = 1);
#else
  auto ctx = chain.context(batch = 1);
#endif
  return chain(ctx) ? 0 : 1;
}
