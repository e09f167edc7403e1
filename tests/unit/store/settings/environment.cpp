#include <millrace/store/settings/environment.hpp>

#include <support/catch.hpp>
#include <support/service_settings.hpp>

#include <cstdlib>
#include <string>

namespace ms = millrace::store;

TEST_CASE("the environment of a process is a source of variables, and so is what looks like it") {
  static_assert(ms::variable_source<ms::process_environment> && ms::variable_source<support::made_variables>);
  static_assert(!ms::variable_source<int>);
  REQUIRE(::setenv("MILLRACE_TEST_OF_SETTINGS", "seen", 1) == 0);
  REQUIRE(ms::process_environment{}.find("MILLRACE_TEST_OF_SETTINGS") != nullptr);
  CHECK(std::string(ms::process_environment{}.find("MILLRACE_TEST_OF_SETTINGS")) == "seen");
  ::unsetenv("MILLRACE_TEST_OF_SETTINGS");
  CHECK(ms::process_environment{}.find("MILLRACE_TEST_OF_SETTINGS") == nullptr);
}
