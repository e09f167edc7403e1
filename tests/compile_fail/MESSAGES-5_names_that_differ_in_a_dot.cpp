// expect: millrace\[MESSAGES-5\]: two topics have one name, or names that differ in
#include <millrace/store/messages/topic.hpp>
#include <string>

namespace ms = millrace::store;

template <millrace::fixed_string Name>
using texts = ms::topic<Name, std::string, ms::raw_bytes>;

#ifdef MILLRACE_MISUSE
using all = ms::topics<texts<"events.user">, texts<"events_user">>;
#else
using all = ms::topics<texts<"events.user">, texts<"events.users">>;
#endif

std::size_t count() { return all::names.size(); }
