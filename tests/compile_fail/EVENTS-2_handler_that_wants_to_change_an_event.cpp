// expect: millrace\[EVENTS-2\]: a handler of event E is called with const E&
#include <millrace/observe/events.hpp>

namespace mo = millrace::observe;

struct started {
  int run = 0;
};

#ifdef MILLRACE_MISUSE
void handle(started& event) { event.run = 0; }
#else
void handle(const started&) {}
#endif

auto watch(mo::event_emitter<started>& events) { return events.subscribe<started>("watch", handle); }
