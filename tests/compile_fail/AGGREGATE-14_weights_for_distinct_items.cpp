// expect: millrace\[AGGREGATE-14\]: update\(items, weights\): a member of the aggregate takes no weights
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/sketch_members.hpp>
#include <millrace/aggregate/members/sums.hpp>

#include <span>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using members = mr::aggregate<mr::sum, mr::distinct<>>;
#else
using members = mr::aggregate<mr::sum, mr::quantiles<>>;
#endif

void update(members& seen, std::span<const double> items, std::span<const double> weights) {
  seen.update(items, weights);
}
