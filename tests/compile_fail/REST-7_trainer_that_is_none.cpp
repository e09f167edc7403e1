// expect: millrace\[REST-7\]: a trainer has `types`, and `prepare\(request\)`
#include <millrace/connect/rest/parts/training.hpp>

namespace rest = millrace::connect::rest;

#ifdef MILLRACE_MISUSE
auto part(rest::job_queue& jobs, rest::served_models& models) { return rest::training(jobs, &models); }
#else
auto part(rest::job_queue& jobs, rest::served_models& models) {
  return rest::training(jobs, rest::model_trainer(models));
}
#endif
