// expect: millrace\[WINDOW-8\]: a window's length is a whole number of panes
#include <millrace/aggregate/sketches/kll.hpp>
#include <millrace/aggregate/windows/sliding_panes.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using window = mr::windowed<mr::sliding<mr::duration(15), mr::duration(10)>, mr::kll<200>>;
#else
using window = mr::windowed<mr::sliding<mr::duration(20), mr::duration(10)>, mr::kll<200>>;
#endif

void update(window& of) { of.update(1, mr::time_point(5)); }
