// expect: millrace\[CI-7\]: a gate behind a deployment
// expect: spelled<'s', 'e', 'c', 'u', 'r', 'i', 't', 'y'
#include <millrace/deliver/pipelines.hpp>

namespace md = millrace::deliver;

auto release() {
#ifdef MILLRACE_MISUSE
  return md::pipeline({.name = "fraud"}, md::test_stage<>{}, md::validation_stage<>{}, md::deploy_to_staging<>{},
                      md::security_stage<>{});
#else
  return md::pipeline({.name = "fraud"}, md::test_stage<>{}, md::validation_stage<>{}, md::security_stage<>{},
                      md::deploy_to_staging<>{});
#endif
}
