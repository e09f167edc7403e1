// expect: millrace\[SELECTION-2\]: .*members of these options
#include <millrace/model/selection.hpp>

namespace mm = millrace::model;

struct options {
  int leaves = 31;
};
struct other_options {
  int leaves = 31;
};

#ifdef MILLRACE_MISUSE
auto space() { return mm::search_space(options{}, mm::vary(&other_options::leaves, mm::whole_numbers(7, 255))); }
#else
auto space() { return mm::search_space(options{}, mm::vary(&options::leaves, mm::whole_numbers(7, 255))); }
#endif
