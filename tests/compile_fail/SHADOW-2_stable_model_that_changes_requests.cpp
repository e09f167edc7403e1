// expect: millrace\[SHADOW-2\]: the stable model is called with a const request
#include <millrace/deliver/shadow/shadow.hpp>

namespace md = millrace::deliver;

struct request {
  double amount = 0;
};
double candidate(const request& asked) { return asked.amount; }

#ifdef MILLRACE_MISUSE
double stable(request& asked) { return asked.amount += 1; }
#else
double stable(const request& asked) { return asked.amount + 1; }
#endif

md::shadow scored{stable, candidate};

auto call() { return scored(request()); }
