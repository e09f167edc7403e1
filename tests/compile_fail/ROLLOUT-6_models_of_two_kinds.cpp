// expect: millrace\[ROLLOUT-6\]: both models of a release return one type
#include <millrace/deliver/rollout.hpp>

namespace md = millrace::deliver;

struct scale {
  double operator()(int asked) const { return 2.0 * asked; }
};
struct vote {
#ifdef MILLRACE_MISUSE
  int operator()(int asked) const { return asked; }
#else
  double operator()(int asked) const { return asked; }
#endif
};

double answer() {
  md::rollout release{scale(), vote(), md::canary<5, 100>()};
  return release(7);
}
