// expect: millrace\[ROLLOUT-17\]: an output_check is a function of a model's output
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
  const auto check = [](const std::string& output) { return !output.empty(); };
#else
  const auto check = [](double output) { return output >= 0; };
#endif
  md::rollout release{model(), model(), md::canary<5, 100>(), md::output_check{check}};
  return release(asked);
}
