#ifndef MILLRACE_EXAMPLES_SERVICE_OPTIONS_HPP
#define MILLRACE_EXAMPLES_SERVICE_OPTIONS_HPP

#include <string>
#include <utility>
#include <vector>

namespace service {

/// What the command line says.
struct options {
  std::string config = "service.yaml";
  std::vector<std::pair<std::string, std::string>> set;
  double traffic = 0;           // payments a second that are made up
  double limit = 0;             // seconds after which it ends; 0: by a signal
  std::string dashboards = {};  // a folder for what Grafana and Prometheus read; empty: serve
};

}  // namespace service

#endif  // MILLRACE_EXAMPLES_SERVICE_OPTIONS_HPP
