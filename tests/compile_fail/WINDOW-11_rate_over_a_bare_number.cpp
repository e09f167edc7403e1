// expect: millrace\[WINDOW-11\]: a bare number is no length of time: write mr::seconds\(60\)
#include <millrace/aggregate/windows/rates.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
void made() { mr::rate_calculator requests(60); }
#else
void made() { mr::rate_calculator requests(mr::seconds(60)); }
#endif
