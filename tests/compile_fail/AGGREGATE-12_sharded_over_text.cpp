// expect: millrace\[AGGREGATE-12\]: sharded<Aggregate>: its items must be doubles, or plain structs of them
#include <millrace/aggregate/keyed/sharded.hpp>
#include <millrace/aggregate/sketches/kll.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using shared = mr::sharded<mr::kll<200, float>>;
#else
using shared = mr::sharded<mr::kll<200, double>>;
#endif

std::size_t shards(const shared& seen) { return seen.shards(); }
