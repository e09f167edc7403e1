// expect: millrace\[CHAIN-3\]
// expect: compare
// expect: labels|'l', 'a', 'b', 'e', 'l', 's'
#include <millrace/chain.hpp>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"batch", int> batch;
inline constexpr mr::field<"labels", int> labels;

struct label {
  using reads = mr::fields<>;
  using writes = mr::fields<labels>;
  void operator()(auto& ctx) const { ctx[labels] = 1; }
};
struct compare {
  using reads = mr::fields<labels>;
  using writes = mr::fields<>;
  void operator()(auto&) const {}
};

}  // namespace

int main() {
#ifdef MILLRACE_MISUSE
  auto chain = mr::chain(compare{}, label{});
#else
  auto chain = mr::chain(label{}, compare{});
#endif
  auto ctx = chain.context();
  return chain(ctx) ? 0 : 1;
}
