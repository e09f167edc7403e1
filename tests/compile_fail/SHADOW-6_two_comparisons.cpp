// expect: millrace\[SHADOW-6\]: two policies of one kind
#include <millrace/deliver/shadow/shadow.hpp>

namespace md = millrace::deliver;

double model(int asked) { return asked; }

#ifdef MILLRACE_MISUSE
md::shadow scored{model, model, md::within(), md::same_class()};
#else
md::shadow scored{model, model, md::same_class()};
#endif

auto call() { return scored(1); }
