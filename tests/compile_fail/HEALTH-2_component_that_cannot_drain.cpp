// expect: millrace\[HEALTH-2\]: a component has start\(\), drain\(mr::duration\) and stop\(\)
#include <millrace/observe/health.hpp>

namespace mr = millrace;
namespace mo = millrace::observe;

struct server {
  mr::result<void> start() { return {}; }
#ifndef MILLRACE_MISUSE
  mr::result<void> drain(mr::duration) { return {}; }
#endif
  mr::result<void> stop() { return {}; }
};

auto add(mo::component_group<>& group, server& one) { return group.add("server", one); }
