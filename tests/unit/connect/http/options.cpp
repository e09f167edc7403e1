#include <millrace/connect/http/options.hpp>

#include <support/catch.hpp>

TEST_CASE("a server is reached from its own machine alone, without TLS, unless it is told otherwise") {
  const millrace::connect::http::server_options options;
  CHECK(options.address == "127.0.0.1");
  CHECK(options.certificate.empty());
  CHECK(options.max_headers == 100);
}
