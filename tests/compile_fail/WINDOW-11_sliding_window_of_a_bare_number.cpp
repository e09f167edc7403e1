// expect: millrace\[WINDOW-11\]: a bare number is no length of time: write mr::seconds\(60\)
#include <millrace/aggregate/windows/sliding_window.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
void made() { mr::sliding_window recent(300); }
#else
void made() { mr::sliding_window recent(mr::seconds(300)); }
#endif
