// expect: millrace\[EXPERIMENT-2\]: the third part of a decision is a correction
#include <millrace/stats/experiment/experiment.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using correction = mr::stats::always_valid;
#else
using correction = mr::stats::holm;
#endif

double at() { return mr::stats::decision<mr::stats::always_valid, mr::stats::alpha<.05>, correction>::alpha; }
