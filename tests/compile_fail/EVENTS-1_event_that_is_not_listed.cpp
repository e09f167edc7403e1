// expect: millrace\[EVENTS-1\]: this type is not in the list
#include <millrace/observe/events.hpp>

namespace mo = millrace::observe;

struct started {};
struct stopped {};

#ifdef MILLRACE_MISUSE
using emitter = mo::event_emitter<started>;
#else
using emitter = mo::event_emitter<started, stopped>;
#endif

void stop(emitter& events) { events.emit(stopped{}); }
