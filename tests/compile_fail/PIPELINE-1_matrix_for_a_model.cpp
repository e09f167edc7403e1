// expect: millrace\[PIPELINE-1\]: .*is no predictor
#include <compile_fail/payment.hpp>

#include <vector>

#ifdef MILLRACE_MISUSE
using model = std::vector<double>;
#else
using model = mm::ridge;
#endif

mm::trained_by<model> step;
