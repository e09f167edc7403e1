// expect: millrace\[REST-8\]: an engine of batches has run\(json\)
#include <millrace/connect/rest/parts/batches.hpp>

namespace rest = millrace::connect::rest;

#ifdef MILLRACE_MISUSE
auto part() { return rest::batches(1); }
#else
auto part() { return rest::batches(rest::local_batches()); }
#endif
