// expect: millrace\[REST-9\]: what events are published by is a store::message_producer
#include <millrace/connect/rest/parts/publishing.hpp>
#include <millrace/store/event_feed.hpp>
#include <millrace/store/messages.hpp>

namespace rest = millrace::connect::rest;

#ifdef MILLRACE_MISUSE
auto part(millrace::store::event_feed& events) { return rest::publishing(events, {"events.metrics"}); }
#else
auto part(millrace::store::local_queue<>& events) { return rest::publishing(events, {"events.metrics"}); }
#endif
