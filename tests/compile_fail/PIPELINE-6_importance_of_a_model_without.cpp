// expect: millrace\[PIPELINE-6\]: .*does not say how much its columns matter
#include <millrace/model/trees/boosted_trees.hpp>

#include <compile_fail/payment.hpp>

#ifdef MILLRACE_MISUSE
using model = mm::ridge;
#else
using model = mm::boosted_trees<>;
#endif

using pipeline = decltype(mm::pipeline_of(features(), mm::trained_by<model>()))::pipeline_type;

auto ask(const pipeline& fitted) { return fitted.importance(); }
