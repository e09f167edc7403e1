// expect: millrace\[ROLLOUT-9\]: a release that goes on from model to model has models of one type
#include <millrace/deliver/rollout.hpp>

namespace md = millrace::deliver;

struct scale {
  double operator()(int asked) const { return 2.0 * asked; }
};
struct halve {
  double operator()(int asked) const { return asked / 2.0; }
};

bool next() {
  md::rollout release{scale(), scale(), md::canary<5, 100>()};
#ifdef MILLRACE_MISUSE
  return release.begin(halve()).has_value();
#else
  return release.begin(scale()).has_value();
#endif
}
