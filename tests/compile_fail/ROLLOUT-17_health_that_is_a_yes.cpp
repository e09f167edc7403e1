// expect: millrace\[ROLLOUT-17\]: a health_check is a function without arguments
#include <millrace/deliver/rollout/rollout.hpp>

#include <string>

namespace mr = millrace;
namespace md = millrace::deliver;

struct request {
  std::string user;
  double amount;
};
struct model {
  double operator()(const request& asked) const { return asked.amount; }
};

double ask(const request& asked, bool is_well) {
#ifdef MILLRACE_MISUSE
  const auto probe = [=] { return is_well; };
#else
  const auto probe = [=]() -> mr::result<void> {
    if (is_well) return {};
    return mr::error(mr::errc::unavailable, "the disk is full");
  };
#endif
  md::rollout release{model(), model(), md::canary<5, 100>(), md::health_check{probe}};
  return release(asked);
}
