// expect: millrace\[WINDOW-13\]: a bare number is no time: write mr::time_point\(t\)
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/windows/sliding.hpp>

namespace mr = millrace;

using recent = mr::windowed<mr::sliding<mr::seconds(5)>, mr::aggregate<mr::mean>>;

#ifdef MILLRACE_MISUSE
void take(recent& window) { window.update(1.0, 2.0); }
#else
void take(recent& window) { window.update(1.0, mr::time_point(2)); }
#endif
