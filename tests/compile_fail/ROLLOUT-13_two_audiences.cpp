// expect: millrace\[ROLLOUT-13\]: a rollout has one policy of a kind
#include <millrace/deliver/rollout.hpp>

namespace md = millrace::deliver;

struct scale {
  double operator()(int asked) const { return 2.0 * asked; }
};

double answer() {
#ifdef MILLRACE_MISUSE
  md::rollout release{scale(), scale(), md::canary<5, 100>(), md::audience{[](int asked) { return asked > 3; }},
                      md::audience{[](int asked) { return asked < 9; }}};
#else
  md::rollout release{scale(), scale(), md::canary<5, 100>(),
                      md::audience{[](int asked) { return asked > 3 && asked < 9; }}};
#endif
  return release(7);
}
