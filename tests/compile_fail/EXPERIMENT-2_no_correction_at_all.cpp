// expect: millrace\[EXPERIMENT-2\]: the third part of a decision is a correction
#include <millrace/stats/experiment_test.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using correction = mr::always_valid;
#else
using correction = mr::holm;
#endif

double at() { return mr::decision<mr::always_valid, mr::alpha<.05>, correction>::alpha; }
