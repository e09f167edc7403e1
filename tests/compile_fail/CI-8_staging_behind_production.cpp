// expect: millrace\[CI-8\]: staging behind production
// expect: spelled<'q', 'a'
#include <millrace/deliver/pipelines.hpp>

namespace md = millrace::deliver;

auto release() {
#ifdef MILLRACE_MISUSE
  return md::pipeline({.name = "fraud"}, md::test_stage<>{}, md::validation_stage<>{}, md::deploy_to_staging<>{},
                      md::deploy_to_production<>{}, md::deploy_to_staging<"qa">{});
#else
  return md::pipeline({.name = "fraud"}, md::test_stage<>{}, md::validation_stage<>{}, md::deploy_to_staging<>{},
                      md::deploy_to_staging<"qa">{}, md::deploy_to_production<>{});
#endif
}
