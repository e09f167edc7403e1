#include <millrace/connect/rest/options.hpp>

#include <support/catch.hpp>

#include <utility>

namespace rest = millrace::connect::rest;

TEST_CASE("options of an API have bounds by default, and are moved with their tokens") {
  rest::api_options options;
  CHECK(options.max_body == std::size_t{16} << 20);
  CHECK(options.limits.max_depth == 32);
  options.users.push_back({"ada", millrace::store::secret<std::string>(std::string("t0ken"))});
  const rest::api_options moved = std::move(options);
  REQUIRE(moved.users.size() == 1);
  CHECK(moved.users[0].token.expose() == "t0ken");
}
