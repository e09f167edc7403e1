// expect: millrace_CI_4_a_secret_is_given_by_its_name
#include <millrace/deliver/pipelines.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
constexpr md::secret_name token = "hunter2-and-more";
#else
constexpr md::secret_name token = "DEPLOY_TOKEN";
#endif

auto staging() { return md::deploy_to_staging<>{{.script = "./deploy", .secrets = {token}}}; }
