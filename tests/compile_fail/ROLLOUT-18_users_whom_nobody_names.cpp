// expect: millrace\[ROLLOUT-18\]: a judge that is per_user<> has to be told who asks
#include <millrace/deliver/judge/judge.hpp>
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
  using by_user = md::judge<md::error_rate<>, md::per_user<>>;
#ifdef MILLRACE_MISUSE
  md::rollout release{model(), model(), md::canary<5, 100>(), by_user()};
#else
  md::rollout release{model(), model(), md::canary<5, 100>(), by_user(), md::unit_of{&request::user}};
#endif
  return release(asked);
}
