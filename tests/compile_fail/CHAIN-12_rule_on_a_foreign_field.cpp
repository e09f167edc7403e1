// expect: millrace\[CHAIN-12\]
// expect: validation
// expect: rsik|'r', 's', 'i', 'k'
#include <millrace/chain.hpp>
#include <millrace/middleware/validation.hpp>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"risk", double> risk;
inline constexpr mr::field<"rsik", double> rsik;

struct score {
  using reads = mr::fields<>;
  using writes = mr::fields<risk>;
  void operator()(auto& ctx) const { ctx[risk] = 1; }
};

}  // namespace

int main() {
#ifdef MILLRACE_MISUSE
  auto chain = mr::chain(score{}).use(mr::validation{mr::strict{}, mr::in_range<rsik>{0, 1}});
#else
  auto chain = mr::chain(score{}).use(mr::validation{mr::strict{}, mr::in_range<risk>{0, 1}});
#endif
  auto ctx = chain.context();
  return chain(ctx) ? 0 : 1;
}
