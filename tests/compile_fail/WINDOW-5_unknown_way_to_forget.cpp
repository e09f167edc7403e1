// expect: millrace\[WINDOW-5\]: a window forgets by automatic, worst_case or subtracting
#include <millrace/aggregate/members/sums.hpp>
#include <millrace/aggregate/windows/sliding_count.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
struct hopefully {};
using window = mr::windowed<mr::sliding_count<9, hopefully>, mr::aggregate<mr::sum>>;
#else
using window = mr::windowed<mr::sliding_count<9, mr::worst_case>, mr::aggregate<mr::sum>>;
#endif

void update(window& of) { of.update(1); }
