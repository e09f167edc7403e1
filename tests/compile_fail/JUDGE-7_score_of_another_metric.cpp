// expect: millrace\[JUDGE-7\]: update<Metric> is for a metric of this judge
#include <millrace/deliver/judge/judge.hpp>

namespace md = millrace::deliver;

struct agreement {
  static constexpr std::string_view name = "agreement";
  static double badness(double score) { return 1 - score; }
};

#ifdef MILLRACE_MISUSE
using fed = md::error_rate<>;
#else
using fed = agreement;
#endif

void score(md::judge<agreement>& judge) { judge.update<fed>(md::arm::candidate, 0.5, 0); }
