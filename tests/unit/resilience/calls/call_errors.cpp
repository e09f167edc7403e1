#include <millrace/resilience/calls/call_errors.hpp>

#include <support/catch.hpp>

#include <utility>

namespace mr = millrace;
namespace rs = millrace::resilience;
using mr::errc;
using mr::error;

TEST_CASE("call_errors: which errors may pass, which count, and which a breaker made") {
  for (const errc code : {errc::io, errc::timeout, errc::unavailable}) {
    CHECK(rs::is_transient(error(code, "")));
    CHECK(rs::is_failure(error(code, "")));
  }
  for (const errc code : {errc::no_space, errc::permission_denied, errc::corrupt, errc::event_threw, errc::closed}) {
    CHECK_FALSE(rs::is_transient(error(code, "")));
    CHECK(rs::is_failure(error(code, "")));
  }
  for (const errc code : {errc::invalid_argument, errc::not_found, errc::unsupported, errc::cancelled}) {
    CHECK_FALSE(rs::is_transient(error(code, "")));
    CHECK_FALSE(rs::is_failure(error(code, "")));
  }
  const error open(errc::unavailable, "open", error(errc::vetoed, "too many failures"));
  CHECK(rs::is_open_breaker(open));
  CHECK_FALSE(rs::is_transient(open));
  CHECK(rs::is_open_breaker(error(open).wrap("row 7").wrap("table 3")));
  CHECK_FALSE(rs::is_open_breaker(error(errc::unavailable, "down", error(errc::io, "refused"))));
}
