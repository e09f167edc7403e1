// expect: millrace\[WINDOW-10\]: this window.s items bring their time: update\(x, mr::time_point\(t\)\)
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/windows/sliding.hpp>

namespace mr = millrace;

using recent = mr::windowed<mr::sliding<mr::duration(50)>, mr::aggregate<mr::mean>>;

#ifdef MILLRACE_MISUSE
void take(recent& window) { window.update(1.0); }
#else
void take(recent& window) { window.update(1.0, mr::time_point(7)); }
#endif
