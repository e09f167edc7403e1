// expect: millrace\[EVENTS-4\]: a queue refers to its emitter
#include <millrace/observe/events.hpp>

namespace mo = millrace::observe;

struct started {};

void tell() {
#ifdef MILLRACE_MISUSE
  mo::event_queue later{mo::event_emitter<started>()};
#else
  mo::event_emitter<started> events;
  mo::event_queue later{events};
#endif
  later.emit(started());
}
