// expect: millrace\[AGGREGATE-3\]: a member must be .*mr::windowed<mr::sliding_count<100>, mr::aggregate<...>>
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/windows/sliding_count.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using latency = mr::aggregate<mr::sliding_count<100>, mr::mean>;
#else
using latency = mr::windowed<mr::sliding_count<100>, mr::aggregate<mr::mean>>;
#endif

void update(latency& seen) { seen.update(1.5); }
