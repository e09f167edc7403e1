// expect: millrace\[COMBINATION-1\]: voting takes models
#include <millrace/model/calibration.hpp>
#include <millrace/model/combination.hpp>
#include <millrace/model/linear.hpp>

namespace mm = millrace::model;

#ifdef MILLRACE_MISUSE
using committee = mm::voting<mm::ridge, mm::platt>;
#else
using committee = mm::voting<mm::ridge, mm::linear_regression>;
#endif

auto inputs(const committee& of) { return of.inputs(); }
