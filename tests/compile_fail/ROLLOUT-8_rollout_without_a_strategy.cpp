// expect: millrace\[ROLLOUT-8\]: a rollout has a strategy
#include <millrace/deliver/rollout.hpp>

namespace md = millrace::deliver;

struct scale {
  double operator()(int asked) const { return 2.0 * asked; }
};

double answer() {
#ifdef MILLRACE_MISUSE
  md::rollout release{scale(), scale()};
#else
  md::rollout release{scale(), scale(), md::blue_green()};
#endif
  return release(7);
}
