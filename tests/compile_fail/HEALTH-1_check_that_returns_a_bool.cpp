// expect: millrace\[HEALTH-1\]: a check is a name\(\) and an examine\(\)
#include <millrace/observe/health.hpp>

namespace mo = millrace::observe;

#ifdef MILLRACE_MISUSE
bool examine() { return true; }
#else
mo::health_result examine() { return {}; }
#endif

auto add(mo::health_monitor<>& monitor) { return monitor.add(mo::function_check("queue", examine)); }
