#include <millrace/store/durable.hpp>

#include <support/catch.hpp>

namespace ms = millrace::store;

TEST_CASE("durable: what a crash may take is a type") {
  STATIC_REQUIRE(ms::durability<ms::durable::each>);
  STATIC_REQUIRE(ms::durability<ms::durable::group<5>>);
  STATIC_REQUIRE(ms::durability<ms::durable::os>);
  STATIC_REQUIRE_FALSE(ms::durability<int>);
  STATIC_REQUIRE(ms::durable::each::syncs);
  STATIC_REQUIRE(ms::durable::group<5>::syncs);
  STATIC_REQUIRE_FALSE(ms::durable::os::syncs);
}
