#ifndef MILLRACE_EXAMPLES_SERVICE_RUN_HPP
#define MILLRACE_EXAMPLES_SERVICE_RUN_HPP

#include "options.hpp"
#include "settings.hpp"
#include "signals.hpp"

namespace service {

/// The service on each of its brokers, compiled in a file of its own. They return when it has ended.
mr::result<void> run_on_local_queue(loaded with, const options& asked, const signals& told);
mr::result<void> run_on_kafka(loaded with, const options& asked, const signals& told);

}  // namespace service

#endif  // MILLRACE_EXAMPLES_SERVICE_RUN_HPP
