// expect: millrace\[AGGREGATE-17\]: update\(items\): they are of another type than the aggregate's items
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/moments.hpp>

#include <vector>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
void update(mr::aggregate<mr::mean>& seen, const std::vector<int>& items) { seen.update(items); }
#else
void update(mr::aggregate<mr::mean>& seen, const std::vector<double>& items) { seen.update(items); }
#endif
