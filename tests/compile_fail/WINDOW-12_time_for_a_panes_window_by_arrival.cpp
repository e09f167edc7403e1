// expect: millrace\[WINDOW-12\]: this window stamps its items as they come: update\(x\)
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/windows/sliding.hpp>

namespace mr = millrace;

using recent =
    mr::windowed<mr::sliding<mr::seconds(60), mr::seconds(5)>, mr::aggregate<mr::mean>, mr::processing_time<>>;

#ifdef MILLRACE_MISUSE
void take(recent& window) { window.update(1.0, mr::time_point(7)); }
#else
void take(recent& window) { window.update(1.0); }
#endif
