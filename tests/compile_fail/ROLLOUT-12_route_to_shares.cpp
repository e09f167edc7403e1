// expect: millrace\[ROLLOUT-12\]: a route of a release leads to takes_part, stays_stable or in_slice
#include <millrace/deliver/rollout.hpp>
#include <millrace/deliver/split.hpp>

namespace md = millrace::deliver;

struct request {
  int user = 0;
};
struct scale {
  double operator()(const request& asked) const { return 2.0 * asked.user; }
};
#ifdef MILLRACE_MISUSE
using split = md::split_hashed<"europe", md::weights<80, 20>>;
#else
using split = md::takes_part;
#endif

double answer() {
  md::rollout release{scale(), scale(), md::canary<5, 100>(), md::routes{md::otherwise{split()}}};
  return release(request{7});
}
