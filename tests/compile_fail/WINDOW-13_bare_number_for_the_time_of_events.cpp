// expect: millrace\[WINDOW-13\]: a bare number is no time: write mr::time_point\(t\)
#include <millrace/aggregate/windows/rates.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
void take(mr::rate_calculator& requests) { requests.update(1, 2); }
#else
void take(mr::rate_calculator& requests) { requests.update(1, mr::time_point(2)); }
#endif
