// expect: millrace\[CI-6\]: production before staging
// expect: spelled<'p', 'r', 'o', 'd', 'u', 'c', 't', 'i', 'o', 'n'
#include <millrace/deliver/pipelines.hpp>

namespace md = millrace::deliver;

auto release() {
#ifdef MILLRACE_MISUSE
  return md::pipeline({.name = "fraud"}, md::test_stage<>{}, md::validation_stage<>{}, md::deploy_to_production<>{},
                      md::deploy_to_staging<>{});
#else
  return md::pipeline({.name = "fraud"}, md::test_stage<>{}, md::validation_stage<>{}, md::deploy_to_staging<>{},
                      md::deploy_to_production<>{});
#endif
}
