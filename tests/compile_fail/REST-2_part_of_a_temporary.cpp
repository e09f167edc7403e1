// expect: millrace\[REST-2\]: a part of an API refers to what it is given
#include <millrace/connect/rest.hpp>

namespace rest = millrace::connect::rest;

#ifdef MILLRACE_MISUSE
auto part() { return rest::aggregates(rest::shared_metrics<>()); }
#else
auto part(rest::shared_metrics<>& metrics) { return rest::aggregates(metrics); }
#endif
