#include <millrace/core/config.hpp>

#include <support/catch.hpp>

namespace {

MILLRACE_HOST_DEVICE constexpr int twice(int x) { return 2 * x; }

}  // namespace

TEST_CASE("the host-device mark changes nothing for a host compiler") { STATIC_REQUIRE(twice(4) == 8); }

TEST_CASE("128-bit integers multiply without loss") {
  const auto product = static_cast<millrace::detail::uint128>(~0ULL) * ~0ULL;
  CHECK(static_cast<unsigned long long>(product >> 64) == ~0ULL - 1);
}
