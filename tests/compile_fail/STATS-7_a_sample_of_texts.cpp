// expect: millrace_STATS_7_a_sample_holds_numbers
#include <millrace/stats/tests/means.hpp>

#include <string>
#include <vector>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using column = std::vector<std::string>;
#else
using column = std::vector<bool>;
#endif

bool differ(const column& a, const column& b) { return mr::stats::welch_t_test(a, b)->significant(); }
