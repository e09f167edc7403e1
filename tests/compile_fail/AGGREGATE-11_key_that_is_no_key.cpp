// expect: millrace\[AGGREGATE-11\]: grouped<Key, ...>: Key must be an integer or std::string
#include <millrace/aggregate/keyed/grouped.hpp>
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/moments.hpp>

#include <string>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using key = double;
#else
using key = std::string;
#endif

std::size_t groups(const mr::grouped<key, mr::aggregate<mr::mean>>& seen) { return seen.size(); }
