// expect: millrace\[SHADOW-4\]: the candidate is called with the stable model's const request
#include <millrace/deliver/shadow/shadow.hpp>

namespace md = millrace::deliver;

struct payment {
  double amount = 0;
};
struct customer {
  int number = 0;
};

double stable(const payment& asked) { return asked.amount; }
#ifdef MILLRACE_MISUSE
double candidate(const customer& asked) { return asked.number; }
#else
double candidate(const payment& asked) { return asked.amount; }
#endif

md::shadow scored{stable, candidate};

auto call() { return scored(payment()); }
