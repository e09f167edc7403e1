// expect: millrace_CI_4_a_secret_is_given_by_its_name
#include <millrace/deliver/pipelines.hpp>

namespace md = millrace::deliver;

auto staging() {
#ifdef MILLRACE_MISUSE
  return md::deploy_to_staging<>{{.script = "./deploy", .secrets = {"hunter2-and-more"}}};
#else
  return md::deploy_to_staging<>{{.script = "./deploy", .secrets = {"DEPLOY_TOKEN"}}};
#endif
}
