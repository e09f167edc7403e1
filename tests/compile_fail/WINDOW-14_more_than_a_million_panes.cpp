// expect: millrace\[WINDOW-14\]: a window has a million panes at the most
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/windows/sliding.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
constexpr mr::duration pane = mr::seconds(0.000001);
#else
constexpr mr::duration pane = mr::seconds(0.001);
#endif
mr::windowed<mr::sliding<mr::seconds(60), pane>, mr::aggregate<mr::mean>> recent;
