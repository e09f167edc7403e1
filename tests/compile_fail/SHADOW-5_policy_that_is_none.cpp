// expect: millrace\[SHADOW-5\]: a shadow's policies are a comparison of two predictions
#include <millrace/deliver/shadow/shadow.hpp>

namespace md = millrace::deliver;

double model(int asked) { return asked; }

#ifdef MILLRACE_MISUSE
md::shadow scored{model, model, 0.5};
#else
md::shadow scored{model, model, md::within{.absolute = 0.5}};
#endif

auto call() { return scored(1); }
