// expect: millrace\[WINDOW-1\]: lateness cannot be negative
#include <millrace/aggregate/windows/window.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using when = mr::event_time<mr::duration(-1)>;
#else
using when = mr::event_time<mr::duration(1)>;
#endif

constexpr std::int64_t lateness = when::lateness;
