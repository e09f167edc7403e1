// expect: millrace\[ROLLOUT-7\]: a rollout's policies are a strategy
#include <millrace/deliver/rollout.hpp>

namespace md = millrace::deliver;

struct scale {
  double operator()(int asked) const { return 2.0 * asked; }
};

double answer() {
#ifdef MILLRACE_MISUSE
  md::rollout release{scale(), scale(), md::canary<5, 100>(), 0.05};
#else
  md::rollout release{scale(), scale(), md::canary<5, 100>(), md::rollout_options()};
#endif
  return release(7);
}
