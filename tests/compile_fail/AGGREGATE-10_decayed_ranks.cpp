// expect: millrace\[AGGREGATE-10\]: decayed<Decay, Aggregate>: every member must take weights and be scalable
#include <millrace/aggregate/histograms/ddsketch.hpp>
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/sketch_members.hpp>
#include <millrace/aggregate/windows/decayed.hpp>

#include <chrono>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using sketch = mr::kll<200>;
#else
using sketch = mr::ddsketch<>;
#endif

using load = mr::decayed<mr::half_life<std::chrono::seconds(60)>, mr::aggregate<mr::quantiles<sketch>>>;

void update(load& seen) { seen.update(0.5, mr::time_point(0)); }
