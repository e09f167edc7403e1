// expect: millrace\[TRACING-2\]: a tracer's clock has ticks
#include <millrace/observe/tracing.hpp>

namespace mo = millrace::observe;

#ifdef MILLRACE_MISUSE
using clock_type = decltype(&millrace::unix_nanoseconds);
#else
using clock_type = millrace::tsc_clock;
#endif

void begin(mo::basic_tracer<mo::sample_all, clock_type>& tracer) { tracer.start("request").end(); }
