// expect: millrace\[PIPELINE-14\]: .*fitted to targets
#include <millrace/model/calibration/platt.hpp>
#include <millrace/model/trees/isolation_forest.hpp>
#include <millrace/model/trees/random_forest.hpp>

#include <compile_fail/payment.hpp>

#ifdef MILLRACE_MISUSE
using model = mm::isolation_forest;
#else
using model = mm::random_forest;
#endif

auto make() { return mm::pipeline_of(features(), mm::trained_by<model>(), mm::calibrated_by<mm::platt>()); }
