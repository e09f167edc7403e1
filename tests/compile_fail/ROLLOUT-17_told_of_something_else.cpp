// expect: millrace\[ROLLOUT-17\]: what is notified is called with a const rollout_changed&
#include <millrace/deliver/rollout/rollout.hpp>

#include <string>

namespace md = millrace::deliver;

struct request {
  std::string user;
  double amount;
};
struct model {
  double operator()(const request& asked) const { return asked.amount; }
};

double ask(const request& asked) {
#ifdef MILLRACE_MISUSE
  const auto tell = [](const std::string&) {};
#else
  const auto tell = [](const md::rollout_changed&) {};
#endif
  md::rollout release{model(), model(), md::canary<5, 100>(), md::notified{tell}};
  return release(asked);
}
