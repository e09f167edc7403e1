// expect: millrace\[REST-6\]: a job is a function of a job_control that returns a result<std::string>
#include <millrace/connect/rest/job_queue.hpp>

namespace rest = millrace::connect::rest;

auto submitted(rest::job_queue& jobs) {
#ifdef MILLRACE_MISUSE
  return jobs.submit("tidy", "ada", [](const rest::job_control&) { return 1; });
#else
  return jobs.submit("tidy", "ada", [](const rest::job_control&) -> millrace::result<std::string> { return "1"; });
#endif
}
