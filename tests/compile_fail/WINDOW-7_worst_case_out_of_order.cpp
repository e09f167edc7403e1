// expect: millrace\[WINDOW-7\]: worst_case and subtracting are for items that come in order
#include <millrace/aggregate/members/sums.hpp>
#include <millrace/aggregate/windows/sliding.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using when = mr::event_time<mr::duration(5)>;
#else
using when = mr::event_time<>;
#endif
using window =
    mr::windowed<mr::sliding<mr::duration(100), mr::duration{}, mr::worst_case>, mr::aggregate<mr::sum>, when>;

void update(window& of) { of.update(1, mr::time_point(5)); }
