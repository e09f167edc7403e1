// expect: millrace\[EVENTS-3\]: a type stands twice
#include <millrace/observe/events.hpp>

namespace mo = millrace::observe;

struct started {};
struct stopped {};

#ifdef MILLRACE_MISUSE
mo::event_emitter<started, stopped, started> events;
#else
mo::event_emitter<started, stopped> events;
#endif

void start() { events.emit(started{}); }
