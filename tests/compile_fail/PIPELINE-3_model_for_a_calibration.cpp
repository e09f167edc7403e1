// expect: millrace\[PIPELINE-3\]: .*is no calibrator
#include <millrace/model/calibration/platt.hpp>

#include <compile_fail/payment.hpp>

#ifdef MILLRACE_MISUSE
mm::calibrated_by<mm::ridge> step;
#else
mm::calibrated_by<mm::platt> step;
#endif
