#include <millrace/observe/health/health_result.hpp>

#include <support/catch.hpp>

#include <string>

namespace mr = millrace;
namespace mo = millrace::observe;
using mo::health_status;

TEST_CASE("the worse of two statuses, and their words") {
  CHECK(mo::worse(health_status::healthy, health_status::degraded) == health_status::degraded);
  CHECK(mo::worse(health_status::unhealthy, health_status::degraded) == health_status::unhealthy);
  CHECK(mo::worse(health_status::healthy, health_status::healthy) == health_status::healthy);
  CHECK(to_string(health_status::healthy) == "healthy");
  CHECK(to_string(health_status::degraded) == "degraded");
  CHECK(to_string(health_status::unhealthy) == "unhealthy");
}

TEST_CASE("a result that gets worse keeps all reasons, and never gets better") {
  mo::health_result found;
  found.worsen(health_status::unhealthy, "no disk");
  found.worsen(health_status::degraded, "slow");
  CHECK(found.status == health_status::unhealthy);
  CHECK(found.message == "no disk; slow");
}

TEST_CASE("a check made of a function returns what it returns, and its error is unhealthy") {
  mo::function_check whole("whole", [] { return mo::health_result{health_status::degraded, "so so"}; });
  CHECK(whole.name() == "whole");
  CHECK(whole.examine().message == "so so");
  bool works = true;
  mo::function_check simple("simple", [&]() -> mr::result<void> {
    if (works) return {};
    return mr::error(mr::errc::io, "gone", mr::error(mr::errc::io, "no cable"));
  });
  static_assert(mo::health_check<decltype(simple)>);
  CHECK(simple.examine().status == health_status::healthy);
  works = false;
  CHECK(simple.examine().status == health_status::unhealthy);
  CHECK(simple.examine().message == "gone: no cable");
}
