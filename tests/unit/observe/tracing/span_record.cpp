#include <millrace/observe/tracing/span_record.hpp>

#include <support/catch.hpp>

using namespace millrace::observe;

TEST_CASE("span_record: kinds and statuses have OTLP's numbers") {
  CHECK(static_cast<int>(span_kind::internal) == 1);
  CHECK(static_cast<int>(span_kind::server) == 2);
  CHECK(static_cast<int>(span_kind::client) == 3);
  CHECK(static_cast<int>(span_kind::producer) == 4);
  CHECK(static_cast<int>(span_kind::consumer) == 5);
  CHECK(static_cast<int>(span_status::unset) == 0);
  CHECK(static_cast<int>(span_status::ok) == 1);
  CHECK(static_cast<int>(span_status::error) == 2);
  CHECK(span_record().kind == span_kind::internal);
}
