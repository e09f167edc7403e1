// expect: millrace\[PIPELINE-5\]: .*does not say why
#include <millrace/model/linear/sgd_linear.hpp>

#include <compile_fail/payment.hpp>

#ifdef MILLRACE_MISUSE
using model = mm::sgd_linear;
#else
using model = mm::ridge;
#endif

using pipeline = decltype(mm::pipeline_of(features(), mm::trained_by<model>()))::pipeline_type;

void ask(const pipeline& fitted) { (void)fitted.explain(payment{3, "DE"}); }
