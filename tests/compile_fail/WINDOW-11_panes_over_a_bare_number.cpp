// expect: millrace\[WINDOW-11\]: a bare number is no length of time: write mr::seconds\(60\)
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/windows/sliding.hpp>

namespace mr = millrace;

using recent = mr::windowed<mr::sliding<mr::duration{}, mr::seconds(10)>, mr::aggregate<mr::mean>>;

#ifdef MILLRACE_MISUSE
void made() { recent window(300); }
#else
void made() { recent window(mr::seconds(300)); }
#endif
