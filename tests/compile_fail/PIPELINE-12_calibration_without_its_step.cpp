// expect: millrace\[PIPELINE-12\]: .*third step of a pipeline
#include <millrace/model/calibration/platt.hpp>

#include <compile_fail/payment.hpp>

#ifdef MILLRACE_MISUSE
using step = mm::held_out;
#else
using step = mm::calibrated_by<mm::platt>;
#endif

auto make() { return mm::pipeline_of(features(), mm::trained_by<mm::ridge>(), step()); }
