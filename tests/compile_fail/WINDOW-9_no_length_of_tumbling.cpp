// expect: millrace\[WINDOW-9\]: tumbling<> has no (length|gap) of its own: give one to the constructor
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/windows/tumbling.hpp>

namespace mr = millrace;

using recent = mr::windowed<mr::tumbling<>, mr::aggregate<mr::mean>>;

#ifdef MILLRACE_MISUSE
void made() { recent window; }
#else
void made() { recent window(mr::duration(1'000'000'000)); }
#endif
