// expect: millrace\[ROLLOUT-14\]: slices, holdouts and chosen_units know a unit by its id
#include <millrace/deliver/rollout.hpp>

namespace md = millrace::deliver;

struct request {
  int user = 0;
};
struct scale {
  double operator()(const request& asked) const { return 2.0 * asked.user; }
};

double answer() {
#ifdef MILLRACE_MISUSE
  md::rollout release{scale(), scale(), md::canary<5, 100>(), md::holdout<"nobody-2026", 5>()};
#else
  md::rollout release{scale(), scale(), md::canary<5, 100>(), md::holdout<"nobody-2026", 5>(),
                      md::unit_of{&request::user}};
#endif
  return release(request{7});
}
