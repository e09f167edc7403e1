#ifndef MILLRACE_EXAMPLES_SERVICE_LOG_HPP
#define MILLRACE_EXAMPLES_SERVICE_LOG_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/timestamp.hpp>

#include <cstdio>
#include <string_view>

namespace service {

/// A line for whoever reads the service's log: systemd, Docker and Kubernetes keep its standard error.
inline void say(std::string_view what) {
  std::fprintf(stderr, "%s %.*s\n", millrace::to_iso8601(millrace::unix_nanoseconds()).c_str(),
               static_cast<int>(what.size()), what.data());
}

}  // namespace service

#endif  // MILLRACE_EXAMPLES_SERVICE_LOG_HPP
