#include <millrace/core/config.hpp>

#include <millrace/core/detail/int128.hpp>
#include <support/catch.hpp>

TEST_CASE("the library is compiled as C++20 or later") { STATIC_REQUIRE(__cplusplus >= 202002L); }

TEST_CASE("128-bit integers multiply without loss") {
  const auto product = static_cast<millrace::detail::uint128>(~0ULL) * ~0ULL;
  CHECK(static_cast<unsigned long long>(product >> 64) == ~0ULL - 1);
}
