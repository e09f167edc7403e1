#include <millrace/resilience/calls/call_monitor.hpp>

#include <support/catch.hpp>

#include <set>
#include <string>
#include <string_view>

namespace rs = millrace::resilience;

TEST_CASE("call_monitor: every event has a name of its own") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < rs::call_events; ++i) names.insert(rs::to_string(static_cast<rs::call_event>(i)));
  CHECK(names.size() == rs::call_events);
  CHECK(rs::to_string(rs::call_event::attempted) == "attempted");
  CHECK(rs::to_string(rs::call_event::replaced) == "replaced");
}

TEST_CASE("call_monitor: a name may come from the type or from a run") {
  static_assert(rs::named<"features">::name_of_call() == "features");
  CHECK(rs::name_of("host 7").name_of_call() == "host 7");
  static_assert(rs::call_monitor<rs::no_call_monitor>);
  static_assert(!rs::call_monitor<int>);
}
