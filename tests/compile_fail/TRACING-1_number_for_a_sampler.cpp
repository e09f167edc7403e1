// expect: millrace\[TRACING-1\]: a sampler has samples
#include <millrace/observe/tracing.hpp>

namespace mo = millrace::observe;

#ifdef MILLRACE_MISUSE
void begin(mo::basic_tracer<double>& tracer) { tracer.start("request").end(); }
#else
void begin(mo::basic_tracer<mo::sample_ratio>& tracer) { tracer.start("request").end(); }
#endif
