// expect: millrace\[WINDOW-2\]: a window's length is above zero
#include <millrace/aggregate/members/sums.hpp>
#include <millrace/aggregate/windows/tumbling.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using window = mr::windowed<mr::tumbling<mr::duration(-5)>, mr::aggregate<mr::sum>>;
#else
using window = mr::windowed<mr::tumbling<mr::duration(5)>, mr::aggregate<mr::sum>>;
#endif

void end(window& of) { of.finish(); }
