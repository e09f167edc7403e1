// expect: millrace\[TRIAL-3\]: guardrail<Metric, Worse, Alpha, Margin> needs 0 < Alpha < 1
#include <millrace/deliver/experiment/design.hpp>

namespace md = millrace::deliver;
using latency = millrace::stats::mean_of<"latency">;

#ifdef MILLRACE_MISUSE
using rail = md::guardrail<latency, md::harm::above, 1>;
#else
using rail = md::guardrail<latency, md::harm::above, .01>;
#endif

static_assert(rail::margin == 0);
