// expect: millrace\[ROLLOUT-15\]: each model of a release is called as model\(request\)
#include <millrace/deliver/rollout/rollout.hpp>

#include <string>

namespace md = millrace::deliver;

struct request {
  std::string user;
  double amount;
};
struct model {
  double predict(const request& asked) const { return asked.amount; }
};

double ask(const request& asked) {
  const model stable, candidate;
#ifdef MILLRACE_MISUSE
  md::rollout release{stable, candidate, md::canary<5, 100>()};
#else
  md::rollout release{[&](const request& one) { return stable.predict(one); },
                      [&](const request& one) { return candidate.predict(one); }, md::canary<5, 100>()};
#endif
  return release(asked);
}
