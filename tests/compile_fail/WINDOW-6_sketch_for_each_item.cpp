// expect: millrace\[WINDOW-6\]: this window keeps partial aggregates beside its items
#include <millrace/aggregate/sketches/kll.hpp>
#include <millrace/aggregate/windows/sliding.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using window = mr::windowed<mr::sliding<mr::duration(100)>, mr::kll<200>>;
#else
using window = mr::windowed<mr::sliding<mr::duration(100), mr::duration(10)>, mr::kll<200>>;
#endif

void update(window& of) { of.update(1, mr::time_point(5)); }
