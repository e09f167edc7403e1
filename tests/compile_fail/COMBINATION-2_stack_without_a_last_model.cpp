// expect: millrace\[COMBINATION-2\]: stacking takes models
#include <millrace/model/combination.hpp>
#include <millrace/model/linear.hpp>

namespace mm = millrace::model;

struct mean_of_all {};

#ifdef MILLRACE_MISUSE
using stack = mm::stacking<mean_of_all, mm::ridge, mm::linear_regression>;
#else
using stack = mm::stacking<mm::ridge, mm::ridge, mm::linear_regression>;
#endif

auto inputs(const stack& of) { return of.inputs(); }
