// expect: millrace\[WINDOW-3\]: hopping windows step by more than zero, and at most by their length
#include <millrace/aggregate/members/sums.hpp>
#include <millrace/aggregate/windows/tumbling.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using window = mr::windowed<mr::hopping<mr::duration(5), mr::duration(6)>, mr::aggregate<mr::sum>>;
#else
using window = mr::windowed<mr::hopping<mr::duration(6), mr::duration(3)>, mr::aggregate<mr::sum>>;
#endif

void end(window& of) { of.finish(); }
