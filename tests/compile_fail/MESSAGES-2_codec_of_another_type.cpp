// expect: millrace\[MESSAGES-2\]: the codec of a topic encodes and decodes its events
#include <millrace/store/messages/topic.hpp>
#include <string>

namespace ms = millrace::store;

#ifdef MILLRACE_MISUSE
using events = ms::topic<"events", std::string, ms::json_members>;
#else
using events = ms::topic<"events", std::string, ms::raw_bytes>;
#endif

std::string_view name() { return events::name; }
