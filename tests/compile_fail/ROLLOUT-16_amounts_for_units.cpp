// expect: millrace\[ROLLOUT-16\]: unit_of names a member or a function of the request
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
  md::rollout release{model(), model(), md::canary<5, 100>(), md::unit_of{&request::amount}};
#else
  md::rollout release{model(), model(), md::canary<5, 100>(), md::unit_of{&request::user}};
#endif
  return release(asked);
}
