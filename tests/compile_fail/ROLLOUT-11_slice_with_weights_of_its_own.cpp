// expect: millrace\[ROLLOUT-11\]: a release has a slice whose weights are its own steps
#include <millrace/deliver/rollout.hpp>

namespace md = millrace::deliver;

struct request {
  int user = 0;
};
struct scale {
  double operator()(const request& asked) const { return 2.0 * asked.user; }
};
#ifdef MILLRACE_MISUSE
using plan = md::layers<md::layer<"models-2026", md::slice<"fraud", 60, md::weights<50, 50>>>>;
#else
using plan = md::layers<md::layer<"models-2026", md::slice<"fraud", 60, md::stable_and_candidate>>>;
#endif

double answer(const plan& everybody) {
  md::rollout release{scale(), scale(), md::canary<5, 100>(), md::unit_of{&request::user},
                      md::in_slice<"fraud">(everybody)};
  return release(request{7});
}
