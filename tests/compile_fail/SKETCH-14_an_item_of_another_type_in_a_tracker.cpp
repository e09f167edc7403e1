// expect: use of deleted function .*update|call to deleted member function 'update'
// expect: millrace_SKETCH_14_items_are_of_another_type_than_the_tracker_is_for
#include <millrace/aggregate/sketches/topk_tracker.hpp>

namespace mr = millrace;

void seen(mr::basic_topk_tracker<std::int64_t>& prices, double price) {
#ifdef MILLRACE_MISUSE
  prices.update(price);
#else
  prices.update(static_cast<std::int64_t>(100 * price), 2);
#endif
}
