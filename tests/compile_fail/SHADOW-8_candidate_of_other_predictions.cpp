// expect: millrace\[SHADOW-8\]: the candidate predicts what the stable model does
#include <millrace/deliver/shadow/shadow.hpp>

#include <string>

namespace md = millrace::deliver;

double model(int asked) { return asked; }
#ifdef MILLRACE_MISUSE
std::string other(int asked) { return std::to_string(asked); }
#else
float other(int asked) { return static_cast<float>(asked); }
#endif

md::shadow scored{model, other};

auto call() { return scored(1); }
