// expect: millrace\[ROLLOUT-10\]: the strategy has more steps than the judge has room for
#include <millrace/deliver/judge/threshold_judge.hpp>
#include <millrace/deliver/rollout.hpp>

namespace md = millrace::deliver;

struct scale {
  double operator()(int asked) const { return 2.0 * asked; }
};

double answer() {
#ifdef MILLRACE_MISUSE
  using steps = md::canary<1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 100>;
#else
  using steps = md::canary<1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 100>;
#endif
  md::rollout release{scale(), scale(), steps(), md::threshold_judge<>()};
  return release(7);
}
