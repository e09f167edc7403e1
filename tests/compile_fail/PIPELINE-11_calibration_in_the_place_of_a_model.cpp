// expect: millrace\[PIPELINE-11\]: .*second step of a pipeline
#include <millrace/model/calibration/platt.hpp>

#include <compile_fail/payment.hpp>

#ifdef MILLRACE_MISUSE
auto make() { mm::pipeline_of(features(), mm::calibrated_by<mm::platt>()); }
#else
auto make() { return mm::pipeline_of(features(), mm::trained_by<mm::ridge>()); }
#endif
