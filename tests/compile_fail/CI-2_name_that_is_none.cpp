// expect: millrace\[CI-2\]: a stage.s name is
// expect: spelled<'U', 'n', 'i', 't', ' ', 't', 'e', 's', 't', 's'
#include <millrace/deliver/pipelines.hpp>

namespace md = millrace::deliver;

auto release() {
#ifdef MILLRACE_MISUSE
  return md::pipeline({.name = "fraud"}, md::test_stage<"Unit tests">{});
#else
  return md::pipeline({.name = "fraud"}, md::test_stage<"unit-tests">{});
#endif
}
