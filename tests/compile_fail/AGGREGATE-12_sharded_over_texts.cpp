// expect: millrace\[AGGREGATE-12\]: sharded<Aggregate>: its items must be doubles, or plain structs of them
#include <millrace/aggregate/keyed/sharded.hpp>
#include <millrace/aggregate/sketches/frequent_items.hpp>

#include <cstdint>
#include <string>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using item = std::string;  // its shards would keep views of texts that are gone
#else
using item = std::int64_t;
#endif

std::size_t shards(const mr::sharded<mr::frequent_items<item>>& seen) { return seen.shards(); }
