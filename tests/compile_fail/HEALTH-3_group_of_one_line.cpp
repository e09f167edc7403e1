// expect: millrace\[HEALTH-3\]: a component_group refers to its components
#include <millrace/observe/health.hpp>

namespace mo = millrace::observe;

bool is_live() {
#ifdef MILLRACE_MISUSE
  mo::component_check live("parts", mo::component_group(), true);
#else
  const mo::component_group parts;
  mo::component_check live("parts", parts, true);
#endif
  return live.examine().status == mo::health_status::healthy;
}
