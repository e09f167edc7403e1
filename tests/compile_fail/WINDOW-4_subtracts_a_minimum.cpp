// expect: millrace\[WINDOW-4\]: `subtracting` needs an invertible aggregate
#include <millrace/aggregate/members/extremes.hpp>
#include <millrace/aggregate/windows/sliding_count.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using window = mr::windowed<mr::sliding_count<9, mr::subtracting>, mr::aggregate<mr::min>>;
#else
using window = mr::windowed<mr::sliding_count<9>, mr::aggregate<mr::min>>;
#endif

void update(window& of) { of.update(1); }
