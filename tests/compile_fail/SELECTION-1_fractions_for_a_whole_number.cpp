// expect: millrace\[SELECTION-1\]: .*cannot hold what is drawn
#include <millrace/model/selection.hpp>

namespace mm = millrace::model;

struct options {
  int leaves = 31;
};

#ifdef MILLRACE_MISUSE
auto item() { return mm::vary(&options::leaves, mm::uniform(7, 255)); }
#else
auto item() { return mm::vary(&options::leaves, mm::whole_numbers(7, 255)); }
#endif
