// expect: millrace\[CI-1\]: a pipeline is made of stages
#include <millrace/deliver/pipelines.hpp>

namespace md = millrace::deliver;

auto release() {
#ifdef MILLRACE_MISUSE
  return md::pipeline({.name = "fraud"}, md::test_stage<>{}, std::string("deploy"));
#else
  return md::pipeline({.name = "fraud"}, md::test_stage<>{}, md::security_stage<>{});
#endif
}
