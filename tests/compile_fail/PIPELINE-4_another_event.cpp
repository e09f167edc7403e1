// expect: millrace\[PIPELINE-4\]: .*something else than the event
#include <compile_fail/payment.hpp>

struct refund {
  double amount = 0;
};
using fitted = decltype(mm::pipeline_of(features(), mm::trained_by<mm::ridge>()))::pipeline_type;

#ifdef MILLRACE_MISUSE
double ask(const fitted& model) { return model(refund{3}), 0; }
#else
double ask(const fitted& model) { return model(payment{3, "DE"}); }
#endif
