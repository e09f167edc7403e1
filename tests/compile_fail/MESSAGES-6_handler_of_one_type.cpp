// expect: millrace\[MESSAGES-6\]: what handles messages takes the events of each topic
#include <millrace/store/messages/topic.hpp>
#include <string>

namespace ms = millrace::store;

namespace mr = millrace;

struct flag {
  bool is_set = false;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("is_set", self.is_set);
  }
};
using all = ms::topics<ms::topic<"texts", std::string, ms::raw_bytes>, ms::topic<"flags", flag, ms::json_members>>;

struct handler {
  mr::result<void> operator()(const std::string&) const { return {}; }
#ifndef MILLRACE_MISUSE
  mr::result<void> operator()(const flag&) const { return {}; }
#endif
};

auto visit(const ms::message& one) { return all::visit(one, handler()); }
