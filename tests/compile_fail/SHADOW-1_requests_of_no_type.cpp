// expect: millrace\[SHADOW-1\]: a shadow copies requests and has to know their type
#include <millrace/deliver/shadow/shadow.hpp>

namespace md = millrace::deliver;

struct any_model {
  template <class Request>
  double operator()(const Request& request) const {
    return request + 0.5;
  }
};

#ifdef MILLRACE_MISUSE
md::shadow scored{any_model(), any_model()};
#else
md::shadow scored{any_model(), any_model(), md::takes<double>()};
#endif

auto call() { return scored(1.0); }
