// expect: millrace\[CI-3\]: two stages have one name
// expect: spelled<'t', 'e', 's', 't'
#include <millrace/deliver/pipelines.hpp>

namespace md = millrace::deliver;

auto release() {
#ifdef MILLRACE_MISUSE
  return md::pipeline({.name = "fraud"}, md::test_stage<>{}, md::test_stage<>{});
#else
  return md::pipeline({.name = "fraud"}, md::test_stage<>{}, md::test_stage<"integration">{});
#endif
}
