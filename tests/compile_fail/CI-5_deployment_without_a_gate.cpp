// expect: millrace\[CI-5\]: a deployment without a gate
// expect: spelled<'s', 't', 'a', 'g', 'i', 'n', 'g'
#include <millrace/deliver/pipelines.hpp>

namespace md = millrace::deliver;

auto release() {
#ifdef MILLRACE_MISUSE
  return md::pipeline({.name = "fraud"}, md::test_stage<>{}, md::security_stage<>{}, md::deploy_to_staging<>{});
#else
  return md::pipeline({.name = "fraud"}, md::test_stage<>{}, md::validation_stage<>{}, md::deploy_to_staging<>{});
#endif
}
