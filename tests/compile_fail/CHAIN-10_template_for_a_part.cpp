// expect: millrace\[CHAIN-10\]: .* write get<\\?"audit_log\\?">\(\)
#include <millrace/chain.hpp>
#include <millrace/middleware/audit_log.hpp>

namespace mr = millrace;

inline constexpr mr::field<"batch", int> batch;

struct scale {
  using reads = mr::fields<batch>;
  using writes = mr::fields<batch>;
  void operator()(auto& ctx) const { ctx[batch] *= 2; }
};

mr::result<void> closed(const char* path) {
  auto chain = mr::chain(scale{}).use(mr::audit_log{path});
#ifdef MILLRACE_MISUSE
  return chain.get<mr::audit_log>().close();
#else
  return chain.get<"audit_log">().close();
#endif
}
