// expect: millrace\[WINDOW-11\]: a bare number is no length of time: write mr::seconds\(60\)
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/windows/session.hpp>

namespace mr = millrace;

using visits = mr::windowed<mr::session<>, mr::aggregate<mr::mean>>;

#ifdef MILLRACE_MISUSE
void made() { visits each(0.5); }
#else
void made() { visits each(mr::seconds(0.5)); }
#endif
