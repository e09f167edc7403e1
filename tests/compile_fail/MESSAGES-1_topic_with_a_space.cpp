// expect: millrace\[MESSAGES-1\]: a topic.s name has 1 to 249 letters
#include <millrace/store/messages/topic.hpp>
#include <string>

namespace ms = millrace::store;

#ifdef MILLRACE_MISUSE
using events = ms::topic<"user events", std::string, ms::raw_bytes>;
#else
using events = ms::topic<"user-events", std::string, ms::raw_bytes>;
#endif

auto make(const std::string& text) { return events::make(text); }
