// expect: millrace\[WINDOW-11\]: a bare number is no length of time: write mr::seconds\(60\)
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/windows/tumbling.hpp>

namespace mr = millrace;

using minutes = mr::windowed<mr::tumbling<>, mr::aggregate<mr::mean>>;

#ifdef MILLRACE_MISUSE
void made() { minutes each(60); }
#else
void made() { minutes each(mr::seconds(60)); }
#endif
