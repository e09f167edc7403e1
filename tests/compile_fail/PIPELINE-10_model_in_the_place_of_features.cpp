// expect: millrace\[PIPELINE-10\]: .*first step of a pipeline
#include <compile_fail/payment.hpp>

#ifdef MILLRACE_MISUSE
auto make() { mm::pipeline_of(mm::trained_by<mm::ridge>(), mm::trained_by<mm::ridge>()); }
#else
auto make() { return mm::pipeline_of(features(), mm::trained_by<mm::ridge>()); }
#endif
