// expect: millrace\[MESSAGES-3\]: the key of a topic is a member of its event
#include <millrace/store/messages/topic.hpp>
#include <string>

namespace ms = millrace::store;

struct reading {
  std::string device;
  double value = 0;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("device", self.device)("value", self.value);
  }
};

#ifdef MILLRACE_MISUSE
using events = ms::topic<"events", reading, ms::json_members, &reading::value>;
#else
using events = ms::topic<"events", reading, ms::json_members, &reading::device>;
#endif

std::string_view name() { return events::name; }
