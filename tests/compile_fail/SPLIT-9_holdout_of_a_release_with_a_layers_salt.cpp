// expect: millrace\[SPLIT-9\]: two layers or holdouts have one salt
#include <millrace/deliver/rollout.hpp>

namespace md = millrace::deliver;

struct request {
  int user = 0;
};
struct scale {
  double operator()(const request& asked) const { return 2.0 * asked.user; }
};
using plan = md::layers<md::layer<"models-2026", md::slice<"fraud", 60, md::stable_and_candidate>>>;
#ifdef MILLRACE_MISUSE
using nobody = md::holdout<"models-2026", 5>;
#else
using nobody = md::holdout<"nobody-2026", 5>;
#endif

double answer(const plan& everybody) {
  md::rollout release{
      scale(), scale(), md::canary<5, 100>(), md::unit_of{&request::user}, md::in_slice<"fraud">(everybody), nobody()};
  return release(request{7});
}
