// expect: millrace\[MESSAGES-4\]: there is at least one topic
#include <millrace/store/messages/topic.hpp>
#include <string>

namespace ms = millrace::store;

#ifdef MILLRACE_MISUSE
using all = ms::topics<>;
#else
using all = ms::topics<ms::topic<"events", std::string, ms::raw_bytes>>;
#endif

std::size_t count() { return all::names.size(); }
