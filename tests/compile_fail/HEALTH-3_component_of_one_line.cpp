// expect: millrace\[HEALTH-3\]: a component_group refers to its components
#include <millrace/observe/health.hpp>

namespace mr = millrace;
namespace mo = millrace::observe;

struct server {
  mr::result<void> start() { return {}; }
  mr::result<void> drain(mr::duration) { return {}; }
  mr::result<void> stop() { return {}; }
};

bool serves() {
  mo::component_group<> group;
#ifdef MILLRACE_MISUSE
  const auto added = group.add("server", server());
#else
  server http;
  const auto added = group.add("server", http);
#endif
  return added && group.start();
}
